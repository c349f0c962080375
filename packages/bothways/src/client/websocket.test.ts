import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer, type ServerResponse } from 'node:http'
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net'
import { acceptKey, HandshakeError } from '@bothways/protocol'
import { endHostile, frame, hostile, switching } from '@bothways/test-support/hostile-server'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ConnectionClosedError } from '../connection/connection-closed-error.ts'
import type { ServerOptions } from '../server/options.ts'
import type { Route } from '../server/route.ts'
import { createServer } from '../server/server.ts'
import type { ClientOptions } from './client-options.ts'
import type { CloseEvent } from './close-event.ts'
import type { WebSocketErrorEvent } from './error-event.ts'
import { WebSocket } from './websocket.ts'

const cleanups: (() => unknown)[] = []
afterEach(endHostile)
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function serve(route: Route<undefined>, options: ServerOptions = {}): Promise<string> {
  const server = createServer(options).route('/*', route)
  cleanups.push(() => server.close({ timeoutMs: 100 }))
  return (await server.listen()).url
}

const echo: Route<undefined> = { protocols: 'any', message: (socket, message) => void socket.send(message) }

async function open(url: string, protocols?: string | string[], options?: ClientOptions): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols, options)
  socket.binaryType = 'arraybuffer'
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = event => reject(event.error)
  })
  return socket
}

const next = async (socket: WebSocket): Promise<unknown> =>
  ((await once(socket, 'message'))[0] as MessageEvent).data
const closed = async (socket: WebSocket): Promise<CloseEvent> =>
  (await once(socket, 'close'))[0] as CloseEvent

/** Everything that a socket tells until it is closed, in order. */
async function story(socket: WebSocket): Promise<string[]> {
  const told: string[] = []
  for (const type of ['open', 'message', 'error', 'close']) {
    socket.addEventListener(type, () => told.push(`${type} ${socket.readyState}`))
  }
  await closed(socket)
  return told
}

describe('The constructor', () => {
  test.each([
    ['ws://example.com', 'ws://example.com/'],
    ['http://example.com:8080/a?b', 'ws://example.com:8080/a?b'],
    ['https://example.com', 'wss://example.com/'],
    ['WSS://EXAMPLE.com:443/', 'wss://example.com/'],
  ])('turns %s into %s', (input, url) => {
    const socket = new WebSocket(input, [], { agent: neverConnecting(url.startsWith('wss:')) })
    expect(socket.url).toBe(url)
    expect(socket.readyState).toBe(WebSocket.CONNECTING)
    socket.close()
  })

  test.each([
    ['127.0.0.1:8080', 'is not a URL'],
    ['/path', 'is not a URL'],
    ['ftp://example.com', 'begins with ws: or wss:'],
    ['ws://example.com/#part', 'no fragment'],
    ['ws://example.com/#', 'no fragment'],
  ])('refuses %s with a SyntaxError', (url, message) => {
    expect(() => new WebSocket(url)).toThrow(
      expect.objectContaining({ name: 'SyntaxError', message: expect.stringContaining(message) }),
    )
  })

  test.each([[['a', 'a']], ['a b'], [['']], ['chat,v2']])('refuses the subprotocols %j', protocols => {
    expect(() => new WebSocket('ws://127.0.0.1', protocols)).toThrow(
      expect.objectContaining({ name: 'SyntaxError' }),
    )
  })

  test('needs a URL, and knows its options', () => {
    expect(() => Reflect.construct(WebSocket, [])).toThrow(TypeError)
    expect(() => new WebSocket('ws://127.0.0.1', [], { header: {} } as never)).toThrow(
      'did you mean headers?',
    )
    expect(() => new WebSocket('ws://127.0.0.1', [], { headers: { A: 'a\r\nb' } })).toThrow('header A')
  })

  test('has the constants of the standard, on the class and on its instances', () => {
    const socket = new WebSocket('ws://127.0.0.1', [], { agent: neverConnecting() })
    for (const [name, value] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 })) {
      expect(Reflect.get(WebSocket, name)).toBe(value)
      expect(Reflect.get(socket, name)).toBe(value)
      expect(Reflect.set(WebSocket, name, 9)).toBe(false)
    }
    expect(String(socket)).toBe('[object WebSocket]')
    expect(socket.binaryType).toBe('blob')
    socket.binaryType = 'nonsense' as never
    expect(socket.binaryType).toBe('blob')
    socket.close()
  })
})

/** An agent whose connections never come about. */
function neverConnecting(isTls = false): NonNullable<ClientOptions['agent']> {
  return { addRequest: () => {}, destroy: () => {}, protocol: isTls ? 'https:' : 'http:' } as never
}

describe('Messages', () => {
  test('that come in one piece with the answer to the handshake are heard by who has awaited open first', async () => {
    const { port } = await hostile((socket, key) =>
      socket.write(Buffer.concat([Buffer.from(switching(key)), frame('81', 'hi'), frame('81', 'ho')])),
    )
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
    const isOpen = async () => void (await once(socket, 'open'))
    await isOpen()
    const got: unknown[] = []
    socket.addEventListener('message', ({ data }) => got.push(data))
    await expect.poll(() => got).toEqual(['hi', 'ho'])
    socket.terminate()
  })

  test('Text, bytes, views, Blobs and anything else go out in order, and come back the same', async () => {
    const socket = await open(await serve(echo))
    const got: unknown[] = []
    socket.onmessage = event => got.push(event.data)
    socket.send('文字 \ud800')
    socket.send(new Blob(['blob']))
    socket.send(Uint8Array.of(1, 2).buffer)
    socket.send(new Uint8Array([9, 8, 7]).subarray(1))
    socket.send({ toString: () => 'object' } as never)
    await expect.poll(() => got.length).toBe(5)
    expect(got).toEqual([
      '文字 \ufffd',
      new TextEncoder().encode('blob').buffer,
      Uint8Array.of(1, 2).buffer,
      Uint8Array.of(8, 7).buffer,
      'object',
    ])
    socket.close()
    await closed(socket)
  })

  test('Binary messages are Blobs unless asked otherwise, and the event names the origin', async () => {
    const url = await serve(echo)
    const socket = await open(url)
    socket.binaryType = 'blob'
    socket.send(Uint8Array.of(1))
    const [event] = (await once(socket, 'message')) as [MessageEvent]
    expect(event.data).toBeInstanceOf(Blob)
    expect(event.origin).toBe(new URL(url).origin)
    socket.close()
    await closed(socket)
  })

  test('Sending before open throws InvalidStateError and says what to do', async () => {
    const socket = new WebSocket(await serve(echo))
    expect(() => socket.send('early')).toThrow(
      expect.objectContaining({ name: 'InvalidStateError', message: expect.stringContaining('open event') }),
    )
    await once(socket, 'open')
    socket.close()
    await closed(socket)
  })

  test('bufferedAmount counts payload bytes, falls to zero, and keeps what came too late', async () => {
    const socket = await open(await serve(echo), [], { compression: false })
    socket.send('文')
    socket.send(Uint8Array.of(1, 2))
    socket.send(new Blob(['1234']))
    expect(socket.bufferedAmount).toBe(9)
    await expect.poll(() => socket.bufferedAmount).toBe(0)
    socket.close()
    socket.send('late')
    expect(socket.bufferedAmount).toBe(4)
    await closed(socket)
    socket.send('later')
    expect(socket.bufferedAmount).toBe(9)
  })

  test('Messages that come after close() are not told', async () => {
    const socket = await open(
      await serve({ open: it => void it.send('hello'), message: echo.message as never }),
    )
    const told = story(socket)
    socket.send('unheard')
    socket.close()
    expect((await told).filter(event => event.startsWith('message 2'))).toEqual([])
  })
})

describe('Closing', () => {
  test('Code and reason travel, and the events come in order with the right states', async () => {
    const socket = new WebSocket(await serve({ message: (it, text) => it.close(4000, String(text)) }))
    const told = story(socket)
    socket.onopen = () => socket.send('再见')
    expect(await closed(socket)).toMatchObject({ code: 4000, reason: '再见', wasClean: true })
    expect(await told).toEqual(['open 1', 'close 3'])
    expect(socket.disconnect).toMatchObject({ by: 'peer', received: { code: 4000, reason: '再见' } })
  })

  test.each([
    [undefined, undefined, 1005],
    [1000, undefined, 1000],
    [3000.4, 'x', 3000],
    [undefined, 'only a reason', 1000],
  ])('close(%s, %s) is heard as %i', async (code, reason, heard) => {
    const codes: number[] = []
    const socket = await open(await serve({ message() {}, close: (_, it) => void codes.push(it) }))
    socket.close(code, reason)
    expect(socket.readyState).toBe(WebSocket.CLOSING)
    await closed(socket)
    await expect.poll(() => codes).toEqual([heard])
  })

  test.each([
    [1001, '', 'InvalidAccessError'],
    [999, '', 'InvalidAccessError'],
    [5000, '', 'InvalidAccessError'],
    [Number.NaN, '', 'InvalidAccessError'],
    [1000, '文'.repeat(42), 'SyntaxError'],
  ])('close(%s, …) throws %s', async (code, reason, name) => {
    const socket = new WebSocket('ws://127.0.0.1', [], { agent: neverConnecting() })
    expect(() => socket.close(code, reason)).toThrow(expect.objectContaining({ name }))
    expect(() => socket.close(1000, '文'.repeat(41))).not.toThrow()
  })

  test('close() while connecting fails: error, then close with 1006', async () => {
    const socket = new WebSocket(await serve(echo))
    const told = story(socket)
    socket.close()
    expect(socket.readyState).toBe(WebSocket.CLOSING)
    expect(await closed(socket)).toMatchObject({ code: 1006, wasClean: false })
    expect(await told).toEqual(['error 3', 'close 3'])
  })

  test('A connection that is cut tells an error that says so, then close with 1006', async () => {
    const socket = await open(await serve({ message: it => it.terminate() }))
    const told = story(socket)
    const failed = once(socket, 'error')
    socket.send('cut')
    const [event] = (await failed) as [WebSocketErrorEvent]
    expect(event.error).toBeInstanceOf(ConnectionClosedError)
    expect(await told).toEqual(['error 3', 'close 3'])
  })

  test('An aborted signal ends a connection and an attempt', async () => {
    const controller = new AbortController()
    const url = await serve(echo)
    const socket = await open(url, [], { signal: controller.signal })
    controller.abort()
    expect((await closed(socket)).code).toBe(1006)
    expect((await closed(new WebSocket(url, [], { signal: controller.signal }))).code).toBe(1006)
  })
})

describe('Event handler attributes', () => {
  test('A handler keeps its place when it is replaced, and null gives it up', async () => {
    const socket = new WebSocket(await serve(echo))
    const order: string[] = []
    socket.onopen = () => order.push('replaced')
    socket.addEventListener('open', () => order.push('listener'))
    socket.onopen = function (this: unknown) {
      order.push(this === socket ? 'handler' : 'wrong this')
    }
    socket.onclose = () => order.push('never')
    socket.onclose = null
    expect(socket.onclose).toBeNull()
    await once(socket, 'open')
    socket.close()
    await closed(socket)
    expect(order).toEqual(['handler', 'listener'])
  })
})

describe('The opening handshake', () => {
  async function answering(answer: (response: ServerResponse) => void): Promise<string> {
    return await listening(createHttpServer((_, response) => answer(response)))
  }

  async function answeringRaw(answer: (socket: Socket, key: string) => unknown): Promise<string> {
    return await listening(
      createTcpServer(socket => {
        socket.on('error', () => {})
        socket.once('data', data => answer(socket, /key: (.*)\r/i.exec(String(data))?.[1] ?? ''))
      }),
    )
  }

  /** The latest last. */
  const servers: (HttpServer | TcpServer)[] = []

  async function listening(server: HttpServer | TcpServer): Promise<string> {
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    server.listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  async function failure(
    url: string,
    protocols?: string[],
    options?: ClientOptions,
  ): Promise<HandshakeError> {
    const socket = new WebSocket(url, protocols, options)
    const failed = once(socket, 'error')
    const end = closed(socket)
    const [event] = (await failed) as [WebSocketErrorEvent]
    expect(event.message).toBe(event.error.message)
    expect(await end).toMatchObject({ code: 1006, reason: '', wasClean: false })
    expect(event.error).toBeInstanceOf(HandshakeError)
    return event.error as HandshakeError
  }

  const switching = (key: string, more = '') =>
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n${more}\r\n`

  test('It sends what it is told to, and tells what the server answered', async () => {
    const requests: unknown[] = []
    const url = await serve(
      {
        protocols: ['b'],
        open: socket => void requests.push(socket.request.headers),
      },
      { origins: ['https://example.com'] },
    )
    const { host } = new URL(url)
    const socket = await open(`ws://me:p%40ss@${host}/x?y`, ['a', 'b'], {
      headers: { 'X-One': '1', Cookie: ['a=1', 'b=2'] },
      origin: 'https://example.com',
    })
    expect(socket.protocol).toBe('b')
    expect(socket.handshake).toMatchObject({ status: 101, headers: { 'sec-websocket-protocol': 'b' } })
    expect(requests[0]).toMatchObject({
      host,
      'x-one': '1',
      cookie: 'a=1; b=2',
      origin: 'https://example.com',
      authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
      'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits',
    })
    socket.close()
    await closed(socket)
  })

  test.each([
    [200, 'because', 'HTTP route'],
    [302, 'because', 'location'],
    [401, 'because', 'credentials'],
    [403, 'Forbidden', 'rigin'],
    [403, 'because', 'It says: "because"'],
    [404, 'because', 'path'],
    [426, 'because', 'proxy'],
    [503, 'because', '503'],
  ])('An answer %i with %s is an error that names it and the likely cause', async (status, body, words) => {
    const url = await answering(response => {
      response.writeHead(status, { Location: 'http://elsewhere/', 'Content-Type': 'text/plain' }).end(body)
    })
    const error = await failure(url)
    expect(error.code).toBe('BW_STATUS_NOT_101')
    expect(error.answer).toMatchObject({ status, body, headers: { location: 'http://elsewhere/' } })
    expect(error.message).toContain(String(status))
    expect(error.message).toContain(words)
  })

  test('Of an endless body only the beginning is read', async () => {
    const url = await answering(response => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('x'.repeat(10_000)), 1)
      response.on('close', () => clearInterval(timer))
    })
    expect((await failure(url)).answer?.body).toHaveLength(1024)
  })

  test.each<[string, string, (socket: Socket, key: string) => void]>([
    ['a wrong accept key', 'BW_ACCEPT_WRONG', socket => socket.write(switching('wrong'))],
    [
      'no Upgrade header',
      'BW_UPGRADE_MISSING',
      (socket, key) => socket.end(switching(key).replace('Upgrade: websocket\r\n', '')),
    ],
    [
      'a subprotocol nobody offered',
      'BW_SUBPROTOCOL_NOT_OFFERED',
      (socket, key) => socket.write(switching(key, 'Sec-WebSocket-Protocol: x\r\n')),
    ],
    [
      'an extension nobody offered',
      'BW_EXTENSION_NOT_OFFERED',
      (socket, key) => socket.write(switching(key, 'Sec-WebSocket-Extensions: x\r\n')),
    ],
    [
      'an impossible window',
      'BW_EXTENSION_PARAMETERS_INVALID',
      (socket, key) =>
        socket.write(
          switching(key, 'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n'),
        ),
    ],
    ['no HTTP', 'BW_HANDSHAKE_CONNECTION_FAILED', socket => socket.write('SSH-2.0-OpenSSH\r\n')],
    ['nothing but FIN', 'BW_HANDSHAKE_CONNECTION_FAILED', socket => socket.end()],
    ['a reset', 'BW_HANDSHAKE_CONNECTION_FAILED', socket => socket.resetAndDestroy()],
    [
      'huge headers',
      'BW_HANDSHAKE_CONNECTION_FAILED',
      socket => socket.write(`HTTP/1.1 101 x\r\nA: ${'x'.repeat(100_000)}\r\n\r\n`),
    ],
  ])('A server that answers %s fails with %s', async (_, code, answer) => {
    expect((await failure(await answeringRaw(answer))).code).toBe(code)
  })

  test('A subprotocol that was asked for and not given fails, as the WHATWG standard says', async () => {
    const url = await answeringRaw((socket, key) => socket.write(switching(key)))
    expect((await failure(url, ['a'])).code).toBe('BW_SUBPROTOCOL_NOT_CHOSEN')
  })

  test('A server that never answers fails after handshakeTimeoutMs', async () => {
    const error = await failure(await answeringRaw(() => {}), [], { handshakeTimeoutMs: 50 })
    expect(error).toMatchObject({ code: 'BW_HANDSHAKE_TIMEOUT' })
  })

  test('A port where nothing listens fails with what to do', async () => {
    const error = await failure('ws://127.0.0.1:1/')
    expect(error.message).toContain('Nothing listens there')
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
  })

  describe.each([
    ['auto', '127.0.0.1'],
    ['auto', 'localhost'],
    ['stream', '127.0.0.1'],
  ] as const)('Over the transport %s, of %s, an answer', (transport, host) => {
    const frame = Buffer.from([0x81, 0x02, 0x68, 0x69])
    const pieces = async (socket: Socket, ...parts: readonly (string | Buffer)[]): Promise<void> => {
      for (const part of parts) await new Promise(resolve => socket.write(part, () => setTimeout(resolve, 2)))
    }

    test.each<[string, (socket: Socket, key: string) => unknown, Record<string, string | string[]>]>([
      ['as usual', (socket, key) => pieces(socket, switching(key), frame), {}],
      [
        'with a frame right behind',
        (socket, key) => pieces(socket, Buffer.concat([Buffer.from(switching(key)), frame])),
        {},
      ],
      [
        'in two pieces, with half a frame',
        (socket, key) =>
          pieces(
            socket,
            switching(key).slice(0, 30),
            Buffer.concat([Buffer.from(switching(key).slice(30)), frame.subarray(0, 3)]),
            'i',
          ),
        {},
      ],
      ['byte by byte', (socket, key) => pieces(socket, ...switching(key), frame), {}],
      [
        'with a header twice',
        (socket, key) => pieces(socket, switching(key, 'Set-Cookie: a\r\nSet-Cookie: b\r\n'), frame),
        { 'set-cookie': ['a', 'b'] },
      ],
      [
        'that says it has no body',
        (socket, key) => pieces(socket, switching(key, 'Content-Length: 0\r\n'), frame),
        { 'content-length': '0' },
      ],
      [
        'with a reason of its own',
        (socket, key) =>
          pieces(socket, switching(key).replace(/101 .*/, '101 Web Socket Protocol Handshake'), frame),
        {},
      ],
      [
        'without a reason',
        (socket, key) => pieces(socket, switching(key).replace(/101 .*/, '101 '), frame),
        {},
      ],
    ])('%s opens the connection', async (_, answer, headers) => {
      const url = await answeringRaw(answer)
      const socket = new WebSocket(url.replace('127.0.0.1', host), [], { transport, closeTimeoutMs: 50 })
      expect(await next(socket)).toBe('hi')
      expect(socket.handshake).toMatchObject({ status: 101, headers: { upgrade: 'websocket', ...headers } })
      socket.close()
      await closed(socket)
    })

    test('is asked for by the same bytes', async () => {
      const requests: string[] = []
      const server = createTcpServer(socket => {
        socket.once('data', bytes => {
          requests.push(String(bytes).replace(/(?<=Key: ).*/, 'key'))
          socket.destroy()
        })
      })
      cleanups.push(() => server.close())
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const { port } = server.address() as AddressInfo
      const headers = { Cookie: ['a=1', 'b=2'] }
      await failure(`ws://me:pass@${host}:${port}/a%20b?c`, ['x'], { transport, headers })
      expect(requests).toEqual([
        [
          'GET /a%20b?c HTTP/1.1',
          `Host: ${host}:${port}`,
          `Authorization: Basic ${Buffer.from('me:pass').toString('base64')}`,
          'Upgrade: websocket',
          'Connection: Upgrade',
          'Sec-WebSocket-Key: key',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Protocol: x',
          'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
          'Cookie: a=1',
          'Cookie: b=2',
          '\r\n',
        ].join('\r\n'),
      ])
    })

    test('opens a connection that sends small messages at once (TCP_NODELAY)', async () => {
      const url = await answeringRaw((socket, key) => pieces(socket, switching(key)))
      const handle = Object.getPrototypeOf(Reflect.get(servers.at(-1) as TcpServer, '_handle'))
      const setNoDelay = vi.spyOn(handle, 'setNoDelay')
      cleanups.push(() => setNoDelay.mockRestore())
      const socket = await open(url.replace('127.0.0.1', host), [], { transport })
      expect(setNoDelay.mock.calls).toEqual([[true]])
      socket.terminate()
      await closed(socket)
    })

    test.each<[string, (socket: WebSocket) => void, string[]]>([
      ['close()', socket => socket.close(), ['open', 'close 1006']],
      ['terminate()', socket => socket.terminate(), ['open', 'close 1006']],
    ])(
      'with frames behind it, and then %s in the open event: no message is told',
      async (_, end, expected) => {
        const url = await answeringRaw((socket, key) =>
          pieces(socket, Buffer.concat([Buffer.from(switching(key)), frame, frame]), frame),
        )
        const socket = new WebSocket(url.replace('127.0.0.1', host), [], { transport, closeTimeoutMs: 50 })
        const told: string[] = []
        socket.onmessage = () => told.push('message')
        socket.onopen = () => {
          told.push('open')
          end(socket)
        }
        socket.onclose = ({ code }: CloseEvent) => told.push(`close ${code}`)
        await closed(socket)
        expect(told).toEqual(expected)
      },
    )

    test('that does not come while TCP stands, or before it does, is waited for until close()', async () => {
      const url = await answeringRaw(() => {})
      for (const isEarly of [true, false]) {
        const socket = new WebSocket(url.replace('127.0.0.1', host), [], { transport })
        if (!isEarly) await once(servers.at(-1) as TcpServer, 'connection')
        const end = closed(socket)
        socket.close()
        expect((await end).code).toBe(1006)
      }
    })

    test.each<[string, (socket: Socket) => void, string]>([
      ['ends', socket => socket.end(), 'socket hang up'],
      ['resets', socket => socket.resetAndDestroy(), 'read ECONNRESET'],
    ])('that does not come, since the server %s, fails as with node:http', async (_, end, message) => {
      const error = await failure((await answeringRaw(end)).replace('127.0.0.1', host), [], { transport })
      expect(error.cause).toMatchObject({ message, code: 'ECONNRESET' })
    })
  })

  test.each(['127.0.0.1', '[::1]'])(
    'That nothing listens on %s is told in the words of node:net',
    async host => {
      const told: unknown[] = []
      for (const transport of ['auto', 'stream'] as const) {
        const { cause } = await failure(`ws://${host}:1/`, [], { transport })
        const { message, code, errno, syscall, address, port } = cause as NodeJS.ErrnoException & AddressInfo
        told.push({ message, code, errno, syscall, address, port })
      }
      expect(told[0]).toEqual(told[1])
    },
  )

  test('Frames right behind the answer are not lost, and illegal ones fail with their rule', async () => {
    const url = await answeringRaw((socket, key) => {
      const frames = Buffer.from([0x81, 0x02, 0x68, 0x69, 0x81, 0x81, 0, 0, 0, 0, 0x61])
      socket.write(Buffer.concat([Buffer.from(switching(key)), frames]))
    })
    const socket = new WebSocket(url, [], { closeTimeoutMs: 50 })
    const message = next(socket)
    const failed = once(socket, 'error')
    const end = closed(socket)
    expect(await message).toBe('hi')
    expect(((await failed)[0] as WebSocketErrorEvent).error).toMatchObject({ code: 'BW_MASKED_FRAME' })
    expect((await end).code).toBe(1006)
  })
})

test('ping measures, and pings and pongs can be listened to', async () => {
  const socket = new WebSocket(await serve({ open: it => void it.ping('from the server'), message() {} }))
  const [event] = (await once(socket, 'ping')) as [MessageEvent]
  expect(String(Buffer.from(event.data))).toBe('from the server')
  expect(await socket.ping('hello')).toBeTypeOf('number')
  expect(socket.roundTripTimeMs).toBeTypeOf('number')
  expect(() => socket.ping('x'.repeat(126))).toThrow('125')
  socket.close()
  await closed(socket)
  expect(await socket.ping()).toBeUndefined()
})
