import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net'
import { hex } from '@bothways/test-support/bytes'
import { masked } from '@bothways/test-support/raw-frame'
import { connect, refusalOf } from '@bothways/test-support/test-client'
import { afterEach, describe, expect, test } from 'vitest'
import { createServer } from '../server/server.ts'

const running: { close(): unknown }[] = []
afterEach(async () => {
  for (const it of running.splice(0)) await it.close()
})

/** The handshake of a client that is not one of ours. */
function rawRequest(path = '/'): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    '\r\n',
  ].join('\r\n')
}

function openTcp(port: number): Socket {
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true })
  // Resets are part of these tests.
  socket.on('error', () => {})
  socket.resume()
  running.unshift({ close: () => socket.destroy() })
  return socket
}

function closed(socket: Socket): Promise<void> {
  return new Promise(resolve => socket.once('close', () => resolve()))
}

async function listenHttp(http: HttpServer): Promise<number> {
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  running.push({
    close: () => {
      http.closeAllConnections()
      http.close()
    },
  })
  return (http.address() as AddressInfo).port
}

describe('A client that does not behave', () => {
  test('is let go when it is refused and goes on sending', async () => {
    const server = createServer().route('/', {})
    running.push(server)
    const { port } = await server.listen()
    const client = openTcp(port)
    client.write(rawRequest('/nowhere'))
    const sending = setInterval(() => client.write('x'), 50)
    running.unshift({ close: () => clearInterval(sending) })
    await closed(client)
  })

  test('aborts authenticate and gets no socket when it half-closes during its handshake', async () => {
    let opened = 0
    const server = createServer({
      keepalive: false,
      authenticate: async ({ signal }) => {
        await once(signal, 'abort')
        return true
      },
    }).route('/', { open: () => void opened++ })
    running.push(server)
    const { port } = await server.listen()
    const client = openTcp(port)
    client.end(rawRequest())
    await closed(client)
    expect(opened).toBe(0)
  })
})

describe.each(['listen', 'attach'])('A request to %s', way => {
  const greeter = {
    open: (socket: { send(data: string): boolean }) => void socket.send('open'),
    message: (socket: { send(data: string): boolean }, message: string | Buffer) =>
      void socket.send(`echo ${String(message)}`),
  }

  async function start(): Promise<number> {
    const server = createServer().route('/', greeter)
    running.push(server)
    if (way === 'listen') return (await server.listen()).port
    const http = createHttpServer((_, response) => setTimeout(() => response.end('page'), 20))
    server.attach(http)
    return listenHttp(http)
  }

  /** All that comes back for some bytes until the server ends, or `last` has come. */
  async function answerTo(bytes: string | Buffer, last?: string): Promise<string> {
    const client = openTcp(await start())
    let received = ''
    client.on('data', chunk => {
      received += chunk.toString('latin1')
      if (last !== undefined && received.endsWith(last)) client.destroy()
    })
    client.once('end', () => client.destroy())
    client.write(bytes)
    await closed(client)
    return received
  }

  const withHeader = (line: string): string => `${rawRequest().slice(0, -2)}${line}\r\n\r\n`
  const message = masked(['81 02', 'hi'])
  const bothAnswers = '\x81\x04open\x81\x07echo hi\x88\x02\x03\xe8'
  const close = masked(['88 02', hex('03 e8')])

  test.each(['Content-Length: 8', 'Transfer-Encoding: chunked'])(
    'upgrade with %s is refused with 400, and its body is no frame',
    async line => {
      const answer = await answerTo(Buffer.concat([Buffer.from(withHeader(line)), message]))
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(answer).toContain('The opening handshake has no body, got the header')
      expect(answer).not.toContain('echo')
    },
  )

  test('gets the 100 that it waits for before the 101 (RFC 9110 §7.8)', async () => {
    const answer = await answerTo(withHeader('Expect: 100-continue'), 'open')
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 101 /)
  })

  test('has its upgrade, message and close frame in one packet answered in this order', async () => {
    const answer = await answerTo(Buffer.concat([Buffer.from(rawRequest()), message, close]))
    expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toBe(bothAnswers)
  })

  test('still gets what open sends when its upgrade and close frame come in one packet', async () => {
    const answer = await answerTo(Buffer.concat([Buffer.from(rawRequest()), close]))
    expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toBe('\x81\x04open\x88\x02\x03\xe8')
  })

  const behindEarlier = test.each([
    ['opens', '/', [101]],
    ['is refused', '/nowhere', [404]],
  ])
  // A server without pages closes after its first answer.
  if (way === 'attach')
    behindEarlier('upgrade behind an earlier one %s after the answer to that', async (_, path, last) => {
      const earlier = 'GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n'
      const bytes = Buffer.concat([Buffer.from(earlier + earlier + rawRequest(path)), message, close])
      const answer = await answerTo(bytes)
      const statuses = Array.from(answer.matchAll(/HTTP\/1\.1 (\d+)/g), it => Number(it[1]))
      expect(statuses).toEqual([200, 200, ...last])
      if (path === '/') expect(answer.endsWith(`\r\n\r\n${bothAnswers}`)).toBe(true)
    })
})

test('An upgrade behind a request that is never answered does not wait for ever', async () => {
  const http = createHttpServer(() => {})
  const server = createServer({ handshakeTimeoutMs: 20 }).route('/', {})
  running.push(server)
  server.attach(http)
  const client = openTcp(await listenHttp(http))
  client.once('end', () => client.destroy())
  client.write(`GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n${rawRequest()}`)
  await closed(client)
})

describe('A request to upgrade to something else', () => {
  test.each([
    ['with its length', 'Content-Length: 4\r\n\r\nbody'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n'],
  ])('keeps its body, %s, and its connection', async (_, rest) => {
    const http = createHttpServer(async (request, response) => {
      const { upgrade, connection } = request.headers
      let body = ''
      for await (const chunk of request) body += chunk
      response.end(JSON.stringify({ upgrade, connection, body }))
    })
    const server = createServer().route('/', {})
    running.push(server)
    server.attach(http)
    const client = openTcp(await listenHttp(http))
    let received = ''
    client.on('data', chunk => {
      received += chunk
    })
    client.once('end', () => client.destroy())
    const head = 'POST /page HTTP/1.1\r\nHost: localhost\r\nConnection: close, Upgrade, HTTP2-Settings\r\n'
    client.write(`${head}Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n${rest}`)
    await closed(client)
    expect(received).toMatch(/{"connection":"close","body":"body"}$/)
  })

  test('that waits for a 100 before its body gets it', async () => {
    const http = createHttpServer((request, response) => void request.pipe(response))
    const server = createServer().route('/', {})
    running.push(server)
    server.attach(http)
    const client = openTcp(await listenHttp(http))
    let received = ''
    client.on('data', chunk => {
      received += chunk
      if (received === 'HTTP/1.1 100 Continue\r\n\r\n') client.write('body')
      if (received.includes('body')) client.destroy()
    })
    client.once('end', () => client.destroy())
    const head = 'POST /page HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n'
    client.write(`${head}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`)
    await closed(client)
    expect(received).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/)
  })
})

describe('Other upgrade listeners', () => {
  const handler = { message: (socket: { send(data: string): boolean }) => void socket.send('answer') }

  test('that were there before us and answer at once are detected, and their answer stays the only one', async () => {
    const errors: unknown[] = []
    const http = createHttpServer()
    http.on('upgrade', function eagerListener(_, socket) {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    })
    const server = createServer({ onError: error => void errors.push(error) }).route('/', handler)
    running.push(server)
    server.attach(http)
    const client = openTcp(await listenHttp(http))
    let received = ''
    client.on('data', chunk => {
      received += chunk
    })
    client.write(rawRequest())
    await expect.poll(() => errors).toEqual([expect.objectContaining({ code: 'BW_UPGRADE_ANSWERED_TWICE' })])
    expect(String(errors[0])).toContain('eagerListener')
    await expect.poll(() => received).toBe('HTTP/1.1 101 Switching Protocols\r\n\r\n')
  })

  test('that answer long after us are named when the connection ends', async () => {
    const errors: unknown[] = []
    const http = createHttpServer()
    const server = createServer({ onError: error => void errors.push(error) }).route('/', handler)
    running.push(server)
    server.attach(http)
    const answered = new Promise<void>(resolve => {
      http.on('upgrade', function slowListener(_, socket) {
        setTimeout(() => socket.write('HTTP/1.1 401 Unauthorized\r\n\r\n', () => resolve()), 50)
      })
    })
    const client = await connect(`ws://127.0.0.1:${await listenHttp(http)}`)
    await answered
    await client.closed
    await expect.poll(() => errors).toEqual([expect.objectContaining({ code: 'BW_UPGRADE_ANSWERED_TWICE' })])
  })

  test('that leave our paths alone are not accused, however the connection ends', async () => {
    const errors: unknown[] = []
    const http = createHttpServer()
    http.on('upgrade', () => {})
    const server = createServer({ onError: error => void errors.push(error) }).route('/', {
      message: socket => {
        socket.send('x'.repeat(5_000_000))
        socket.terminate()
      },
    })
    running.push(server)
    server.attach(http)
    const client = await connect(`ws://127.0.0.1:${await listenHttp(http)}`)
    client.connection.send('go')
    await client.closed
    await expect.poll(() => server.sockets.size).toBe(0)
    expect(errors).toEqual([])
  })
})

describe('onError', () => {
  test('A handler, a drain and an onError that fail do not reach the process', async () => {
    const server = createServer({
      highWaterMarkBytes: 10,
      onError: () => {
        throw new Error('onError itself')
      },
    }).route('/', {
      open: socket => void socket.send('x'.repeat(1_000)),
      drain: async () => {
        throw new Error('drain')
      },
    })
    running.push(server)
    const { url } = await server.listen()
    const disconnect = await (await connect(url)).closed
    expect(disconnect.code).toBe(1011)
  })

  test('An authenticate that fails, with an onError that does, still gets its answer', async () => {
    const server = createServer({
      authenticate: () => {
        throw new Error('authenticate')
      },
      onError: async () => {
        throw new Error('onError itself')
      },
    }).route('/', {})
    running.push(server)
    const { url } = await server.listen()
    expect((await refusalOf(url)).status).toBe(500)
  })
})

test('Times without end are times without end, not none', async () => {
  const server = createServer({
    handshakeTimeoutMs: Number.POSITIVE_INFINITY,
    authenticate: async () => {
      await new Promise(resolve => setTimeout(resolve, 20))
      return true
    },
  }).route('/', {})
  running.push(server)
  const { url } = await server.listen()
  const client = await connect(url)
  const closed = server.close({ timeoutMs: Number.POSITIVE_INFINITY })
  expect((await client.closed).code).toBe(1001)
  await closed
})
