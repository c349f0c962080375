import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type Certificate, makeCertificate } from '@bothways/test-support/certificate'
import { TestClient } from '@bothways/test-support/test-client'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createWebSocketStream, type ServerOptions, WebSocket, WebSocketServer } from './index.ts'

let certificate: Certificate
beforeAll(async () => {
  certificate = await makeCertificate()
})

const endings: (() => void)[] = []
afterEach(() => {
  for (const end of endings.splice(0).reverse()) end()
})

interface Stage {
  readonly wss: WebSocketServer
  readonly http: Http2SecureServer
  readonly port: number
  readonly session: ClientHttp2Session
  readonly connections: { socket: WebSocket; request: IncomingMessage }[]
}

async function listen(http: Http2SecureServer): Promise<{ port: number; session: ClientHttp2Session }> {
  http.on('session', session => endings.push(() => session.destroy()))
  http.listen(0, '127.0.0.1')
  endings.push(() => http.close())
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
  session.on('error', () => {})
  endings.push(() => session.destroy())
  await once(session, 'remoteSettings')
  return { port, session }
}

function createHttp2(): Http2SecureServer {
  return createSecureServer({
    ...certificate,
    allowHTTP1: true,
    settings: { enableConnectProtocol: true },
  })
}

/** A server that echoes, beside one of HTTP/2 with a page. */
async function serve(options: ServerOptions = {}): Promise<Stage> {
  const http = createHttp2().on('request', (_, response) => response.end('page'))
  const wss = new WebSocketServer({ server: http, ...options })
  const connections: Stage['connections'] = []
  wss.on('connection', (socket, request) => {
    connections.push({ socket, request })
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  return { wss, http, connections, ...(await listen(http)) }
}

interface Answer {
  readonly stream: ClientHttp2Stream
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
}

/** Sends an extended CONNECT request (RFC 8441 §5.1). */
async function ask(
  session: ClientHttp2Session,
  path = '/',
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'https',
    ':authority': 'app.example:8443',
    ':path': path,
    'sec-websocket-version': '13',
    ...headers,
  })
  stream.on('error', () => {})
  const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status'?: number }]
  return { stream, status: answer[':status'], headers: answer }
}

async function open(
  session: ClientHttp2Session,
  path?: string,
  headers?: Readonly<Record<string, string>>,
): Promise<TestClient & Answer> {
  const answer = await ask(session, path, headers)
  expect(answer.status).toBe(200)
  const client = new TestClient(answer.stream as unknown as Socket, Buffer.alloc(0), {
    status: 200,
    headers: answer.headers,
    body: '',
  })
  return Object.assign(client, answer)
}

async function bodyOf({ stream }: Answer): Promise<string> {
  let body = ''
  for await (const chunk of stream) body += chunk
  return body
}

describe('Over HTTP/2, a server of ws', () => {
  test('echoes many sockets of one TCP connection, beside pages and HTTP/1.1', async () => {
    const { wss, session, port } = await serve()
    const clients = await Promise.all(Array.from({ length: 20 }, () => open(session)))
    for (const [index, client] of clients.entries()) {
      client.connection.send(`文字 ${index}`)
      expect(await client.next()).toBe(`文字 ${index}`)
    }
    expect(wss.clients.size).toBe(20)

    const page = session.request({ ':path': '/' })
    let body = ''
    for await (const chunk of page) body += chunk
    expect(body).toBe('page')

    const other = new WebSocket(`wss://127.0.0.1:${port}`, { rejectUnauthorized: false })
    await once(other, 'open')
    other.send('HTTP/1.1')
    expect(String((await once(other, 'message'))[0])).toBe('HTTP/1.1')
    other.terminate()
  })

  test('gives a request with URL, host, cookies and address', async () => {
    const { session, connections } = await serve()
    await open(session, '/chat?room=1', { origin: 'https://app.example', cookie: 'a=b' })
    const { request } = connections[0] as { request: IncomingMessage }
    expect(request).toMatchObject({ url: '/chat?room=1', httpVersion: '2.0' })
    expect(request.headers).toMatchObject({
      host: 'app.example:8443',
      origin: 'https://app.example',
      cookie: 'a=b',
    })
    expect(request.rawHeaders).toContain('sec-websocket-version')
    expect(request.socket.remoteAddress).toBe('127.0.0.1')
  })

  test('has a _socket with what programs ask one of TCP for', async () => {
    const { session, connections } = await serve()
    const client = await open(session)
    const { socket: websocket } = connections[0] as { socket: WebSocket }
    const socket = websocket._socket as TLSSocket
    expect(socket).toMatchObject({
      remoteAddress: '127.0.0.1',
      localAddress: '127.0.0.1',
      remoteFamily: 'IPv4',
      encrypted: true,
      authorized: false,
    })
    expect(socket.remotePort).toBe((session.socket as Socket).localPort)
    expect(socket.setNoDelay(true).setKeepAlive(true).ref()).toBe(socket)
    expect(socket.getPeerCertificate()).toEqual({})
    const other = await open(session)
    const ended = once(client.stream, 'close')
    socket.destroy()
    await ended
    other.connection.send('still here')
    expect(await other.next()).toBe('still here')
    expect(socket.remoteAddress).toBeUndefined()
  })

  test('agrees on a subprotocol and compression, and answers with further headers', async () => {
    const { wss, session, connections } = await serve({
      perMessageDeflate: { threshold: 0 },
      handleProtocols: (offered, request) => [...offered].find(it => request.url === `/${it}`) ?? false,
    })
    wss.on('headers', headers => headers.push('Set-Cookie: a=b', 'Set-Cookie: c=d', 'Connection: close'))
    const { headers } = await open(session, '/v2', {
      'sec-websocket-protocol': 'v1, v2',
      'sec-websocket-extensions': 'permessage-deflate',
    })
    expect(headers).toMatchObject({
      'sec-websocket-protocol': 'v2',
      'sec-websocket-extensions': 'permessage-deflate',
      'set-cookie': ['a=b', 'c=d'],
    })
    expect(Object.keys(headers)).not.toContain('sec-websocket-accept')
    expect(Object.keys(headers)).not.toContain('connection')
    expect(connections[0]?.socket.protocol).toBe('v2')
    expect(connections[0]?.socket.extensions).toBe('permessage-deflate')
  })

  test('is a stream for createWebSocketStream', async () => {
    const { wss, session } = await serve()
    wss.removeAllListeners('connection')
    wss.on('connection', socket => {
      const stream = createWebSocketStream(socket)
      stream.pipe(stream)
    })
    const client = await open(session)
    client.connection.send(Buffer.from('through'))
    expect(String(await client.next())).toBe('through')
  })

  test('takes a connect listener’s request and stream by handleUpgrade, without a server of its own', async () => {
    const wss = new WebSocketServer({ noServer: true })
    const http = createHttp2().on('request', (_, response) => response.end('page'))
    http.on('connect', (request, response) => {
      if (request.url !== '/chat') response.writeHead(404).end()
      else {
        wss.handleUpgrade(request as never, response.stream, Buffer.alloc(0), socket => socket.send('here'))
      }
    })
    const { session } = await listen(http)
    expect(await (await open(session, '/chat')).next()).toBe('here')
    expect((await ask(session, '/other')).status).toBe(404)
  })

  test('opens nothing where the program does not announce it', async () => {
    const http = createSecureServer({ ...certificate, allowHTTP1: true })
    new WebSocketServer({ server: http })
    const { session } = await listen(http)
    expect(session.remoteSettings.enableConnectProtocol).toBe(false)
  })
})

describe('Over HTTP/2, a server of ws refuses', () => {
  test('another path with 400', async () => {
    const { session } = await serve({ path: '/chat' })
    const answer = await ask(session, '/other')
    expect([answer.status, await bodyOf(answer)]).toEqual([400, 'Bad Request'])
    await open(session, '/chat?a=b')
  })

  test('whom verifyClient does not know, with status, text and headers', async () => {
    const seen: unknown[] = []
    const { session } = await serve({
      verifyClient({ origin, secure, req }, answer) {
        seen.push([origin, secure, req.url])
        setImmediate(answer, req.url === '/in', 403, 'Who?', { 'X-Reason': 'a' })
      },
    })
    const answer = await ask(session, '/out', { origin: 'https://a.example' })
    expect([answer.status, answer.headers['x-reason'], await bodyOf(answer)]).toEqual([403, 'a', 'Who?'])
    await open(session, '/in')
    expect(seen).toEqual([
      ['https://a.example', true, '/out'],
      [undefined, true, '/in'],
    ])
  })

  test('nobody, and stays, when the client leaves while verifyClient asks', async () => {
    let welcome = (): void => {}
    const { session, connections } = await serve({
      verifyClient({ req }, answer) {
        if (req.url === '/slow') welcome = () => answer(true)
        else answer(true)
      },
    })
    const stream = session.request({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'https',
      ':authority': 'a',
      ':path': '/slow',
      'sec-websocket-version': '13',
    })
    stream.on('error', () => {})
    await open(session)
    stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    await new Promise(resolve => stream.once('close', resolve))
    await open(session)
    welcome()
    await open(session)
    expect(connections.map(({ request }) => request.url)).toEqual(['/', '/', '/'])
  })

  test.each([
    ['another version', { 'sec-websocket-version': '8' }, 'Missing or invalid Sec-WebSocket-Version header'],
    ['another host than its authority', { host: 'other.example' }, 'Invalid Host header'],
    ['malformed subprotocols', { 'sec-websocket-protocol': 'a,,b' }, 'Invalid Sec-WebSocket-Protocol header'],
  ])('%s with 400', async (_, headers, text) => {
    const { session } = await serve()
    const answer = await ask(session, '/', headers)
    expect([answer.status, await bodyOf(answer)]).toEqual([400, text])
  })

  test('by the answer that a listener of wsClientError writes as for HTTP/1.1', async () => {
    const { wss, session } = await serve()
    wss.on('wsClientError', (error, socket, request) => {
      expect((socket as Socket).remoteAddress).toBe('127.0.0.1')
      socket.write(`HTTP/1.1 418 Teapot\r\nConnection: close\r\nX-Why: ${error.message}\r\n\r\n`)
      socket.write(request.url)
      socket.destroy()
    })
    const answer = await ask(session, '/tea', { 'sec-websocket-version': '12' })
    expect([answer.status, await bodyOf(answer)]).toEqual([418, '/tea'])
    expect(answer.headers['x-why']).toBe('Missing or invalid Sec-WebSocket-Version header')
  })

  test.each(['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'nothing of HTTP', ''])(
    'by a reset stream where a listener of wsClientError writes %j',
    async text => {
      const { wss, session } = await serve()
      wss.on('wsClientError', (_, socket) => socket.end(text))
      const stream = session.request({
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':scheme': 'https',
        ':authority': 'a',
        ':path': '/',
      })
      stream.on('error', () => {})
      await once(stream, 'close')
      expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL)
    },
  )

  test('clients after close with what its HTTP server says, and the open ones stay', async () => {
    const { wss, session } = await serve()
    const client = await open(session)
    const closed = once(wss, 'close')
    wss.close()
    expect((await ask(session)).status).toBe(405)
    client.connection.send('still here')
    expect(await client.next()).toBe('still here')
    client.connection.close()
    await closed
  })
})

describe('Over HTTP/2, a socket of ws ends', () => {
  test('by its close handshake', async () => {
    const { session, connections } = await serve()
    const client = await open(session)
    const closed = once(connections[0]?.socket as WebSocket, 'close')
    client.connection.close(4001, 'bye')
    const [code, reason] = await closed
    expect([code, String(reason)]).toEqual([4001, 'bye'])
    if (!client.stream.closed) await once(client.stream, 'close')
    expect(client.stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR)
  })

  test('by terminate with RST_STREAM CANCEL', async () => {
    const { session, connections } = await serve()
    const { stream } = await ask(session)
    stream.resume()
    connections[0]?.socket.terminate()
    await once(stream, 'close')
    expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL)
  })

  test('with 1006 when its stream is reset, or TCP is gone', async () => {
    const { session, connections } = await serve()
    const { stream } = await ask(session)
    await ask(session)
    const [first, second] = connections.map(({ socket }) => once(socket, 'close'))
    stream.close(constants.NGHTTP2_CANCEL)
    expect((await first)?.[0]).toBe(1006)
    session.destroy()
    expect((await second)?.[0]).toBe(1006)
  })
})
