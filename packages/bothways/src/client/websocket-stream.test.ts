import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { inspect } from 'node:util'
import { acceptKey } from '@bothways/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import type { ServerOptions } from '../server/options.ts'
import type { Route } from '../server/route.ts'
import { createServer } from '../server/server.ts'
import type { ServerSocket } from '../server/server-socket.ts'
import { WebSocketError } from './websocket-error.ts'
import { WebSocketStream } from './websocket-stream.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

const echo: Route<undefined> = { protocols: 'any', message: (socket, message) => socket.send(message) }

async function serve(route: Route<undefined> = echo, options: ServerOptions = {}): Promise<string> {
  const server = createServer(options).route('/*', route)
  cleanups.push(() => server.close({ timeoutMs: 100 }))
  return (await server.listen()).url
}

function connect(...args: unknown[]): WebSocketStream {
  const socket: WebSocketStream = Reflect.construct(WebSocketStream, args)
  cleanups.push(() => socket.close())
  return socket
}

const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'nothing',
    reason => reason,
  )

describe('Opening', () => {
  test('promises both streams, the subprotocol and the extensions', async () => {
    const socket = connect(await serve(echo, { compression: true }), { protocols: ['chat', 'v2'] })
    const opened = await socket.opened
    expect(Object.keys(opened).sort()).toEqual(['extensions', 'protocol', 'readable', 'writable'])
    expect(opened.protocol).toBe('chat')
    expect(opened.extensions).toContain('permessage-deflate')
    expect(opened.readable).toBeInstanceOf(ReadableStream)
    expect(opened.writable).toBeInstanceOf(WritableStream)
    expect(String(socket)).toBe('[object WebSocketStream]')
    expect(inspect(socket)).toContain(socket.url)
  })

  test('has the headers and limits that the WebSocket of this package has', async () => {
    let authorization: unknown
    const url = await serve({
      open: ({ request }) => {
        authorization = request.headers.authorization
      },
    })
    await connect(url, { headers: { Authorization: 'Bearer s3cr3t' } }).opened
    expect(authorization).toBe('Bearer s3cr3t')
    expect(() => connect(url, { maxPayload: 1 })).toThrow('Here: maxMessageBytes.')
    expect(() => connect(url, { header: {} })).toThrow('of WebSocketStream; did you mean headers?')
  })

  test.each([
    ['ftp://127.0.0.1', {}, DOMException],
    ['ws://127.0.0.1/#part', {}, DOMException],
    ['ws://127.0.0.1', { protocols: ['a', 'a'] }, DOMException],
    ['ws://127.0.0.1', { protocols: 'chat' }, TypeError],
    ['ws://127.0.0.1', 'chat', TypeError],
  ])('of %s with %j throws', (url, options, Class) => {
    expect(() => connect(url, options)).toThrow(Class)
  })

  test('that is refused rejects both promises with a WebSocketError, whose cause says why', async () => {
    const url = new URL(await serve(echo, { authenticate: () => undefined }))
    const socket = connect(url)
    const error = await reasonOf(socket.opened)
    expect(error).toBeInstanceOf(WebSocketError)
    expect(error).toMatchObject({ name: 'WebSocketError', closeCode: 1006, reason: '' })
    expect(error).toMatchObject({ cause: { code: 'BW_STATUS_NOT_101', answer: { status: 403 } } })
    expect(await reasonOf(socket.closed)).toBe(error)
  })

  test('ends with close() and with the signal, and the server hears of neither', async () => {
    let opened = 0
    const url = await serve({ open: () => void opened++ })
    const closed = connect(url)
    closed.close()
    expect(await reasonOf(closed.opened)).toBeInstanceOf(WebSocketError)
    const controller = new AbortController()
    const aborted = connect(url, { signal: controller.signal })
    controller.abort(new Error('enough'))
    expect(await reasonOf(aborted.opened)).toBe(controller.signal.reason)
    expect(await reasonOf(aborted.closed)).toBe(controller.signal.reason)
    expect(await reasonOf(connect(url, { signal: controller.signal }).opened)).toBe(controller.signal.reason)
    expect(opened).toBe(0)
  })

  test('is what the signal is about: afterwards it does nothing', async () => {
    const controller = new AbortController()
    const socket = connect(await serve(), { signal: controller.signal })
    const { readable, writable } = await socket.opened
    controller.abort()
    void writable.getWriter().write('still here')
    expect(await readable.getReader().read()).toEqual({ done: false, value: 'still here' })
  })
})

describe('Messages', () => {
  test('Strings, bytes of every kind and what becomes a string go out in order, and come back', async () => {
    const { readable, writable } = await connect(await serve()).opened
    const writer = writable.getWriter()
    const bytes = Uint8Array.of(1, 2, 3)
    for (const chunk of ['text', '', bytes, bytes.buffer, new DataView(bytes.buffer, 1), 7, null]) {
      void writer.write(chunk as string)
    }
    const reader = readable.getReader()
    const got: unknown[] = []
    while (got.length < 7) got.push((await reader.read()).value)
    expect(got).toEqual(['text', '', bytes, bytes, bytes.subarray(1), '7', 'null'])
    expect(Object.getPrototypeOf(got[2])).toBe(Uint8Array.prototype)
  })

  test('A Blob and a Symbol are refused, and so is memory that is shared', async () => {
    const url = await serve()
    for (const chunk of [new Blob(['text']), Symbol('text'), new Uint8Array(new SharedArrayBuffer(1))]) {
      const { writable } = await connect(url).opened
      expect(await reasonOf(writable.getWriter().write(chunk as never))).toBeInstanceOf(TypeError)
    }
  })

  test('pipeTo copies a whole stream, and closes behind it', async () => {
    let ended: unknown
    const got: unknown[] = []
    const socket = connect(
      await serve({
        message: (_, message) => void got.push(message),
        close: (_, code) => {
          ended = code
        },
      }),
    )
    await ReadableStream.from(['a', 'b', 'c']).pipeTo((await socket.opened).writable)
    expect(await socket.closed).toEqual({ closeCode: 1005, reason: '' })
    await expect.poll(() => ended).toBe(1005)
    expect(got).toEqual(['a', 'b', 'c'])
  })

  test('What the peer still says after close() can be read to the end', async () => {
    const socket = connect(
      await serve({
        message: async (socket, message) => {
          for (let at = 0; at < 20; at++) socket.send(`${message} ${at}`)
        },
      }),
    )
    const { readable, writable } = await socket.opened
    const writer = writable.getWriter()
    await writer.write('row')
    const closing = writer.close()
    const got: unknown[] = []
    for await (const message of readable) got.push(message)
    expect(got).toHaveLength(20)
    await closing
  })
})

describe('Backpressure', () => {
  test('While nobody reads, the peer has to wait', async () => {
    let filled = 0
    const filling = (socket: ServerSocket<undefined>): void => {
      if (filled === 2_000) return
      do filled++
      while (socket.send('x'.repeat(100_000)) && filled < 2_000)
    }
    const { readable } = await connect(await serve({ open: filling, drain: filling })).opened
    // It is stuck when the same number is seen again and again, each a round of the event loop of both sides.
    let before = -1
    while (before !== filled) {
      before = filled
      for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve))
    }
    expect(filled).toBeLessThan(1_000)
    let bytes = 0
    for await (const message of readable) {
      bytes += message.length
      if (bytes === 200_000_000) break
    }
    expect(filled).toBe(2_000)
  })

  test('While the peer does not read, a write waits', async () => {
    let readOn = (): void => {}
    const released = new Promise<void>(resolve => {
      readOn = resolve
    })
    const url = await serve({
      open: async socket => {
        await released
        for await (const _ of socket);
      },
    })
    const { writable } = await connect(url, { compression: false }).opened
    const writer = writable.getWriter()
    let written = 0
    const writing = (async () => {
      for (; written < 500; written++) await writer.write(new Uint8Array(100_000))
    })()
    let before = -1
    while (before !== written) {
      before = written
      for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve))
    }
    expect(written).toBeLessThan(500)
    expect(writer.desiredSize).toBe(0)
    readOn()
    await writing
    expect(written).toBe(500)
  })
})

describe('Closing', () => {
  test('close() says code and reason; the streams end as they should', async () => {
    let ended: unknown
    const socket = connect(
      await serve({
        close: (_, code, reason) => {
          ended = [code, reason]
        },
      }),
    )
    const { readable, writable } = await socket.opened
    const reader = readable.getReader()
    socket.close({ closeCode: 4001, reason: '再见' })
    socket.close({ closeCode: 4002 })
    expect(await socket.closed).toEqual({ closeCode: 4001, reason: '再见' })
    await expect.poll(() => ended).toEqual([4001, '再见'])
    expect(await reader.read()).toEqual({ done: true, value: undefined })
    expect(await reasonOf(writable.getWriter().write('late'))).toMatchObject({ name: 'InvalidStateError' })
  })

  test.each([
    [{ closeCode: 1001 }, 'InvalidAccessError'],
    [{ closeCode: 5000 }, 'InvalidAccessError'],
    [{ reason: '好'.repeat(42) }, 'SyntaxError'],
    [{ closeCode: 70_000 }, 'TypeError'],
    ['1000', 'TypeError'],
  ])('close(%j) throws, also in an error that says it', async (info, name) => {
    const socket = connect(await serve())
    await socket.opened
    expect(() => socket.close(info as never)).toThrow(expect.objectContaining({ name }))
    expect(() => new WebSocketError('', info as never)).toThrow(expect.objectContaining({ name }))
    socket.close({ reason: 'a reason alone has the code 1000' })
    expect((await socket.closed).closeCode).toBe(1000)
  })

  test.each(['abort', 'cancel'])('%s closes, with what a WebSocketError says', async how => {
    const url = await serve()
    const endWith = async (reason: unknown) => {
      const socket = connect(url)
      const { readable, writable } = await socket.opened
      await (how === 'abort' ? writable.abort(reason) : readable.cancel(reason))
      return await socket.closed
    }
    expect(await endWith(new Error('no matter'))).toEqual({ closeCode: 1005, reason: '' })
    const goodbye = new WebSocketError('', { closeCode: 4000, reason: 'seen enough' })
    expect(await endWith(goodbye)).toEqual({ closeCode: 4000, reason: 'seen enough' })
  })

  test('cancel finds the close frame behind what nobody reads any more', async () => {
    const url = await serve({
      open: socket => {
        for (let at = 0; at < 100; at++) socket.send('x'.repeat(50_000))
      },
    })
    const socket = connect(url, { closeTimeoutMs: 60_000 })
    await (await socket.opened).readable.cancel()
    expect(await socket.closed).toEqual({ closeCode: 1005, reason: '' })
  })

  test('The peer may close: what it sent before is read first', async () => {
    const socket = connect(
      await serve({
        open: socket => {
          socket.send('one')
          socket.send('two')
          socket.close(4000, 'done')
        },
      }),
    )
    const got: unknown[] = []
    for await (const message of (await socket.opened).readable) got.push(message)
    expect(got).toEqual(['one', 'two'])
    expect(await socket.closed).toEqual({ closeCode: 4000, reason: 'done' })
  })

  test.each([
    ['is cut', (socket: ServerSocket<undefined>) => socket.terminate(), 'BW_CONNECTION_LOST'],
    [
      'brings too much',
      (socket: ServerSocket<undefined>) => socket.send('x'.repeat(101)),
      'BW_MESSAGE_TOO_BIG',
    ],
  ])('A connection that %s fails the streams and closed', async (_, end, code) => {
    const socket = connect(await serve({ message: socket => void end(socket) }), { maxMessageBytes: 100 })
    const { readable, writable } = await socket.opened
    const writer = writable.getWriter()
    await writer.write('now')
    const error = await reasonOf(readable.getReader().read())
    expect(error).toBeInstanceOf(WebSocketError)
    expect(error).toMatchObject({ cause: { code } })
    expect(await reasonOf(socket.closed)).toBe(error)
    expect(await reasonOf(writer.write('late'))).toBe(error)
  })

  test('A broken protocol is told with its rule', async () => {
    const tcp = createTcpServer(stream => {
      stream.on('error', () => {})
      stream.once('data', head => {
        const [, key = ''] = /Sec-WebSocket-Key: (.*)\r\n/i.exec(String(head)) ?? []
        stream.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`,
        )
        stream.write(Uint8Array.of(0xb1, 0))
      })
    }).listen(0, '127.0.0.1')
    cleanups.push(() => tcp.close())
    await once(tcp, 'listening')
    const socket = connect(`ws://127.0.0.1:${(tcp.address() as AddressInfo).port}`)
    expect(await reasonOf(socket.closed)).toMatchObject({ cause: { name: 'ProtocolViolation' } })
  })
})

test('A WebSocketError is a DOMException with its own name, and null for no code', () => {
  const error = new WebSocketError('what happened')
  expect(error).toBeInstanceOf(DOMException)
  expect(error).toMatchObject({
    name: 'WebSocketError',
    message: 'what happened',
    closeCode: null,
    reason: '',
  })
  expect(new WebSocketError('', { reason: 'why' })).toMatchObject({ closeCode: 1000, reason: 'why' })
  expect(new WebSocketError('', { closeCode: 3000 }).closeCode).toBe(3000)
})
