import { EventEmitter, once } from 'node:events'
import { createServer, get, type Server as HttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { makeCertificate } from '@bothways/test-support/certificate'
import { nextEvent as next, socketIoClients } from '@bothways/test-support/socket-io-clients'
import { SocketIoStage } from '@bothways/test-support/socket-io-stage'
import { afterEach, describe, expect, test } from 'vitest'
import { Adapter, Namespace, Server, Socket } from './index.ts'
import { socketIo } from './socket-io.ts'

type Handler = (request: unknown, response: { send(text: string): void }) => void
interface App {
  (request: unknown, response: unknown): void
  get(path: string, handler: Handler): void
}
interface FastifyApp {
  readonly server: HttpServer
  get(path: string, handler: () => Promise<string>): void
  listen(where: object): Promise<string>
  close(): Promise<void>
}

// Beside this package, not of it: they come with the examples and with npm's socket.io.
const load = createRequire(createRequire(import.meta.url).resolve('socket.io'))
const express = load('express') as () => App
const fastify = load('fastify') as () => FastifyApp
const npmParser = load('socket.io-parser') as unknown

const stage = new SocketIoStage()
const cleanups: (() => unknown)[] = []

afterEach(async () => {
  await stage.clear()
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

function portOf(server: unknown): number {
  return ((server as HttpServer).address() as AddressInfo).port
}

function serving(io: Server): Server {
  cleanups.push(() => io.close())
  io.on('connection', socket => socket.on('echo', (value, ack) => ack(value)))
  return io
}

async function echoes(url: string, options: object = {}): Promise<void> {
  for (const transports of [['polling'], ['websocket']]) {
    const client = stage.connect(url, { transports, ...options })
    await next(client, 'connect')
    expect(await new Promise(resolve => client.emit('echo', 'x', resolve))).toBe('x')
  }
}

function fetched(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          text: Buffer.concat(chunks).toString(),
          headers: response.headers,
        }),
      )
    }).on('error', reject)
  })
}

describe('Attaching', () => {
  test('A port of its own works', async () => {
    const io = serving(new Server(0))
    await once(io.httpServer as EventEmitter, 'listening')
    const url = `http://127.0.0.1:${portOf(io.httpServer)}`
    await echoes(url)
    expect((await fetched(`${url}/other`)).status).toBe(404)
  })

  test('A server of node:https works', async () => {
    const { cert, key } = await makeCertificate()
    const server = createHttpsServer({ cert, key })
    const io = serving(new Server(server))
    let isSecure: unknown
    io.on('connection', socket => {
      isSecure = socket.handshake.secure
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    await echoes(`https://127.0.0.1:${portOf(server)}`, { rejectUnauthorized: false })
    expect(isSecure).toBe(true)
  })

  test('Express goes on to answer everything else', async () => {
    const app = express()
    app.get('/hello', (_request, response) => response.send('from express'))
    const server = createServer(app)
    serving(new Server(server))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${portOf(server)}`
    expect((await fetched(`${url}/hello`)).text).toBe('from express')
    await echoes(url)
  })

  test('Express itself is refused, with what to do instead', () => {
    expect(() => new Server().attach(express() as never)).toThrow('Please pass a http.Server instance')
  })

  test('Fastify goes on to answer everything else', async () => {
    const app = fastify()
    app.get('/hello', async () => 'from fastify')
    const io = new Server()
    io.on('connection', socket => socket.on('echo', (value, ack) => ack(value)))
    io.attach(app.server)
    cleanups.push(() => io.close().then(() => app.close()))
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    expect((await fetched(`${url}/hello`)).text).toBe('from fastify')
    await echoes(url)
  })

  test('Another path works, for clients and for the file of the client', async () => {
    const { url } = await stage.listen({ path: '/my/path/' })
    const client = stage.connect(url, { path: '/my/path' })
    await next(client, 'connect')
    expect((await fetched(`${url}/my/path/socket.io.js`)).status).toBe(200)
  })

  test('A server that was attached to nothing can be closed', async () => {
    await new Server().close()
  })

  test('After close everybody is gone, and nothing listens', async () => {
    const { io, url } = await stage.listen()
    const client = stage.connect(url)
    await next(client, 'connect')
    const gone = next(client, 'disconnect')
    const reason = new Promise(resolve => io.sockets.sockets.get(client.id)!.on('disconnect', resolve))
    await new Promise<void>(resolve => void io.close(() => resolve()))
    expect(await reason).toBe('server shutting down')
    expect((await gone)[0]).toMatch(/transport/)
    await expect(fetched(url)).rejects.toThrow('ECONNREFUSED')
  })
})

describe('The client is served', () => {
  test('with its version, compressed, and not again when it is known', async () => {
    const { url } = await stage.listen({ cors: { origin: 'https://example.com' } })
    const { status, text, headers } = await fetched(`${url}/socket.io/socket.io.js?x=1`)
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/javascript; charset=utf-8')
    expect(headers['access-control-allow-origin']).toBe('https://example.com')
    expect(text).toContain('Socket.IO v4')
    for (const [accepted, coding] of [
      ['gzip, deflate, br', 'gzip'],
      ['br;q=1.0, gzip;q=0.5', 'br'],
      ['gzip, br;q=0', 'gzip'],
      ['deflate', 'deflate'],
      ['identity', undefined],
    ] as const) {
      const { headers } = await fetched(`${url}/socket.io/socket.io.js`, { 'accept-encoding': accepted })
      expect(headers['content-encoding'], accepted).toBe(coding)
    }
    const map = await fetched(`${url}/socket.io/socket.io.min.js.map`, { 'accept-encoding': 'gzip' })
    expect(map.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(map.headers['content-encoding']).toBe('gzip')
    const known = await fetched(`${url}/socket.io/socket.io.js`, { 'if-none-match': String(headers.etag) })
    expect([known.status, known.text]).toEqual([304, ''])
  })

  test('unless the program does not want that', async () => {
    const { io, url } = await stage.listen({ serveClient: false })
    expect(io.serveClient()).toBe(false)
    expect((await fetched(`${url}/socket.io/socket.io.js`)).status).toBe(400)
  })
})

describe('Seams', () => {
  test('A parser of the program', async () => {
    const { url } = await stage.listen({ parser: npmParser })
    const client = stage.connect(url)
    await next(client, 'connect')
    const own = await stage.listen()
    own.io.on('connection', socket => socket.emit('bytes', Buffer.from([1])))
    const other = socketIoClients[4](own.url, { parser: npmParser, forceNew: true })
    cleanups.push(() => other.disconnect())
    expect(await next(other, 'bytes')).toEqual([Buffer.from([1])])
  })

  test('An adapter of the program: a class, a function, an arrow function', async () => {
    const made: string[] = []
    class Mine extends Adapter {
      override addAll(id: string, rooms: ReadonlySet<string>): void {
        made.push(`joined ${rooms.size}`)
        void super.addAll(id, rooms)
      }
    }
    const makers = [
      Mine,
      function make(nsp: never): Adapter {
        return new Mine(nsp)
      },
      (nsp: never): Adapter => new Mine(nsp),
    ]
    for (const adapter of makers) {
      const { io, url } = await stage.listen({ adapter: adapter as never })
      expect(io.sockets.adapter).toBeInstanceOf(Mine)
      await next(stage.connect(url), 'connect')
    }
    expect(made).toEqual(['joined 1', 'joined 1', 'joined 1'])
    const io = new Server()
    expect(io.adapter(Mine)).toBe(io)
    expect(io.adapter()).toBe(Mine)
    expect(io.of('/x').adapter).toBeInstanceOf(Mine)
    expect(io.sockets.adapter).toBeInstanceOf(Mine)
  })

  test('Adapters that were made for npm socket.io', async () => {
    const { Adapter: Original, SessionAwareAdapter } = createRequire(import.meta.url)(
      'socket.io-adapter',
    ) as Record<string, never>
    for (const adapter of [Original, SessionAwareAdapter]) {
      const { io, url } = await stage.listen({ adapter: adapter!, connectionStateRecovery: {} })
      io.on('connection', socket => void socket.join('room'))
      const client = stage.connect(url, { transports: ['websocket'] })
      await next(client, 'connect')
      const socket = io.sockets.sockets.get(client.id)!
      const heard = Promise.all([next(client, 'one'), next(client, 'room'), next(client, 'bytes')])
      socket.emit('one', 1)
      io.to('room').emit('room', 2)
      io.emit('bytes', Buffer.from([3]))
      expect((await heard).map(it => it[0])).toEqual([1, 2, Buffer.from([3])])
      client.on('ask', ((ack: (answer: number) => void) => ack(5)) as never)
      expect(await io.timeout(10_000).emitWithAck('ask')).toEqual([5])
      expect(await socket.emitWithAck('ask')).toBe(5)
      expect(await io.fetchSockets()).toEqual([socket])
      const gone = new Promise(resolve => socket.on('disconnect', resolve))
      client.io.engine.close()
      await gone
      socket.emit('missed', 6)
      const missed = adapter === SessionAwareAdapter ? next(client, 'missed') : undefined
      const back = next(client, 'connect')
      client.connect()
      await back
      expect((await missed)?.[0]).toBe(missed && 6)
      expect(client.recovered).toBe(adapter === SessionAwareAdapter)
    }
  })

  test('What require gives makes servers, and has the classes', () => {
    const io = socketIo({ path: '/x' })
    expect(io).toBeInstanceOf(Server)
    expect(io.path()).toBe('/x')
    expect([socketIo.Server, socketIo.Namespace, socketIo.Socket]).toEqual([Server, Namespace, Socket])
  })

  test('A server is an emitter: its listeners are those of the namespace /', () => {
    const io = new Server()
    const listener = (): void => {}
    io.once('connection', listener)
    expect(io.sockets.listenerCount('connection')).toBe(1)
    expect(io.listenerCount('connection')).toBe(1)
    io.off('connection', listener)
    expect(io.listenerCount('connection')).toBe(0)
    expect(io).toBeInstanceOf(EventEmitter)
  })

  test('Settings are read and changed', () => {
    const io = new Server()
    expect([io.path(), io.connectTimeout(), io.serveClient()]).toEqual(['/socket.io', 45_000, true])
    expect(io.path('/x/').path()).toBe('/x')
    expect(io.connectTimeout(5).connectTimeout()).toBe(5)
    expect(io.serveClient(false).serveClient()).toBe(false)
  })

  test('What a listener throws is no mistake of the client', async () => {
    const { io, url } = await stage.listen()
    io.on('connection', socket => {
      socket.on('fail', () => {
        throw new Error('program')
      })
    })
    const client = stage.connect(url)
    await next(client, 'connect')
    const before = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const uncaught = once(process, 'uncaughtException')
    client.emit('fail')
    const [error] = await uncaught
    for (const listener of before) process.on('uncaughtException', listener)
    expect(error).toMatchObject({ message: 'program' })
    expect(client.connected).toBe(true)
  })
})
