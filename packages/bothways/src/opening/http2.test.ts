import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { type Certificate, makeCertificate } from '@bothways/test-support/certificate'
import { connect, refusalOf, TestClient } from '@bothways/test-support/test-client'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ServerOptions } from '../server/options.ts'
import { Server } from '../server/server.ts'
import type { ServerSocket } from '../server/server-socket.ts'
import { refuse } from './refusals.ts'

let certificate: Certificate
beforeAll(async () => {
  certificate = await makeCertificate()
})

const running: { close(): unknown }[] = []
afterEach(async () => {
  for (const it of running.splice(0)) await it.close()
})

interface Running {
  readonly server: Server<true>
  readonly port: number
  readonly sockets: readonly ServerSocket<true>[]
}

/** With the routes `/echo` and `/chat`. */
function createRoutes(options: ServerOptions<true>): { server: Server<true>; sockets: ServerSocket<true>[] } {
  const sockets: ServerSocket<true>[] = []
  const echo = {
    open: (socket: ServerSocket<true>) => void sockets.push(socket),
    message: (socket: ServerSocket<true>, message: string | Buffer) => void socket.send(message),
  }
  const server = new Server(options).route('/echo', echo).route('/chat', { ...echo, protocols: ['v2', 'v1'] })
  return { server, sockets }
}

async function listen(options: ServerOptions<true> = {}): Promise<Running> {
  const { server, sockets } = createRoutes(options)
  running.push(server)
  const { port } = await server.listen({ tls: certificate, http2: true })
  return { server, port, sockets }
}

async function attach(
  options: ServerOptions<true> = {},
  prepare: (http: Http2SecureServer) => void = http =>
    http.on('request', (_, response) => response.end('page')),
): Promise<Running & { sessions: readonly ServerHttp2Session[] }> {
  const { server, sockets } = createRoutes(options)
  const http = createSecureServer({ ...certificate, allowHTTP1: true })
  const sessions: ServerHttp2Session[] = []
  http.on('session', session => sessions.push(session))
  prepare(http)
  server.attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  running.push(server, {
    close: () => {
      for (const session of sessions) session.destroy()
      http.close()
    },
  })
  return { server, port: (http.address() as AddressInfo).port, sockets, sessions }
}

async function openSession(port: number): Promise<ClientHttp2Session> {
  const session = beginSession(port)
  await once(session, 'remoteSettings')
  return session
}

function beginSession(port: number): ClientHttp2Session {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
  session.on('error', () => {})
  running.unshift({ close: () => session.destroy() })
  return session
}

/** Sends an extended CONNECT request (RFC 8441 §5.1). */
async function request(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ stream: ClientHttp2Stream; answer: IncomingHttpHeaders & { ':status'?: number } }> {
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'https',
    ':authority': 'localhost:8443',
    ':path': path,
    'sec-websocket-version': '13',
    ...headers,
  })
  stream.on('error', () => {})
  const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status'?: number }]
  return { stream, answer }
}

/** A WebSocket on a stream. */
async function open(
  session: ClientHttp2Session,
  path = '/echo',
  headers: Readonly<Record<string, string>> = {},
): Promise<TestClient & { readonly stream: ClientHttp2Stream }> {
  const { stream, answer } = await request(session, path, headers)
  expect(answer[':status']).toBe(200)
  const client = new TestClient(stream as unknown as Socket, Buffer.alloc(0), {
    status: 200,
    headers: answer,
    body: '',
  })
  return Object.assign(client, { stream })
}

async function refusedWith(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number | undefined; body: string; headers: IncomingHttpHeaders }> {
  const { stream, answer } = await request(session, path, headers)
  let body = ''
  for await (const chunk of stream) body += chunk
  return { status: answer[':status'], body, headers: answer }
}

describe.each([
  ['listen', listen],
  ['attach', attach],
])('Over HTTP/2, by %s,', (_, start) => {
  test('a WebSocket echoes, and ends with its close handshake', async () => {
    const { port, sockets } = await start()
    const session = await openSession(port)
    const client = await open(session)
    client.connection.send('文字')
    expect(await client.next()).toBe('文字')
    client.connection.send(Buffer.alloc(1_000_000, 7))
    const long = (await client.next()) as Buffer
    expect(long.equals(Buffer.alloc(1_000_000, 7))).toBe(true)
    expect(sockets[0]?.request).toMatchObject({ host: 'localhost:8443', isSecure: true, path: '/echo' })
    expect(sockets[0]?.remoteAddress).toMatch(/127\.0\.0\.1$/)
    client.connection.close(4000, 'done')
    expect(await client.closed).toMatchObject({ code: 4000 })
    await expect.poll(() => sockets[0]?.disconnect).toMatchObject({ code: 4000, reason: 'done' })
  })

  test('the server closes, and ends its stream', async () => {
    const { port, sockets, server } = await start()
    const client = await open(await openSession(port))
    sockets[0]?.close(4001)
    expect(await client.closed).toMatchObject({ code: 4001 })
    await expect.poll(() => server.sockets.size).toBe(0)
    expect(client.stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR)
  })

  test('a close of the whole server is told to its sockets', async () => {
    const { port, server } = await start()
    const client = await open(await openSession(port))
    const closed = server.close()
    expect(await client.closed).toMatchObject({ code: 1001 })
    await closed
  })

  test('many WebSockets share one TCP connection', async () => {
    const { port, server } = await start()
    const session = await openSession(port)
    const clients = await Promise.all(Array.from({ length: 20 }, () => open(session)))
    for (const [at, client] of clients.entries()) client.connection.send(`to ${at}`)
    const answers = await Promise.all(clients.map(client => client.next()))
    expect(answers).toEqual(clients.map((__, at) => `to ${at}`))
    expect(server.sockets.size).toBe(20)
  })

  test('WebSockets over HTTP/1.1 open on the same port', async () => {
    const { port } = await start()
    const client = await connect(`wss://127.0.0.1:${port}/echo`)
    client.connection.send('old')
    expect(await client.next()).toBe('old')
    expect((await refusalOf(`wss://127.0.0.1:${port}/nowhere`)).status).toBe(404)
  })
})

describe('A request over HTTP/2 is refused, with status and reason,', () => {
  test.each([
    ['without a route', '/nowhere', {}, 404, /No WebSocket is served at this path/],
    ['from a foreign page', '/echo', { origin: 'https://evil.example' }, 403, /list the origin/],
    ['in another version', '/echo', { 'sec-websocket-version': '8' }, 400, /Sec-WebSocket-Version: 13/],
    ['for another host too', '/echo', { host: 'evil.example' }, 400, /Host must be what/],
    ['for subprotocols that are none', '/echo', { 'sec-websocket-protocol': 'a b' }, 400, /comma list/],
    [
      'for subprotocols not spoken',
      '/chat',
      { 'sec-websocket-protocol': 'v9' },
      400,
      /speaks the subprotocols/,
    ],
    ['for malformed extensions', '/echo', { 'sec-websocket-extensions': '=' }, 400, /RFC 6455 section 9.1/],
  ] as const)('%s', async (_, path, headers, status, reason) => {
    const { port, server } = await listen()
    const session = await openSession(port)
    expect(await refusedWith(session, path, headers)).toMatchObject({
      status,
      body: expect.stringMatching(reason),
    })
    expect(server.counts).toMatchObject({ refusals: 1, connections: 0 })
    // The session is as good as before.
    await open(session)
  })

  test('by authenticate, with its headers but those that HTTP/2 has not', async () => {
    const { port } = await listen({
      authenticate: () => {
        throw refuse(401, 'Sign in.', { 'WWW-Authenticate': 'Bearer', Connection: 'close' })
      },
    })
    const refused = await refusedWith(await openSession(port), '/echo')
    expect(refused).toMatchObject({ status: 401, body: 'Sign in.' })
    expect(refused.headers['www-authenticate']).toBe('Bearer')
    expect(refused.headers.connection).toBeUndefined()
  })

  test('by an authenticate whose header is none, with 500', async () => {
    const { port } = await listen({
      onError: () => {},
      authenticate: () => {
        throw refuse(401, 'Sign in.', { 'X-Two': 'a\r\nb' })
      },
    })
    expect(await refusedWith(await openSession(port), '/echo')).toMatchObject({ status: 500 })
  })

  test('when authenticate takes too long', async () => {
    const { port } = await listen({ handshakeTimeoutMs: 50, authenticate: () => new Promise(() => {}) })
    expect(await refusedWith(await openSession(port), '/echo')).toMatchObject({ status: 503 })
  })

  test('when its address has no place: each stream counts', async () => {
    const { port, server } = await listen({ maxConnectionsPerAddress: 2 })
    const session = await openSession(port)
    const client = await open(session)
    await open(session)
    expect(await refusedWith(session, '/echo')).toMatchObject({ status: 429 })
    client.connection.terminate()
    await expect.poll(() => server.sockets.size).toBe(1)
    await open(session)
  })

  test('when its address begins too many handshakes', async () => {
    const { port } = await listen({ maxHandshakesPerSecond: 1 })
    const session = await openSession(port)
    // All at once: on a slow machine one after the other may be slower than the rate.
    const answers = await Promise.all(Array.from({ length: 10 }, () => request(session, '/echo')))
    const [first, ...rest] = answers.map(({ answer }) => answer[':status'])
    expect(first).toBe(200)
    expect(rest).toContain(429)
  })
})

describe('What is agreed on over HTTP/2', () => {
  test('is the subprotocol', async () => {
    const { port, sockets } = await listen()
    const client = await open(await openSession(port), '/chat', { 'sec-websocket-protocol': 'v1, v2' })
    expect(client.answer.headers['sec-websocket-protocol']).toBe(sockets[0]?.protocol)
    expect(sockets[0]?.protocol).not.toBe('')
  })

  test('is compression, and neither key nor upgrade is answered', async () => {
    const { port, sockets } = await listen({ compression: true })
    const offer = { 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' }
    const { answer } = await request(await openSession(port), '/echo', offer)
    expect(answer['sec-websocket-extensions']).toMatch(/^permessage-deflate/)
    expect(sockets[0]?.extensions).toBe(answer['sec-websocket-extensions'])
    const names = Object.keys(answer)
    expect(names).not.toContain('sec-websocket-accept')
    expect(names).not.toContain('upgrade')
  })
})

describe('A WebSocket over HTTP/2 ends', () => {
  test('with 1006 when its stream is reset, and the others stay', async () => {
    const { port, sockets } = await listen()
    const session = await openSession(port)
    const client = await open(session)
    const other = await open(session)
    client.stream.close(constants.NGHTTP2_CANCEL)
    await expect.poll(() => sockets[0]?.disconnect?.code).toBe(1006)
    other.connection.send('still here')
    expect(await other.next()).toBe('still here')
  })

  test('with 1006 when the client ends its stream without a close frame', async () => {
    const { port, sockets } = await listen()
    const client = await open(await openSession(port))
    client.stream.end()
    await expect.poll(() => sockets[0]?.disconnect?.code).toBe(1006)
  })

  test('with 1006 when the TCP connection is gone', async () => {
    const { port, sockets, server } = await listen()
    const session = await openSession(port)
    await open(session)
    await open(session)
    session.destroy()
    await expect.poll(() => sockets.map(it => it.disconnect?.code)).toEqual([1006, 1006])
    expect(server.sockets.size).toBe(0)
  })

  test('by terminate with RST_STREAM CANCEL', async () => {
    const { port, sockets } = await listen()
    const { stream } = await request(await openSession(port), '/echo')
    stream.resume()
    const closed = once(stream, 'close')
    sockets[0]?.terminate()
    await closed
    expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL)
  })

  test('with 1002 for a broken rule', async () => {
    const { port, sockets, server } = await listen()
    const { stream } = await request(await openSession(port), '/echo')
    const received: Buffer[] = []
    stream.on('data', (chunk: Buffer) => received.push(chunk))
    stream.write(Buffer.from([0x81, 0x00]))
    await once(stream, 'end')
    expect(Buffer.concat(received).subarray(2, 4)).toEqual(Buffer.from([0x03, 0xea]))
    stream.end()
    await expect.poll(() => sockets[0]?.disconnect?.error).toMatchObject({ code: 'BW_UNMASKED_FRAME' })
    expect(server.counts.violations).toBe(1)
  })
})

test('A slow reader is bounded: what its stream does not take waits here, and is limited', async () => {
  const { port, sockets } = await listen({ maxBufferedBytes: 100_000, closeTimeoutMs: 100 })
  const session = await openSession(port)
  const slow = await request(session, '/echo')
  const other = await open(session)
  slow.stream.pause()
  for (let count = 0; count < 100 && sockets[0]?.disconnect === undefined; count++) {
    sockets[0]?.send('x'.repeat(100_000))
    await new Promise(resolve => setImmediate(resolve))
  }
  await expect.poll(() => sockets[0]?.disconnect?.error).toMatchObject({ code: 'BW_SEND_QUEUE_FULL' })
  other.connection.send('not touched')
  expect(await other.next()).toBe('not touched')
})

test('Pages beside are served on the same TCP connection', async () => {
  const { port, sessions } = await attach()
  const session = await openSession(port)
  await open(session)
  const page = session.request({ ':path': '/' })
  let body = ''
  for await (const chunk of page) body += chunk
  expect(body).toBe('page')
  expect(sessions).toHaveLength(1)
})

test('A connection that carries WebSockets does not count as one without a request', async () => {
  const { port } = await attach({ maxPendingHandshakes: 1 })
  const clients = [await open(await openSession(port)), await open(await openSession(port))]
  clients.push(await open(await openSession(port)))
  for (const client of clients) {
    client.connection.send('here')
    expect(await client.next()).toBe('here')
  }
})

test('Other CONNECT requests are what they were: 405, or a listener’s', async () => {
  const { port } = await attach()
  const plain = (await openSession(port)).request({ ':method': 'CONNECT', ':authority': 'localhost:1' })
  const [answer] = await once(plain, 'response')
  expect(answer[':status']).toBe(405)

  const heard: string[] = []
  const { port: other } = await attach({}, http => {
    http.on('request', () => {})
    http.on('connect', (it, response) => {
      if (it.headers[':protocol'] === 'websocket') return
      heard.push(it.authority)
      response.end()
    })
  })
  const session = await openSession(other)
  await once(session.request({ ':method': 'CONNECT', ':authority': 'localhost:2' }), 'response')
  expect(heard).toEqual(['localhost:2'])
  await open(session)
})

test('An ordinary request of HTTP/2 to a port of its own is told that this is a WebSocket server', async () => {
  const { port } = await listen()
  const page = (await openSession(port)).request({ ':path': '/echo' })
  const [answer] = await once(page, 'response')
  expect(answer).toMatchObject({ ':status': 405, allow: 'CONNECT' })
})

test('A session of a port of its own has 256 streams at once; the next one waits for a place', async () => {
  const { port } = await listen()
  const session = await openSession(port)
  expect(session.remoteSettings.maxConcurrentStreams).toBe(256)
  const [first] = await Promise.all(Array.from({ length: 256 }, () => open(session)))
  let isOpen = false
  const last = open(session).then(client => {
    isOpen = true
    return client
  })
  first?.connection.send('still there')
  expect(await first?.next()).toBe('still there')
  expect(isOpen).toBe(false)
  first?.connection.terminate()
  await last
})

test('A session that carries nothing is closed', async () => {
  const { port } = await listen({ handshakeTimeoutMs: 50 })
  // On a busy machine it may be closed before its settings have come.
  await once(beginSession(port), 'close')
})

test('http2 without tls is refused', async () => {
  await expect(new Server().listen({ http2: true })).rejects.toMatchObject({ code: 'BW_INVALID_OPTION' })
})
