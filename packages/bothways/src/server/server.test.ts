import { once } from 'node:events'
import { createServer as createHttpServer, get, type Server as HttpServer } from 'node:http'
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net'
import { concat } from '@bothways/test-support/bytes'
import { framesTo } from '@bothways/test-support/raw-frame'
import { connect, refusalOf } from '@bothways/test-support/test-client'
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest'
import { refuse } from '../opening/refusals.ts'
import { createServer, type Server } from './server.ts'
import type { ServerSocket, SocketHandlers } from './server-socket.ts'

const running: { close(): unknown }[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.close()
})

async function listen<User>(server: Server<User>): Promise<string> {
  running.push(server)
  const { url } = await server.listen()
  return url.slice(0, -1)
}

/** A promise that is settled from outside. */
function deferred<Value = void>() {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}

const echo = {
  message: (socket: ServerSocket<never>, message: string | Buffer) => {
    socket.send(message)
  },
}

describe('Routes and subprotocols', () => {
  test('A route echoes text and bytes', async () => {
    const url = await listen(createServer().route('/echo', echo))
    const client = await connect(`${url}/echo`)
    client.connection.send('文字')
    client.connection.send(Buffer.from([1, 2]))
    expect(await client.next()).toBe('文字')
    expect(await client.next()).toEqual(Buffer.from([1, 2]))
  })

  test('The exact path goes before the longest prefix, and the query does not matter', async () => {
    const name = (text: string) => ({ open: (socket: ServerSocket) => void socket.send(text) })
    const server = createServer()
      .route('/*', name('all'))
      .route('/a/*', name('below a'))
      .route('/a/b', name('b'))
    const url = await listen(server)
    expect(await (await connect(`${url}/a/b?x=1`)).next()).toBe('b')
    expect(await (await connect(`${url}/a/c`)).next()).toBe('below a')
    expect(await (await connect(`${url}/c`)).next()).toBe('all')
  })

  test('A path without a route is refused with 404 and a reason', async () => {
    const url = await listen(createServer().route('/echo', echo))
    const refusal = await refusalOf(`${url}/ehco`)
    expect(refusal).toMatchObject({ status: 404 })
    expect(refusal.body).toContain('No WebSocket is served at this path')
  })

  test('The server chooses the subprotocol by its own preference, each with its own handlers', async () => {
    const speak = (text: string) => ({ open: (socket: ServerSocket) => void socket.send(text) })
    const server = createServer().route('/', { protocols: { v2: speak('two'), v1: speak('one') } })
    const url = await listen(server)
    const both = await connect(url, { headers: { 'Sec-WebSocket-Protocol': 'v1, v2' } })
    expect(both.answer.headers['sec-websocket-protocol']).toBe('v2')
    expect(await both.next()).toBe('two')
    const old = await connect(url, { headers: { 'Sec-WebSocket-Protocol': 'v1' } })
    expect(await old.next()).toBe('one')
    const none = await refusalOf(url, { headers: { 'Sec-WebSocket-Protocol': 'v3' } })
    expect(none).toMatchObject({ status: 400 })
    expect(none.body).toBe('This path speaks the subprotocols v2, v1; offered were v3.')
    expect((await refusalOf(url)).status).toBe(400)
  })

  test("With protocols 'any' the client's first is taken", async () => {
    const url = await listen(createServer().route('/', { ...echo, protocols: 'any' }))
    const client = await connect(url, { headers: { 'Sec-WebSocket-Protocol': 'b, a' } })
    expect(client.answer.headers['sec-websocket-protocol']).toBe('b')
    expect((await connect(url)).answer.headers['sec-websocket-protocol']).toBeUndefined()
  })

  test('An ordinary HTTP request learns that this is a WebSocket server', async () => {
    const url = await listen(createServer().route('/', echo))
    const response = await fetch(url.replace('ws:', 'http:'))
    expect(response.status).toBe(426)
    expect(response.headers.get('upgrade')).toBe('websocket')
    expect(await response.text()).toContain('proxy_set_header')
  })
})

describe('Origins', () => {
  test.each([
    ['its own page', {}, undefined, 101],
    ['a foreign page', {}, 'https://evil.example', 403],
    ['a listed page', { origins: ['https://example.com'] }, 'https://example.com', 101],
    ['a page of a file', {}, 'null', 403],
    ['a listed page of a file', { origins: ['null'] }, 'null', 101],
    ['any page', { origins: '*' as const }, 'https://evil.example', 101],
  ])('The origin of %s is judged by the options %o', async (_, options, origin, status) => {
    const url = await listen(createServer(options).route('/', echo))
    const headers = { Origin: origin ?? url.replace('ws:', 'http:') }
    const result =
      status === 101 ? (await connect(url, { headers })).answer : await refusalOf(url, { headers })
    expect(result.status).toBe(status)
  })

  test('Behind a proxy that ends TLS the same origin is still the same', async () => {
    const url = await listen(createServer().route('/', echo))
    const headers = { Origin: 'https://my.site', Host: 'my.site' }
    expect((await connect(url, { headers })).answer.status).toBe(101)
  })

  test('A client without Origin is accepted unless missingOrigin says otherwise', async () => {
    const open = await listen(createServer().route('/', echo))
    expect((await connect(open)).answer.status).toBe(101)
    const strict = await listen(createServer({ missingOrigin: 'refuse' }).route('/', echo))
    expect((await refusalOf(strict)).status).toBe(403)
  })

  test('A trusted proxy says who the client is and which host it asked for; others are not believed', async () => {
    const forwarded = {
      'X-Forwarded-For': '203.0.113.9, 10.1.1.1',
      'X-Forwarded-Host': 'my.site',
      'X-Forwarded-Proto': 'https',
      Origin: 'https://my.site',
    }
    const tell = {
      open: (socket: ServerSocket) => {
        socket.send(`${socket.remoteAddress} ${socket.request.url.href}`)
      },
    }
    const trusting = await listen(
      createServer({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'] }).route('/', tell),
    )
    const client = await connect(trusting, { headers: forwarded })
    expect(await client.next()).toBe('203.0.113.9 wss://my.site/')
    const distrusting = await listen(createServer({ origins: '*' }).route('/', tell))
    expect(await (await connect(distrusting, { headers: forwarded })).next()).toContain('127.0.0.1 ws://')
  })
})

describe('authenticate', () => {
  test('Its result is the typed user of the socket', async () => {
    const server = createServer({
      authenticate: async request => {
        await new Promise(resolve => setImmediate(resolve))
        return { name: request.url.searchParams.get('name') ?? 'nobody' }
      },
    }).route('/', {
      open(socket) {
        expectTypeOf(socket.user).toEqualTypeOf<{ name: string }>()
        socket.send(socket.user.name)
      },
    })
    const url = await listen(server)
    expect(await (await connect(`${url}/?name=李四`)).next()).toBe('李四')
  })

  test.each([
    [
      'refuse',
      () => {
        throw refuse(401, 'Sign in.', { 'WWW-Authenticate': 'Bearer' })
      },
      401,
      'Sign in.',
    ],
    ['undefined', () => undefined, 403, 'does not know who you are'],
    ['null', async () => null, 403, 'does not know who you are'],
    [
      'a failure',
      async () => {
        throw new Error('database password is hunter2')
      },
      500,
      'The server failed',
    ],
  ])('The connection is refused by %s', async (_, authenticate, status, text) => {
    const url = await listen(createServer({ authenticate, onError: () => {} }).route('/', echo))
    const refusal = await refusalOf(url)
    expect(refusal.status).toBe(status)
    expect(refusal.body).toContain(text)
    expect(refusal.body).not.toContain('hunter2')
  })

  test('What the client sends meanwhile is neither lost nor reordered', async () => {
    const gate = deferred()
    const server = createServer({
      authenticate: async () => {
        await gate.promise
        return { name: 'late' }
      },
    }).route('/', echo)
    const url = await listen(server)
    // Two masked text frames, "1" and "2", with a masking key of zeros, in three writes.
    const early = Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x31, 0x81, 0x81, 0, 0, 0, 0, 0x32])
    const pending = connect(url, { early })
    await new Promise(resolve => setImmediate(resolve))
    gate.resolve()
    const client = await pending
    client.connection.send('3')
    expect([await client.next(), await client.next(), await client.next()]).toEqual(['1', '2', '3'])
  })

  test('A client that leaves meanwhile frees its place and disturbs nobody', async () => {
    const asked = deferred<AbortSignal>()
    const errors: unknown[] = []
    const server = createServer({
      maxConnections: 1,
      onError: error => void errors.push(error),
      authenticate: request => {
        if (request.url.pathname === '/next') return true
        asked.resolve(request.signal)
        return new Promise<boolean>(resolve => request.signal.addEventListener('abort', () => resolve(true)))
      },
    }).route('/*', echo)
    const url = await listen(server)
    const sockets: Socket[] = []
    const leaving = get(url.replace('ws:', 'http:'), {
      headers: {
        Upgrade: 'websocket',
        Connection: 'Upgrade',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
    })
    leaving.on('error', () => {})
    leaving.on('socket', socket => void sockets.push(socket as Socket))
    const signal = await asked.promise
    expect((await refusalOf(`${url}/next`)).status).toBe(503)
    sockets[0]?.resetAndDestroy()
    await once(signal, 'abort')
    expect((await connect(`${url}/next`)).answer.status).toBe(101)
    expect(errors).toEqual([])
  })

  test('An authenticate that takes too long is refused with 503', async () => {
    const authenticate = () => new Promise<boolean>(() => {})
    const url = await listen(createServer({ authenticate, handshakeTimeoutMs: 20 }).route('/', echo))
    const refusal = await refusalOf(url)
    expect(refusal.status).toBe(503)
    expect(refusal.body).toContain('handshakeTimeoutMs')
  })
})

describe('Limits', () => {
  test('One connection too many is refused with 503, and let in when another has gone', async () => {
    const url = await listen(createServer({ maxConnections: 1 }).route('/', echo))
    const first = await connect(url)
    const refusal = await refusalOf(url)
    expect(refusal).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
    expect(refusal.body).toContain('maxConnections')
    first.connection.close(1000)
    await first.closed
    await expect.poll(async () => (await connect(url)).answer.status).toBe(101)
  })

  test('One connection too many of an address is refused with 429', async () => {
    const url = await listen(createServer({ maxConnectionsPerAddress: 1 }).route('/', echo))
    await connect(url)
    expect((await refusalOf(url)).status).toBe(429)
  })

  test('A message over the limit closes with 1009 and names the size, the limit and the option', async () => {
    const url = await listen(createServer({ maxMessageBytes: 10 }).route('/', echo))
    const client = await connect(url)
    client.connection.send('12345678901')
    expect((await client.closed).received).toEqual({
      code: 1009,
      reason: 'Message of 11 bytes is over the limit of 10 (option maxMessageBytes).',
    })
  })

  test('A client that connects and says nothing is let go after the handshake timeout', async () => {
    const url = await listen(createServer({ handshakeTimeoutMs: 100 }).route('/', echo))
    const { hostname, port } = new URL(url)
    const { connect: connectTcp } = await import('node:net')
    const socket = connectTcp(Number(port), hostname)
    socket.resume()
    await once(socket, 'close')
  })
})

describe('Sockets', () => {
  test('Handlers of one socket run in order, whatever each of them awaits', async () => {
    const seen: string[] = []
    const done = deferred()
    const pause = (turns: number) =>
      Array.from({ length: turns }).reduce<Promise<unknown>>(
        before => before.then(() => new Promise(resolve => setImmediate(resolve))),
        Promise.resolve(),
      )
    const url = await listen(
      createServer().route('/', {
        async open() {
          await pause(5)
          seen.push('open')
        },
        async message(_, message) {
          await pause(3 - Number(message))
          seen.push(String(message))
        },
        close() {
          seen.push('close')
          done.resolve()
        },
      }),
    )
    const client = await connect(url)
    for (const text of ['0', '1', '2']) client.connection.send(text)
    client.connection.close(1000)
    await done.promise
    expect(seen).toEqual(['open', '0', '1', '2', 'close'])
  })

  test('A handler that is attached late still gets the first message', async () => {
    const sockets: ServerSocket[] = []
    const url = await listen(createServer().route('/', { open: socket => void sockets.push(socket) }))
    const client = await connect(url)
    for (let count = 0; count < 1_000; count++) client.connection.send(`${count}`)
    client.connection.send('x'.repeat(1_000_000))
    await expect.poll(() => sockets[0]?.bytesReceived).toBeGreaterThan(1_000)
    const got: unknown[] = []
    const all = deferred()
    sockets[0]?.handle({
      message(_, message) {
        got.push(message)
        if (got.length === 1_001) all.resolve()
      },
    })
    await all.promise
    expect(got.slice(0, 1_000)).toEqual(Array.from({ length: 1_000 }, (_, at) => `${at}`))
  })

  test('for await gets every message in order and ends with the connection', async () => {
    const seen: unknown[] = []
    const ended = deferred()
    const url = await listen(
      createServer().route('/', {
        async open(socket) {
          for await (const message of socket) {
            seen.push(message)
            if (message === 'first') break
          }
          for await (const message of socket) seen.push(message)
          ended.resolve()
        },
      }),
    )
    const client = await connect(url)
    for (const text of ['first', 'second', 'third']) client.connection.send(text)
    client.connection.close(1000)
    await ended.promise
    expect(seen).toEqual(['first', 'second', 'third'])
  })

  test('A client that leaves while nobody reads is found gone', async () => {
    const server = createServer({ keepalive: { intervalMs: 50, timeoutMs: 50 } }).route('/', {
      open: () => {},
    })
    const client = await connect(await listen(server))
    for (let count = 0; count < 40; count++) client.connection.send('x'.repeat(10_000))
    await expect.poll(() => [...server.sockets][0]?.bytesReceived).toBeGreaterThan(70_000)
    client.connection.terminate()
    await expect.poll(() => server.sockets.size).toBe(0)
  })

  test('A reader that stops makes the client wait instead of filling memory', async () => {
    const opened = deferred<ServerSocket>()
    const url = await listen(createServer().route('/', { open: opened.resolve }))
    const client = await connect(url)
    const socket = await opened.promise
    const payload = Buffer.alloc(64 * 1024)
    for (let count = 0; count < 300; count++) client.connection.send(payload)
    await expect.poll(() => socket.bytesReceived).toBeGreaterThan(64 * 1024)
    expect(socket.bytesReceived).toBeLessThan(10 * 1024 * 1024)
    let count = 0
    for await (const message of socket) {
      expect(message).toHaveLength(64 * 1024)
      if (++count === 300) break
    }
  })

  test('A handler that throws closes with 1011 and keeps its words to itself', async () => {
    const errors: unknown[] = []
    const url = await listen(
      createServer({ onError: error => void errors.push(error) }).route('/', {
        async message() {
          throw new Error('secret')
        },
      }),
    )
    const client = await connect(url)
    client.connection.send('boom')
    expect((await client.closed).received).toEqual({ code: 1011, reason: 'The server failed.' })
    expect(errors).toEqual([expect.objectContaining({ message: 'secret' })])
  })

  const failures: readonly (readonly [string, () => SocketHandlers<undefined>])[] = [
    [
      'message that throws',
      () => ({
        message() {
          throw new Error('bug')
        },
      }),
    ],
    ['message that rejects at once', () => ({ message: async () => Promise.reject(new Error('bug')) })],
    [
      'message that rejects later',
      () => ({
        message: () => new Promise((_, reject) => setImmediate(() => reject(new Error('bug')))),
      }),
    ],
    [
      'open that throws',
      () => ({
        open() {
          throw new Error('bug')
        },
        message() {},
      }),
    ],
    ['open that rejects', () => ({ open: async () => Promise.reject(new Error('bug')), message() {} })],
  ]

  test.each(failures)(
    'After a failure nothing is delivered, it is told once and TCP ends: %s',
    async (_, make) => {
      const errors: unknown[] = []
      const calls: string[] = []
      const handlers = make()
      const server = createServer({ onError: error => void errors.push(error) }).route('/', {
        ...handlers,
        message(socket, message) {
          calls.push('message')
          return handlers.message?.(socket, message)
        },
        close: (_socket, code) => void calls.push(`close ${code}`),
      })
      const url = await listen(server)
      const peer = connectTcp(Number(new URL(url).port), '127.0.0.1')
      const frames = concat(Array.from({ length: 5_000 }, () => framesTo('server', [['81 02', '{}']])))
      peer.write(
        'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      )
      await once(peer, 'readable')
      // It never answers the close frame, and goes on sending until it sees the end of TCP.
      peer.write(frames)
      const received: Buffer[] = []
      peer.on('data', chunk => received.push(chunk))
      await once(peer, 'end')
      await expect.poll(() => server.sockets.size).toBe(0)
      expect(errors).toEqual([expect.objectContaining({ message: 'bug' })])
      expect(calls.filter(it => it === 'message').length).toBeLessThanOrEqual(1)
      expect(calls.at(-1)).toBe('close 1006')
      expect(Buffer.concat(received).toString('latin1')).toContain('\x88\x14\x03\xf3The server failed.')
      // Messages that wait for an asynchronous handler are bounded, and no more are read.
      expect(server.counts.messagesReceived).toBeLessThan(1_100)
    },
  )

  test('A handler that closes and then fails is called no more; the close handshake goes its way', async () => {
    const errors: unknown[] = []
    let calls = 0
    const url = await listen(
      createServer({ onError: error => void errors.push(error) }).route('/', {
        message(socket) {
          calls++
          socket.close(4000, 'enough')
          throw new Error('bug')
        },
      }),
    )
    const client = await connect(url)
    for (let count = 0; count < 100; count++) client.connection.send('x')
    expect(await client.closed).toMatchObject({ code: 4000, reason: 'enough', wasClean: true })
    expect([calls, errors.length]).toEqual([1, 1])
  })

  test('After terminate a socket is closing, takes nothing and is given nothing', async () => {
    const seen: unknown[] = []
    const url = await listen(
      createServer().route('/', {
        message(socket, message) {
          socket.terminate()
          seen.push(message, socket.readyState, socket.send('late'))
        },
        close: (socket, code) => void seen.push('closed', socket.readyState, code),
      }),
    )
    const client = await connect(url)
    for (const message of ['a', 'b', 'c']) client.connection.send(message)
    expect((await client.closed).code).toBe(1006)
    await expect.poll(() => seen).toEqual(['a', 2, false, 'closed', 3, 1006])
  })

  test('Topics reach every subscriber but the publisher, and a closed one no more', async () => {
    const server = createServer()
    const url = await listen(
      server.route('/', {
        open: socket => socket.subscribe('room'),
        message: (socket, message) => void socket.publish('room', message),
      }),
    )
    const [a, b, c] = [await connect(url), await connect(url), await connect(url)]
    a.connection.send('from a')
    expect(await b.next()).toBe('from a')
    expect(await c.next()).toBe('from a')
    c.connection.close(1000)
    await c.closed
    await expect.poll(() => server.publish('room', 'to all')).toBe(2)
    expect(await a.next()).toBe('to all')
  })

  test('The server counts what it does', async () => {
    const server = createServer()
    const url = await listen(
      server.route('/', {
        open: socket => socket.subscribe('all'),
        message: (socket, message) => {
          socket.send(message)
          server.publish('all', 'news')
        },
      }),
    )
    const client = await connect(url)
    await connect(url)
    client.connection.send('文字')
    expect([await client.next(), await client.next()]).toEqual(['文字', 'news'])
    await expect(connect(`${url}/nowhere`)).rejects.toThrow('404')
    expect(server.counts).toEqual({
      connections: 2,
      refusals: 1,
      refusalsByCode: { BW_NO_ROUTE: 1 },
      violations: 0,
      violationsByCode: {},
      descriptorShortages: 0,
      messagesReceived: 1,
      bytesReceived: 6,
      messagesSent: 3,
      bytesSent: 14,
    })
  })

  test('Wrong calls fail with an error that says what to do', async () => {
    const opened = deferred<ServerSocket>()
    const url = await listen(createServer().route('/', { open: opened.resolve, message() {} }))
    await connect(url)
    const socket = await opened.promise
    expect(() => socket.send({ a: 1 } as never)).toThrow('JSON.stringify')
    expect(() => socket.publish('topic', new Blob(['x']) as never)).toThrow('arrayBuffer')
    expect(() => socket.close(1006)).toThrow('may not be sent')
    expect(() => socket.close(1000, 'x'.repeat(124))).toThrow('123 bytes')
    expect(() => socket[Symbol.asyncIterator]()).toThrow('message handler')
    expect(() => createServer({ maxMesageBytes: 1 } as never)).toThrow('did you mean maxMessageBytes?')
    expect(() => createServer({ maxMessageBytes: -1 })).toThrow('maxMessageBytes')
    expect(() => createServer().route('chat', {})).toThrow("got 'chat'")
  })
})

describe('Draining', () => {
  test('close tells every client 1001, refuses new ones, and resolves when all have gone', async () => {
    const server = createServer().route('/', echo)
    const url = await listen(server)
    const clients = [await connect(url), await connect(url)]
    const closed = server.close({ reason: 'deploy' })
    for (const client of clients) {
      expect(await client.closed).toMatchObject({ code: 1001, reason: 'deploy', wasClean: true })
    }
    await closed
    expect(server.sockets.size).toBe(0)
    await expect(connect(url)).rejects.toThrow('ECONNREFUSED')
  })

  test('A client that does not answer is cut off after timeoutMs', async () => {
    const server = createServer({ closeTimeoutMs: 60_000 }).route('/', echo)
    const url = await listen(server)
    const client = await connect(url)
    client.connection.pause()
    await server.close({ timeoutMs: 50 })
  })

  test('close waits for the handlers that still run, and for those of close', async () => {
    const steps: string[] = []
    const started = deferred()
    const turn = () => new Promise(resolve => setTimeout(resolve, 20))
    const server = createServer().route('/', {
      message: async () => {
        steps.push('message')
        started.resolve()
        await turn()
        steps.push('message ended')
      },
      close: async () => {
        await turn()
        steps.push('close ended')
      },
    })
    const client = await connect(await listen(server))
    client.connection.send('x')
    await started.promise
    await server.close()
    expect(steps).toEqual(['message', 'message ended', 'close ended'])
  })

  test('A handler or an authenticate that never ends is not waited for after timeoutMs', async () => {
    const never = new Promise<never>(() => {})
    const asked = deferred()
    const server = createServer({
      authenticate: request => {
        if (request.path === '/handler') return true
        asked.resolve()
        return never
      },
    }).route('/*', { open: () => never })
    const url = await listen(server)
    await connect(`${url}/handler`)
    const refused = connect(url).catch(String)
    await asked.promise
    await server.close({ timeoutMs: 50 })
    expect(await refused).toContain('Error')
  })

  test('A client that was refused and does not leave is cut off after timeoutMs', async () => {
    const server = createServer().route('/', echo)
    const { port } = new URL(await listen(server))
    const client = connectTcp({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
    client.on('error', () => {})
    client.write('GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await once(client, 'data')
    const startedAt = performance.now()
    await server.close({ timeoutMs: 50 })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    client.destroy()
  })

  test('A server that was closed stays closed, also when it was about to listen', async () => {
    const server = createServer()
    const listening = server.listen({ host: 'localhost' })
    const closed = server.close()
    await expect(listening).rejects.toMatchObject({ code: 'BW_SERVER_CLOSED' })
    await closed
    await expect(server.listen()).rejects.toThrow('make another one')
  })
})

describe('Beside an HTTP server', () => {
  async function listenHttp(http: HttpServer): Promise<string> {
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    running.push({
      close: () => {
        http.closeAllConnections()
        http.close()
      },
    })
    return `ws://127.0.0.1:${(http.address() as AddressInfo).port}`
  }

  test('Its routes, and the upgrades of its other listeners, stay what they are', async () => {
    const http = createHttpServer((_, response) => response.end('page'))
    http.on('upgrade', (request, socket) => {
      if (request.url !== '/theirs') return
      socket.end('HTTP/1.1 418 I am a teapot\r\nConnection: close\r\n\r\n')
    })
    const server = createServer({ handshakeTimeoutMs: 100 }).route('/ours', echo)
    running.push(server)
    server.attach(http)
    const url = await listenHttp(http)
    expect(await (await fetch(url.replace('ws:', 'http:'))).text()).toBe('page')
    const client = await connect(`${url}/ours`)
    client.connection.send('hello')
    expect(await client.next()).toBe('hello')
    expect((await refusalOf(`${url}/theirs`)).status).toBe(418)
    // Nobody claims this one: it is answered all the same, once nobody else has.
    expect((await refusalOf(`${url}/nobodys`)).status).toBe(404)
  })

  test('A second writer on a route of ours is detected and named', async () => {
    const errors: unknown[] = []
    const http = createHttpServer()
    const server = createServer({ onError: error => void errors.push(error) }).route('/', echo)
    running.push(server)
    server.attach(http)
    http.on('upgrade', function rudeListener(_, socket) {
      setImmediate(() => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    })
    const url = await listenHttp(http)
    const client = await connect(url)
    await client.closed
    expect(errors).toEqual([expect.objectContaining({ code: 'BW_UPGRADE_ANSWERED_TWICE' })])
    expect(String(errors[0])).toContain('rudeListener')
  })

  test('A request to upgrade to something else is an ordinary request', async () => {
    const http = createHttpServer((request, response) => response.end(`served ${request.url}`))
    const server = createServer().route('/', echo)
    running.push(server)
    server.attach(http)
    const url = await listenHttp(http)
    const request = get(`${url.replace('ws:', 'http:')}/page`, {
      headers: { Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings' },
    })
    const [response] = await once(request, 'response')
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('served /page')
  })

  test.each(['at once', 'later'])(
    'Such a request pipelined behind others waits for their answers, which come %s',
    async when => {
      const http = createHttpServer((request, response) => {
        const answer = () => response.end(`served ${request.url}`)
        if (when === 'later') setTimeout(answer, 20)
        else answer()
      })
      // The client stays; the server is to end the connection soon.
      http.keepAliveTimeout = 50
      const server = createServer().route('/', echo)
      running.push(server)
      server.attach(http)
      const socket = connectTcp(Number(new URL(await listenHttp(http)).port), '127.0.0.1')
      const ordinary = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n`
      const upgrade = 'Connection: Upgrade\r\nUpgrade: h2c\r\n'
      socket.write(`${ordinary('/1')}\r\n${ordinary('/2')}\r\n${ordinary('/3')}${upgrade}\r\n`)
      let received = ''
      for await (const chunk of socket) received += chunk
      expect(received.match(/HTTP\/1.1 200|served \/\d/g)).toEqual([
        ...['HTTP/1.1 200', 'served /1', 'HTTP/1.1 200', 'served /2', 'HTTP/1.1 200', 'served /3'],
      ])
    },
  )

  test.each(['The client', 'The earlier answer'])(
    'Such a request pipelined behind another is nobody’s any more when the connection ends: %s ends it',
    async who => {
      const asked: (string | undefined)[] = []
      const http = createHttpServer((request, response) => {
        asked.push(request.url)
        if (who === 'The earlier answer') response.writeHead(200, { Connection: 'close' }).end()
      })
      const server = createServer().route('/', echo)
      running.push(server)
      server.attach(http)
      const port = Number(new URL(await listenHttp(http)).port)
      const closed = new Promise(resolve => {
        http.once('connection', stream => stream.once('close', resolve))
      })
      const socket = connectTcp(port, '127.0.0.1').resume()
      const ordinary = 'GET / HTTP/1.1\r\nHost: localhost\r\n'
      socket.write(`${ordinary}\r\n${ordinary}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`)
      await expect.poll(() => asked).toEqual(['/'])
      if (who === 'The client') socket.resetAndDestroy()
      await closed
      expect(asked).toEqual(['/'])
    },
  )

  test('detach gives the HTTP server back', async () => {
    const http = createHttpServer((_, response) => response.end('page'))
    const server = createServer().route('/', echo)
    const detach = server.attach(http)
    detach()
    expect(http.listenerCount('upgrade')).toBe(0)
  })
})
