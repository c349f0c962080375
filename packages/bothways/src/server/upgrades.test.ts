import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { connect, refusalOf } from '../../../../test/support/test-client.ts'
import { createServer } from './server.ts'

const running: { close(): unknown }[] = []
afterEach(async () => {
  for (const it of running.splice(0)) await it.close()
})

/** What a client writes that is not one of ours. */
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
  test('One that is refused and goes on sending is let go', async () => {
    const server = createServer().route('/', {})
    running.push(server)
    const { port } = await server.listen()
    const client = openTcp(port)
    client.write(rawRequest('/nowhere'))
    const sending = setInterval(() => client.write('x'), 50)
    running.unshift({ close: () => clearInterval(sending) })
    await closed(client)
  })

  test('One that half-closes during its handshake aborts authenticate and gets no socket', async () => {
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

describe('Other upgrade listeners', () => {
  const handler = { message: (socket: { send(data: string): boolean }) => void socket.send('answer') }

  test('One that was there before us and answers at once is detected, and its answer stays the only one', async () => {
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

  test('One that answers long after us is named when the connection ends', async () => {
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

  test('One that leaves our paths alone is not accused, however the connection ends', async () => {
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
