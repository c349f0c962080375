import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http'
import { createSecureServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Certificate, makeCertificate } from '@bothways/test-support/certificate'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createServer } from '../server/server.ts'
import { serveInTurn } from './requests-in-turn.ts'

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

describe.each(Object.keys(makers) as (keyof typeof makers)[])('Of requests pipelined over %s', scheme => {
  async function serve(listener: RequestListener) {
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

  async function connect(server: HttpServer) {
    const { port } = server.address() as AddressInfo
    const to = { port, host: '127.0.0.1', allowHalfOpen: true }
    const socket: Socket =
      scheme === 'http' ? connectTcp(to) : connectTls({ ...to, rejectUnauthorized: false })
    running.push({ close: () => socket.destroy() })
    let text = ''
    socket.setEncoding('latin1').on('data', chunk => {
      text += chunk
    })
    socket.on('error', () => {})
    await once(socket, scheme === 'http' ? 'connect' : 'secureConnect')
    return { socket, received: () => text }
  }

  const get = (path: number | string, fields = ''): string =>
    `GET /${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`
  const gets = (count: number, fields = ''): string =>
    Array.from({ length: count }, (_, at) => get(at, fields)).join('')

  test('few are served in a turn, all in their order, also when the TCP client ends behind them', async () => {
    const turns = countTurns()
    const servedIn: number[] = []
    const server = await serve((request, response) => {
      servedIn[turns.count] = (servedIn[turns.count] ?? 0) + 1
      response.end(`<${request.url}>`)
    })
    const { socket, received } = await connect(server)
    socket.write(gets(4_999))
    // Over TLS whoever says that it ends wants no answer (RFC 5246 §7.2.1).
    if (scheme === 'http') socket.end(get(4_999))
    else socket.write(get(4_999, 'Connection: close\r\n'))
    await once(socket, 'end')
    const answers = Array.from(received().matchAll(/<\/(\d+)>/g), ([, path]) => Number(path))
    expect(answers.findIndex((path, at) => path !== at)).toBe(-1)
    expect(answers).toHaveLength(5_000)
    // When they are read, and once more when it is the turn of those that wait.
    expect(Math.max(...Object.values(servedIn))).toBeLessThanOrEqual(2 * 32)
  })

  test('few are worked on at once, and the client is not read meanwhile', async () => {
    const unanswered: (() => void)[] = []
    let of: Socket | undefined
    const server = await serve((request, response) => {
      of = request.socket
      unanswered.push(() => void response.end(`<${request.url}>`))
    })
    const { socket, received } = await connect(server)
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

  test('those that expect what there is not are refused a few at a time', async () => {
    const server = await serve((_request, response) => void response.end('served'))
    const { socket, received } = await connect(server)
    socket.write(gets(500, 'Expect: a-miracle\r\n') + get('last'))
    await expect.poll(received, { timeout: 10_000 }).toContain('served')
    expect(received().split('HTTP/1.1 417 ').length - 1).toBe(500)
  })

  test('each has its own body', async () => {
    const server = await serve((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', chunk => {
        body += chunk
      })
      request.on('end', () => response.end(`<${body.length}>`))
    })
    const { socket, received } = await connect(server)
    const lengths = Array.from({ length: 200 }, (_, at) => at * 37)
    const post = (length: number): string =>
      `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n${'a'.repeat(length)}`
    socket.write(lengths.map(post).join('') + get('', 'Connection: close\r\n'))
    await once(socket, 'end')
    const answers = Array.from(received().matchAll(/<(\d+)>/g), ([, length]) => Number(length))
    expect(answers).toEqual([...lengths, 0])
  })

  test('all are answered before an upgrade that comes behind them', async () => {
    const server = await serve((_request, response) => setTimeout(() => response.end('served'), 1))
    createServer()
      .route('/echo', { message: (socket, message) => void socket.send(message) })
      .attach(server)
    const { socket, received } = await connect(server)
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    const frame = Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from('hello')])
    socket.write(Buffer.concat([Buffer.from(gets(100) + get('echo', upgrade)), frame]))
    await expect.poll(received, { timeout: 10_000 }).toContain('\x81\x05hello')
    const [before = ''] = received().split('HTTP/1.1 101 ')
    expect(before.split('served').length - 1).toBe(100)
    socket.write(frame)
    await expect.poll(() => received().split('\x81\x05hello').length - 1).toBe(2)
  })

  test('so many wait for all clients together; who adds to them then is ended, not who has few', async () => {
    let honestCount = 0
    const server = await serve(request => {
      if (request.headers['x-who'] === 'honest') honestCount++
    })
    const greedy = await Promise.all(Array.from({ length: 12 }, () => connect(server)))
    let endedCount = 0
    for (const { socket } of greedy) socket.once('end', () => endedCount++).once('error', () => endedCount++)
    for (const { socket } of greedy) socket.write(gets(1_500))
    await expect.poll(() => endedCount, { timeout: 10_000 }).toBeGreaterThan(0)
    const honest = await connect(server)
    honest.socket.write(gets(50, 'X-Who: honest\r\n'))
    await expect.poll(() => honestCount).toBe(32)
    expect(honest.socket.readableEnded).toBe(false)
    expect(endedCount).toBeLessThan(9)
  })
})
