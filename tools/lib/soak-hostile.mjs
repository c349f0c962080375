// Hostile clients for the soak: each tries for some seconds to take the memory or the time of the server, then leaves.
import { connect } from 'node:net'
import { compressed, frame, upgrade } from './soak-client.mjs'

/** How long an attack goes on, in ms. */
const attackMs = 2_500

/** @typedef {{ port: number, socketIoPort: number, socket: (port: number) => import('node:net').Socket, isOver: () => boolean }} Scene */

/**
 * One attack, drawn by chance from those whose name has `text` in it; resolves with its name when all its connections
 * are gone.
 */
export async function attack(ports, random, text) {
  const [name, run] = random.pick(Object.entries(attacks).filter(([its]) => its.includes(text)))
  const endMs = performance.now() + attackMs
  const sockets = []
  const scene = {
    ...ports,
    isOver: () =>
      performance.now() > endMs || (sockets.length > 0 && sockets.every(({ destroyed }) => destroyed)),
    socket(port) {
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      sockets.push(socket)
      return socket
    },
  }
  await run(scene)
  await Promise.all(sockets.map(gone))
  return name
}

function gone(socket) {
  if (socket.closed) return undefined
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.destroy()
  return closed
}

const wait = ms => new Promise(resolve => setTimeout(resolve, ms))

/** Bytes again and again, as fast as the server takes them; nothing when the connection ends. */
async function flood({ isOver }, socket, bytes) {
  let goOn = () => {}
  socket.on('drain', () => goOn())
  while (!isOver() && !socket.destroyed) {
    await new Promise(resolve => {
      goOn = resolve
      if (socket.write(bytes)) setImmediate(resolve)
      else setTimeout(resolve, 50)
    })
  }
}

function websocket(scene, path, reads) {
  const socket = scene.socket(scene.port)
  if (reads) socket.resume()
  socket.write(upgrade(path))
  return socket
}

const many = (count, bytes) => Buffer.concat(Array.from({ length: count }, () => bytes))
const tiny = many(8_000, frame(0x82, Buffer.of(1)))
const pings = many(8_000, frame(0x89, Buffer.of(1)))
const emptyFragments = many(10_000, frame(0x00, Buffer.alloc(0)))
const block = frame(0x82, Buffer.alloc(64 * 1024, 1))
const smallBombs = many(20, compressed(Buffer.alloc(900_000)))
const largeBomb = compressed(Buffer.alloc(20_000_000))

const attacks = {
  'floods with messages of one byte': scene => flood(scene, websocket(scene, '/echo', true), tiny),
  'floods with pings': scene => flood(scene, websocket(scene, '/echo', true), pings),
  'floods with pings and reads no pong': scene => flood(scene, websocket(scene, '/echo', false), pings),
  'floods with empty fragments': scene => {
    const socket = websocket(scene, '/echo', true)
    socket.write(frame(0x01, Buffer.alloc(0)))
    return flood(scene, socket, emptyFragments)
  },
  'has echoes made and reads none': scene => flood(scene, websocket(scene, '/echo', false), block),
  'has small echoes made and reads none': scene => flood(scene, websocket(scene, '/echo', false), tiny),
  'floods a handler that takes its time': scene => flood(scene, websocket(scene, '/loop', true), tiny),
  async 'publishes to readers that stall'(scene) {
    for (let count = 0; count < 10; count++) websocket(scene, '/room', false)
    await flood(scene, websocket(scene, '/room', true), frame(0x82, Buffer.alloc(1_000, 1)))
  },
  'sends bombs below the limit': scene => flood(scene, websocket(scene, '/echo', true), smallBombs),
  async 'sends bombs above the limit'(scene) {
    while (!scene.isOver()) {
      const socket = websocket(scene, '/echo', true)
      socket.write(largeBomb)
      await Promise.race([new Promise(resolve => socket.once('close', resolve)), wait(200)])
    }
  },
  async 'leaves messages unfinished'(scene) {
    const sockets = Array.from({ length: 10 }, () => websocket(scene, '/echo', true))
    for (const socket of sockets) socket.write(frame(0x02, Buffer.alloc(900_000, 1)))
    while (!scene.isOver()) {
      for (const socket of sockets) socket.write(frame(0x00, Buffer.of(1)))
      await wait(50)
    }
  },
  async 'leaves handshakes unfinished'(scene) {
    const sockets = Array.from({ length: 50 }, () => scene.socket(scene.port).resume())
    const bytes = upgrade('/echo')
    for (let at = 0; !scene.isOver(); at++) {
      for (const socket of sockets) socket.write(bytes.charAt(Math.min(at, bytes.length - 3)))
      await wait(30)
    }
  },
  async 'connects and says nothing'(scene) {
    for (let count = 0; count < 50; count++) scene.socket(scene.port).resume()
    while (!scene.isOver()) await wait(50)
  },
  async 'opens connections and says nothing more'(scene) {
    for (let count = 0; count < 20; count++) websocket(scene, '/echo', false).pause()
    while (!scene.isOver()) await wait(50)
  },
  async 'Socket.IO: opens sessions and never polls'(scene) {
    const socket = scene.socket(scene.socketIoPort).resume()
    await flood(scene, socket, get('/socket.io/?EIO=4&transport=polling').repeat(20))
  },
  'Socket.IO: posts pings, version 3': scene => post(scene, 3, '1:2'.repeat(300_000)),
  'Socket.IO: posts pings, version 4': scene => post(scene, 4, Array(400_000).fill('2').join('\x1e')),
  'Socket.IO: posts events': scene =>
    post(scene, 4, ['40', ...Array(40_000).fill('42["event"]')].join('\x1e')),
  async 'Socket.IO: leaves a body unfinished'(scene) {
    const sid = await openSession(scene, 4)
    if (sid === undefined) return
    const socket = scene.socket(scene.socketIoPort).resume()
    socket.write(postHead(`/socket.io/?EIO=4&transport=polling&sid=${sid}`, 990_000) + '4'.repeat(900_000))
    while (!scene.isOver()) {
      socket.write('4')
      await wait(50)
    }
  },
}

const get = path => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
const postHead = (path, length) =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n`

/** The id of a new session by long polling; undefined when there is none to be had. */
async function openSession(scene, version) {
  const socket = scene.socket(scene.socketIoPort)
  socket.write(get(`/socket.io/?EIO=${version}&transport=polling`))
  return new Promise(resolve => {
    let answer = ''
    socket.on('data', chunk => {
      answer += chunk
      const sid = /"sid":"([^"]+)"/.exec(answer)?.[1]
      if (sid !== undefined) resolve(sid)
    })
    socket.once('close', () => resolve(undefined))
    setTimeout(() => resolve(undefined), 1_000)
  })
}

/** The same body again and again, each in a session of its own, since it may end it. */
async function post(scene, version, body) {
  while (!scene.isOver()) {
    const sid = await openSession(scene, version)
    if (sid === undefined) return
    const socket = scene.socket(scene.socketIoPort).resume()
    socket.write(postHead(`/socket.io/?EIO=${version}&transport=polling&sid=${sid}`, body.length) + body)
    await Promise.race([new Promise(resolve => socket.once('data', resolve)), wait(500)])
  }
}
