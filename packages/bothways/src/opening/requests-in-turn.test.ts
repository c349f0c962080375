import { once } from 'node:events'
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createSecureServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Certificate, makeCertificate } from '@bothways/test-support/certificate'
import { heldMemory } from '@bothways/test-support/held-memory'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createServer } from '../server/server.ts'
import { serveInTurn } from './requests-in-turn.ts'

const KiB = 1024

const running: { close(): unknown }[] = []
afterEach(async () => {
  for (const it of running.splice(0).toReversed()) await it.close()
})

/** Counts the turns of the event loop until it is closed. */
function countTurns() {
  const turns = { count: 0, close: () => clearImmediate(next) }
  let next = setImmediate(function turn() {
    turns.count++
    next = setImmediate(turn)
  })
  running.push(turns)
  return turns
}

let certificate: Certificate
beforeAll(async () => {
  certificate = await makeCertificate()
})

const makers = {
  http: () => createHttpServer(),
  https: () => createHttpsServer({ cert: certificate.cert, key: certificate.key }),
  'HTTP/1.1 to a server of HTTP/2': () =>
    createHttp2Server({
      cert: certificate.cert,
      key: certificate.key,
      allowHTTP1: true,
    }) as unknown as HttpServer,
}

type Scheme = keyof typeof makers

async function serve(scheme: Scheme, listener: RequestListener) {
  const server = makers[scheme]()
  serveInTurn(server, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  running.push({
    close: () => {
      server.closeAllConnections?.()
      server.close()
    },
  })
  return server
}

async function connect(scheme: Scheme, server: HttpServer) {
  const { port } = server.address() as AddressInfo
  const to = { port, host: '127.0.0.1', allowHalfOpen: true }
  const socket: Socket = scheme === 'http' ? connectTcp(to) : connectTls({ ...to, rejectUnauthorized: false })
  running.push({ close: () => socket.destroy() })
  let text = ''
  socket.setEncoding('latin1').on('data', chunk => {
    text += chunk
  })
  socket.on('error', () => {})
  await once(socket, scheme === 'http' ? 'connect' : 'secureConnect')
  return { socket, received: () => text }
}

function get(path: number | string, fields = ''): string {
  return `GET /${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`
}

function gets(count: number, fields = ''): string {
  return Array.from({ length: count }, (_, at) => get(at, fields)).join('')
}

const upgrade =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

describe.each(Object.keys(makers) as Scheme[])('Of requests pipelined over %s', scheme => {
  test('few are served in a turn, all in their order, also when the TCP client ends behind them', async () => {
    const turns = countTurns()
    const servedIn: number[] = []
    const server = await serve(scheme, (request, response) => {
      servedIn[turns.count] = (servedIn[turns.count] ?? 0) + 1
      response.end(`<${request.url}>`)
    })
    const { socket, received } = await connect(scheme, server)
    socket.write(gets(4_999))
    // Over TLS a client that says that it ends wants no answer (RFC 5246 §7.2.1).
    if (scheme === 'http') socket.end(get(4_999))
    else socket.write(get(4_999, 'Connection: close\r\n'))
    await once(socket, 'end')
    const answers = Array.from(received().matchAll(/<\/(\d+)>/g), ([, path]) => Number(path))
    expect(answers.findIndex((path, at) => path !== at)).toBe(-1)
    expect(answers).toHaveLength(5_000)
    // When they are read, and once more when it is the turn of those that wait.
    expect(Math.max(...Object.values(servedIn))).toBeLessThanOrEqual(2 * 32)
  })

  test('each is parsed when it is its turn', async () => {
    let parsed = 0
    let served = 0
    let most = 0
    const server = await serve(scheme, (_request, response) => {
      most = Math.max(most, parsed - served++)
      // A share of a turn is used up by a few of them.
      for (const begun = performance.now(); performance.now() - begun < 0.3; );
      response.end('served')
    })
    server.prependListener('request', () => {
      parsed++
    })
    const clients = await Promise.all(Array.from({ length: 4 }, () => connect(scheme, server)))
    for (const { socket } of clients) socket.write(gets(49) + get('last', 'Connection: close\r\n'))
    await Promise.all(clients.map(({ socket }) => once(socket, 'end')))
    expect(served).toBe(200)
    expect(most).toBe(1)
  })

  test('few are worked on at once, and the client is not read meanwhile', async () => {
    const unanswered: (() => void)[] = []
    let of: Socket | undefined
    const server = await serve(scheme, (request, response) => {
      of = request.socket
      unanswered.push(() => void response.end(`<${request.url}>`))
    })
    const { socket, received } = await connect(scheme, server)
    socket.write(gets(99))
    await expect.poll(() => unanswered.length).toBe(32)
    const bytesRead = of?.bytesRead
    socket.write(get('last', 'Connection: close\r\n'))
    const turns = countTurns()
    await expect.poll(() => turns.count).toBeGreaterThan(100)
    expect(of?.bytesRead).toBe(bytesRead)
    expect(unanswered).toHaveLength(32)
    for (let at = 0; at < 100; at++) {
      await expect.poll(() => unanswered[at]).toBeDefined()
      unanswered[at]?.()
    }
    await once(socket, 'end')
    expect(received().split('</').length - 1).toBe(100)
  })

  test('few are worked on at once also behind an upgrade to something else', async () => {
    const unanswered: (() => void)[] = []
    const server = await serve(scheme, ({ url }, response) => {
      if (url === '/before') setTimeout(() => response.end('before'), 1)
      else unanswered.push(() => void response.end(`<${url}>`))
    })
    createServer().attach(server)
    const { socket, received } = await connect(scheme, server)
    const h2c = get('h2c', 'Connection: Upgrade\r\nUpgrade: h2c\r\n')
    socket.write(get('before') + h2c + gets(99) + get('last', 'Connection: close\r\n'))
    await expect.poll(() => unanswered.length).toBeGreaterThanOrEqual(32)
    const turns = countTurns()
    await expect.poll(() => turns.count).toBeGreaterThan(100)
    expect(unanswered).toHaveLength(32)
    for (let at = 0; at < 101; at++) {
      await expect.poll(() => unanswered[at]).toBeDefined()
      unanswered[at]?.()
    }
    await once(socket, 'end')
    const paths = Array.from(received().matchAll(/<\/(\w+)>/g), ([, path]) => path)
    expect(paths).toEqual(['h2c', ...Array.from({ length: 99 }, (_, at) => String(at)), 'last'])
  })

  test('few with bodies in chunks are worked on at once', async () => {
    let count = 0
    const server = await serve(scheme, () => {
      count++
    })
    const { socket } = await connect(scheme, server)
    const post = 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    socket.write(post.repeat(500))
    await expect.poll(() => count).toBeGreaterThanOrEqual(32)
    const turns = countTurns()
    await expect.poll(() => turns.count).toBeGreaterThan(100)
    // Some come in the piece that ends a body.
    expect(count).toBeLessThan(64)
  })

  test('those that expect what there is not are refused a few at a time', async () => {
    const server = await serve(scheme, (_request, response) => void response.end('served'))
    const { socket, received } = await connect(scheme, server)
    socket.write(gets(500, 'Expect: a-miracle\r\n') + get('last'))
    await expect.poll(received).toContain('served')
    expect(received().split('HTTP/1.1 417 ').length - 1).toBe(500)
  })

  test('each has its own body', async () => {
    const server = await serve(scheme, (request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', chunk => {
        body += chunk
      })
      request.on('end', () => response.end(`<${body.length}>`))
    })
    const { socket, received } = await connect(scheme, server)
    const lengths = Array.from({ length: 200 }, (_, at) => at * 37)
    const post = (length: number): string =>
      `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n${'a'.repeat(length)}`
    socket.write(lengths.map(post).join('') + get('', 'Connection: close\r\n'))
    await once(socket, 'end')
    const answers = Array.from(received().matchAll(/<(\d+)>/g), ([, length]) => Number(length))
    expect(answers).toEqual([...lengths, 0])
  })

  test('a body is read also while its client takes nothing of the answer, which may wait for it', async () => {
    let answer: ServerResponse | undefined
    let isWhole = false
    const server = await serve(scheme, (request, response) => {
      answer = response
      // More than the operating system takes.
      response.write(Buffer.alloc(16 * 1024 * KiB))
      request.resume().on('end', () => {
        isWhole = true
        response.end()
      })
    })
    const { socket } = await connect(scheme, server)
    socket.pause().write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n')
    await expect.poll(() => answer?.writableLength).toBeGreaterThan(16 * KiB)
    socket.write(Buffer.alloc(200_000, 'a'))
    await expect.poll(() => isWhole).toBe(true)
  })

  test('all are answered before an upgrade that comes behind them', async () => {
    const server = await serve(scheme, (_request, response) => setTimeout(() => response.end('served'), 1))
    createServer()
      .route('/echo', { message: (socket, message) => void socket.send(message) })
      .attach(server)
    const { socket, received } = await connect(scheme, server)
    const frame = Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from('hello')])
    socket.write(Buffer.concat([Buffer.from(gets(100) + get('echo', upgrade)), frame]))
    await expect.poll(received).toContain('\x81\x05hello')
    const [before = ''] = received().split('HTTP/1.1 101 ')
    expect(before.split('served').length - 1).toBe(100)
    socket.write(frame)
    await expect.poll(() => received().split('\x81\x05hello').length - 1).toBe(2)
  })

  test('an upgrade behind a body that is read late is read on', async () => {
    const server = await serve(scheme, (request, response) => {
      setTimeout(() => request.resume().on('end', () => response.end('served')), 5)
    })
    server.on('upgrade', (_request, socket, head) => {
      let count = head.length
      socket.on('error', () => {})
      socket.on('data', chunk => {
        count += chunk.length
        if (count === 400_000) socket.end('all')
      })
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    })
    const { socket, received } = await connect(scheme, server)
    const body = Buffer.alloc(30_000, 'a')
    const posts = Array<string>(6).fill(
      `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30000\r\n\r\n${body}`,
    )
    socket.write(Buffer.concat([Buffer.from(posts.join('') + get('echo', upgrade)), Buffer.alloc(400_000)]))
    await expect.poll(received).toContain('all')
  })

  test('what comes behind an upgrade in one read reaches the WebSocket, also where it looks like the end of a head', async () => {
    const server = await serve(scheme, (_request, response) => void response.end('served'))
    createServer()
      .route('/echo', { message: (socket, message) => void socket.send(message) })
      .attach(server)
    const { socket, received } = await connect(scheme, server)
    const text = Buffer.from('hi\r\n\r\n')
    const frame = Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0, ...text])
    socket.write(Buffer.concat([Buffer.from(get('echo', upgrade)), ...Array<Buffer>(500).fill(frame)]))
    await expect.poll(() => received().split('hi\r\n\r\n').length - 1).toBe(500)
    socket.write(frame)
    await expect.poll(() => received().split('hi\r\n\r\n').length - 1).toBe(501)
  })

  test('few answers are made for a client that takes none, and what it has sent is not parsed', async () => {
    const answerBytes = 16 * KiB
    const answersOf = new Map<Socket, { count: number; latest: ServerResponse[] }>()
    const server = await serve(scheme, ({ socket }, response) => {
      const answers = answersOf.get(socket) ?? { count: 0, latest: [] }
      answersOf.set(socket, answers)
      answers.count++
      answers.latest = [...answers.latest.slice(-3), response]
      response.end(Buffer.alloc(answerBytes))
    })
    const clients = await Promise.all(Array.from({ length: 4 }, () => connect(scheme, server)))
    const before = await heldMemory()
    for (const { socket } of clients) socket.pause().write(gets(700))
    const untaken = (): number[] =>
      Array.from(answersOf.values(), ({ latest }) => latest.reduce((sum, it) => sum + it.writableLength, 0))
    await expect.poll(() => untaken().filter(bytes => bytes >= answerBytes).length).toBe(4)
    expect(Math.max(...untaken())).toBeLessThan(3 * answerBytes)
    // The rest of a read, few answers, and the connection itself on both sides.
    expect((await heldMemory()) - before).toBeLessThan(4 * 256 * KiB)
    const [[first, answers] = []] = answersOf
    const client = clients.find(({ socket }) => socket.localPort === first?.remotePort)
    client?.socket.removeAllListeners('data').resume()
    await expect.poll(() => answers?.count).toBe(700)
  })
})

describe('Of all connections', () => {
  /** Clients come, and ask for more than they take, until one is ended; how many came, and which was ended. */
  async function askTooMuch(server: HttpServer, text: string): Promise<{ count: number; ended: number }> {
    let count = 0
    let ended: number | undefined
    server.on('connection', socket => {
      const number = count++
      socket.once('close', () => {
        ended ??= number
      })
    })
    while (ended === undefined) {
      const { socket } = await connect('http', server)
      socket.pause().write(text)
      await once(server, 'asked')
    }
    return { count, ended }
  }

  test('so many requests wait; then those are ended whose client has waited longest for an answer', async () => {
    let askedCount = 0
    const server = await serve('http', () => {
      // So many at once of each.
      if (++askedCount % 32 === 0) server.emit('asked')
    })
    const shortest = 'GET / HTTP/1.1\r\nHost:\r\n\r\n'
    const { count, ended } = await askTooMuch(server, shortest.repeat(100))
    // They have fallen behind in about the order in which they came.
    expect(ended).toBeLessThan(10)
    // Each takes 4 KiB.
    expect(count).toBeGreaterThan(500)
  })

  test('so many bytes of answers wait; then those are ended whose client has waited longest', async () => {
    const answer = Buffer.alloc(16 * 1024 * KiB)
    const server = await serve('http', ({ url }, response) => {
      response.end(answer)
      if (url === '/0') setImmediate(() => server.emit('asked'))
    })
    const { count, ended } = await askTooMuch(server, gets(100))
    expect(ended).toBe(0)
    expect(count).toBeGreaterThan(3)
    // Of each answer the operating system may have taken some MiB.
    expect(count).toBeLessThan(10)
  })
})
