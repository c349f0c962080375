import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createContext, runInContext } from 'node:vm'
import { acceptKey } from '@bothways/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createServer, type Server } from '../server/server.ts'
import { CloseEvent } from './close-event.ts'
import { MessageEvent } from './message-event.ts'
import { WebSocket } from './websocket.ts'

// The rules of WebIDL, DOM and HTML for the class, beyond what a program usually does with it.

let server: Server
let url: string
/** The credentials of each client, in order. */
const authorizations: unknown[] = []
beforeAll(async () => {
  server = createServer().route('/*', {
    protocols: 'any',
    open: socket => void authorizations.push(socket.request.headers.authorization),
    message: (socket, message) => void socket.send(message),
  })
  url = (await server.listen()).url
})
afterAll(() => server.close({ timeoutMs: 100 }))

const sockets: WebSocket[] = []
const cleanUp: (() => void)[] = []
afterEach(() => {
  for (const step of cleanUp.splice(0)) step()
  for (const socket of sockets.splice(0)) socket.terminate()
})

/** As a program in JavaScript calls it. */
function construct(...args: unknown[]): WebSocket {
  const socket: WebSocket = Reflect.construct(WebSocket, args)
  sockets.push(socket)
  return socket
}

async function open(...args: unknown[]): Promise<WebSocket> {
  const socket = construct(url, ...args)
  socket.binaryType = 'arraybuffer'
  await once(socket, 'open')
  return socket
}

const nextData = async (socket: WebSocket): Promise<unknown> =>
  ((await once(socket, 'message')) as [MessageEvent])[0].data

const syntaxError = (words = '') =>
  expect.objectContaining({ name: 'SyntaxError', message: expect.stringContaining(words) })

describe('Subprotocols', () => {
  test.each([
    ['a number', 7, '7'],
    ['null', null, 'null'],
    ['false', false, 'false'],
    ['an object that has a word for itself', { toString: () => 'chat' }, 'chat'],
    ['undefined', undefined, ''],
    ['an empty list', [], ''],
    ['a list', ['chat', 'v2'], 'chat'],
    ['a list of numbers', [1, 2], '1'],
    ['a set', new Set(['chat']), 'chat'],
    ['a string that is an object, so a list of characters', new String('ab'), 'a'],
  ])('The argument %s is converted as WebIDL says', async (_, protocols, chosen) => {
    expect((await open(protocols)).protocol).toBe(chosen)
  })

  test.each([
    ['an empty object', {}, 'Options are the third argument'],
    ['options', { headers: { Cookie: 'a=1' } }, 'Options are the third argument'],
    ['options as for Node’s own class', { protocols: ['chat'], headers: {} }, 'third argument'],
    ['an array-like', { length: 1, 0: 'chat' }, 'third argument'],
    ['a function', () => {}, ''],
    ['an empty string', '', ''],
    ['a list with a space', ['a b'], ''],
    ['the same twice', ['chat', 'chat'], 'once'],
    ['the same in another case', ['chat', 'v2', 'Chat'], 'once'],
  ])('%s is refused with a SyntaxError', (_, protocols, words) => {
    expect(() => construct(url, protocols)).toThrow(syntaxError(words))
  })

  test.each([
    ['a Symbol', Symbol('chat')],
    ['a list of Symbols', [Symbol('chat')]],
    ['an iterator that is no function', { [Symbol.iterator]: 1 }],
  ])('%s is refused with a TypeError', (_, protocols) => {
    expect(() => construct(url, protocols)).toThrow(TypeError)
  })
})

describe('Options', () => {
  test.each(['Stray argument', 7, null, true, Symbol('x'), undefined])(
    'A third argument that is no object is ignored: %s',
    options => {
      expect(construct(url, [], options).readyState).toBe(0)
    },
  )
})

describe('URLs', () => {
  test('A Symbol is no URL', () => {
    expect(() => construct(Symbol('ws'))).toThrow(TypeError)
  })

  test.each(['ws://127.0.0.1/#', 'ws://127.0.0.1/# ', ' ws://127.0.0.1#\n', 'ws://127.0.0.1/?#a'])(
    '%j has a fragment',
    input => expect(() => construct(input)).toThrow(syntaxError('fragment')),
  )

  test.each([undefined, null, 123, '', 'chat', '//host/chat', '?'])(
    '%j is relative, and there is nothing it could be relative to',
    input => expect(() => construct(input)).toThrow(syntaxError('is not a URL')),
  )

  test.each([
    ['http://page.example/a/b', 'chat', 'ws://page.example/a/chat'],
    ['https://page.example:8443/', '/chat?x', 'wss://page.example:8443/chat?x'],
    ['https://page.example/', undefined, 'wss://page.example/undefined'],
    ['https://page.example/', 'ws://other.example', 'ws://other.example/'],
  ])('At %s, %j is %s', (location, input, expected) => {
    vi.stubGlobal('location', new URL(location))
    try {
      expect(construct(input).url).toBe(expected)
    } finally {
      vi.unstubAllGlobals()
    }
  })

  test.each([
    ['joe:100%', 'joe:100%'],
    ['joe:%', 'joe:%'],
    ['%zz:%4', '%zz:%4'],
    ['joe:%E0%A4', Buffer.concat([Buffer.from('joe:'), Buffer.from([0xe0, 0xa4])])],
    ['j%C3%B6:p%40ss%3A', 'jö:p@ss:'],
    ['文', '文:'],
    [':secret', ':secret'],
  ])('The credentials %s are sent as bytes', async (userinfo, expected) => {
    const address = new URL(url)
    authorizations.length = 0
    const socket = construct(`ws://${userinfo}@${address.host}/`)
    await once(socket, 'open')
    const [authorization] = authorizations as [string]
    expect(Buffer.from(authorization.replace('Basic ', ''), 'base64')).toEqual(Buffer.from(expected))
  })
})

describe('The class', () => {
  const members = {
    attributes: ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol'],
    settable: ['onopen', 'onerror', 'onclose', 'onmessage', 'binaryType'],
    operations: { send: 1, close: 0 },
  }

  test('is an EventTarget that cannot be called', () => {
    expect(Object.getPrototypeOf(WebSocket)).toBe(EventTarget)
    expect(WebSocket.name).toBe('WebSocket')
    expect(WebSocket).toHaveLength(1)
    expect(Object.getOwnPropertyDescriptor(WebSocket, 'prototype')?.writable).toBe(false)
    expect(() => Reflect.apply(WebSocket as never, undefined, [url])).toThrow(TypeError)
    expect(Object.getOwnPropertyDescriptor(WebSocket.prototype, Symbol.toStringTag)).toEqual({
      value: 'WebSocket',
      writable: false,
      enumerable: false,
      configurable: true,
    })
  })

  test('has constants that nobody can change', () => {
    for (const [name, value] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 })) {
      for (const holder of [WebSocket, WebSocket.prototype]) {
        expect(Object.getOwnPropertyDescriptor(holder, name)).toEqual({
          value,
          writable: false,
          enumerable: true,
          configurable: false,
        })
      }
    }
  })

  test('has attributes and operations that can be enumerated and replaced', () => {
    const descriptorOf = (name: string) => Object.getOwnPropertyDescriptor(WebSocket.prototype, name)
    for (const name of members.attributes) {
      expect(descriptorOf(name)).toMatchObject({ set: undefined, enumerable: true, configurable: true })
    }
    for (const name of members.settable) {
      expect(descriptorOf(name)).toMatchObject({ enumerable: true, configurable: true })
      expect(descriptorOf(name)?.set).toBeTypeOf('function')
    }
    for (const [name, length] of Object.entries(members.operations)) {
      expect(descriptorOf(name)).toMatchObject({ writable: true, enumerable: true, configurable: true })
      expect(descriptorOf(name)?.value).toHaveLength(length)
    }
    const enumerated: string[] = []
    for (const name in construct(url)) enumerated.push(name)
    expect(enumerated).toEqual(
      expect.arrayContaining([...members.attributes, ...members.settable, 'send', 'close', 'OPEN']),
    )
  })

  test('refuses a foreign `this` with a TypeError before it looks at anything else', () => {
    for (const foreign of [{}, new EventTarget(), Object.create(WebSocket.prototype), undefined, 7]) {
      const { send, close } = WebSocket.prototype
      expect(() => send.call(foreign, 'x')).toThrow(TypeError)
      expect(() => send.call(foreign, Symbol('x') as never)).toThrow(TypeError)
      expect(() => close.call(foreign, 1)).toThrow(TypeError)
      expect(() => close.call(foreign)).toThrow(TypeError)
      for (const name of [...members.attributes, ...members.settable]) {
        const { get, set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, name) ?? {}
        expect(() => get?.call(foreign)).toThrow(TypeError)
        if (set) expect(() => set.call(foreign, 'nonsense')).toThrow(TypeError)
      }
    }
  })
})

describe('send', () => {
  test('refuses nothing, a Symbol, and what has no string', async () => {
    const socket = await open()
    for (const args of [[], [Symbol('x')], [Object.create(null)]]) {
      expect(() => Reflect.apply(socket.send, socket, args)).toThrow(TypeError)
    }
    expect(socket.bufferedAmount).toBe(0)
  })

  test('converts before it looks at the state', () => {
    const socket = construct(url)
    expect(() => socket.send(Symbol('x') as never)).toThrow(TypeError)
    expect(() => socket.send('x')).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  })

  test.each([
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['a number', -0, '0'],
    ['a list', [1, [2]], '1,2'],
    ['shared memory, which is no ArrayBuffer', new SharedArrayBuffer(3), '[object SharedArrayBuffer]'],
    ['lone surrogates', '\ud800a\udfff', '\ufffda\ufffd'],
    ['an object with lone surrogates', { toString: () => '\ud800' }, '\ufffd'],
  ])('sends %s as text', async (_, data, expected) => {
    const socket = await open()
    socket.send(data as never)
    expect(await nextData(socket)).toBe(expected)
  })

  test('tells bytes by what they are, so those of another realm are bytes', async () => {
    const socket = await open()
    const foreign = (code: string): ArrayBuffer => runInContext(code, createContext())
    socket.send(foreign('Uint8Array.of(1, 2).buffer'))
    expect(await nextData(socket)).toEqual(Uint8Array.of(1, 2).buffer)
    socket.send(foreign('new DataView(Uint8Array.of(1, 2, 3).buffer, 1)'))
    expect(await nextData(socket)).toEqual(Uint8Array.of(2, 3).buffer)
  })

  test('refuses bytes that could change their length, or while they are sent', async () => {
    const socket = await open()
    const resizable: ArrayBuffer = Reflect.construct(ArrayBuffer, [1, { maxByteLength: 2 }])
    expect(() => socket.send(resizable)).toThrow(TypeError)
    expect(() => socket.send(new Uint8Array(resizable))).toThrow(TypeError)
    expect(() => socket.send(new Uint8Array(new SharedArrayBuffer(1)))).toThrow(TypeError)
  })

  test.each([
    ['small', 3],
    ['compressed', 4_000],
    ['compressed on another thread', 200_000],
  ])('sends %s bytes as they were when it was called', async (_, byteLength) => {
    const socket = await open()
    const bytes = new Uint8Array(byteLength).fill(1)
    socket.send(bytes)
    bytes.fill(2)
    expect(await nextData(socket)).toEqual(new Uint8Array(byteLength).fill(1).buffer)
  })
})

describe('close', () => {
  test.each([
    [1n, TypeError],
    [Symbol('1'), TypeError],
    [null, 'InvalidAccessError'],
    ['text', 'InvalidAccessError'],
    [-1, 'InvalidAccessError'],
    [2 ** 32 + 1000, 'InvalidAccessError'],
  ])('refuses the code %s', (code, error) => {
    const socket = construct(url)
    expect(() => socket.close(code as never)).toThrow(
      typeof error === 'string' ? expect.objectContaining({ name: error }) : error,
    )
    expect(socket.readyState).toBe(WebSocket.CONNECTING)
  })

  test('converts the reason, also before it refuses the code', async () => {
    const socket = await open()
    expect(() => socket.close(1, Symbol('x') as never)).toThrow(TypeError)
    socket.close('3000' as never, '\ud800' as never)
    const [event] = (await once(socket, 'close')) as [CloseEvent]
    expect(event).toMatchObject({ code: 3000, reason: '\ufffd', wasClean: true })
  })

  test('is done once: further calls change nothing, whatever they say', async () => {
    const socket = await open()
    socket.close(3000, 'first')
    socket.close(3001, 'second')
    const [event] = (await once(socket, 'close')) as [CloseEvent]
    socket.close(3002)
    expect(event.reason).toBe('first')
    expect(socket.readyState).toBe(WebSocket.CLOSED)
  })
})

describe('bufferedAmount', () => {
  const ends: [string, (socket: WebSocket) => void][] = [
    ['terminate()', socket => socket.terminate()],
    ['a close that the peer does not answer', socket => socket.close()],
  ]

  test.each(ends)('does not fall when the connection ends by %s, and grows on', async (_, end) => {
    const socket = construct(await deafPeer(), [], { closeTimeoutMs: 50, compression: false })
    await once(socket, 'open')
    const closed = once(socket, 'close')
    for (let count = 0; count < 10; count++) socket.send(new Uint8Array(1_000_000))
    await new Promise(resolve => setImmediate(resolve))
    const waiting = socket.bufferedAmount
    expect(waiting).toBeGreaterThan(1_000_000)
    end(socket)
    await closed
    expect(socket.bufferedAmount).toBe(waiting)
    socket.send('late')
    expect(socket.bufferedAmount).toBe(waiting + 4)
  })

  test('does not fall when the peer resets the connection', async () => {
    const socket = construct(await deafPeer(), [], { compression: false })
    await once(socket, 'open')
    const closed = once(socket, 'close')
    for (let count = 0; count < 10; count++) socket.send(new Uint8Array(1_000_000))
    await new Promise(resolve => setImmediate(resolve))
    const waiting = socket.bufferedAmount
    expect(waiting).toBeGreaterThan(1_000_000)
    peer?.resetAndDestroy()
    await closed
    expect(socket.bufferedAmount).toBeGreaterThanOrEqual(waiting)
    expect(socket.bufferedAmount).toBeLessThanOrEqual(10_000_000)
  })

  let peer: Socket | undefined

  /** A server that reads nothing behind the opening handshake. */
  async function deafPeer(): Promise<string> {
    const http = createHttpServer().on('upgrade', ({ headers }, socket) => {
      peer = socket as Socket
      const accept = acceptKey(String(headers['sec-websocket-key']))
      socket.on('error', () => {})
      socket.write(
        `HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      )
    })
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    cleanUp.push(() => {
      peer?.destroy()
      http.close()
    })
    return `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`
  }
})

test.each([
  ['an ArrayBuffer', (memory: ArrayBuffer) => memory],
  ['a Uint8Array', (memory: ArrayBuffer) => new Uint8Array(memory)],
  ['a DataView', (memory: ArrayBuffer) => new DataView(memory)],
])('What is sent of %s whose memory was transferred is empty', async (_, toBytes) => {
  const socket = construct(url)
  socket.binaryType = 'arraybuffer'
  await once(socket, 'open')
  const memory = new ArrayBuffer(8)
  const bytes = toBytes(memory)
  structuredClone(memory, { transfer: [memory] })
  socket.send(bytes)
  const [message] = await once(socket, 'message')
  expect(message.data).toEqual(new ArrayBuffer(0))
})

test('binaryType takes the words of its enumeration, converted, and ignores others', () => {
  const socket = construct(url)
  socket.binaryType = { toString: () => 'arraybuffer' } as never
  expect(socket.binaryType).toBe('arraybuffer')
  for (const other of ['', 'Blob', 'nodebuffer', null, undefined, 0]) socket.binaryType = other as never
  expect(socket.binaryType).toBe('arraybuffer')
  expect(() => {
    socket.binaryType = Symbol('blob') as never
  }).toThrow(TypeError)
})

describe.each(['onopen', 'onmessage', 'onerror', 'onclose'] as const)('%s', attribute => {
  const event = () => new Event(attribute.slice(2), { cancelable: true })

  test.each([
    ['an object', {}],
    ['a list', []],
    ['an object with handleEvent', { handleEvent: vi.fn() }],
  ])('keeps %s and does not call it', (_, handler) => {
    const socket = construct(url)
    socket[attribute] = handler as never
    expect(socket[attribute]).toBe(handler)
    socket.dispatchEvent(event())
    if ('handleEvent' in handler) expect(handler.handleEvent).not.toHaveBeenCalled()
  })

  test.each([7, 'text', true, undefined, Symbol('x'), null])('takes %s for null', handler => {
    const socket = construct(url)
    socket[attribute] = () => {}
    socket[attribute] = handler as never
    expect(socket[attribute]).toBeNull()
  })

  test('prevents the default by returning false', () => {
    const socket = construct(url)
    socket[attribute] = () => false
    expect(socket.dispatchEvent(event())).toBe(false)
    socket[attribute] = () => undefined
    expect(socket.dispatchEvent(event())).toBe(true)
  })
})

test('The events are those of the standard, and of the runtime where it has them', async () => {
  const socket = await open()
  socket.send('x')
  const [message] = (await once(socket, 'message')) as [MessageEvent]
  expect(message).toBeInstanceOf(MessageEvent)
  expect(message).toBeInstanceOf(globalThis.MessageEvent)
  expect(message).toMatchObject({ data: 'x', origin: new URL(url).origin, lastEventId: '', ports: [] })
  expect(String(message)).toBe('[object MessageEvent]')
  socket.close()
  const [close] = (await once(socket, 'close')) as [CloseEvent]
  expect(close).toBeInstanceOf(CloseEvent)
  expect(String(close)).toBe('[object CloseEvent]')
  for (const event of [message, close]) {
    expect(event).toMatchObject({ bubbles: false, cancelable: false, composed: false })
  }
})

test('Listeners may be objects with handleEvent, and what one throws does not stop the next', async () => {
  const socket = await open()
  const uncaught: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.once('uncaughtException', error => uncaught.push(error))
  const heard: unknown[] = []
  socket.addEventListener('message', () => {
    throw new Error('of the first listener')
  })
  const listener = {
    handleEvent(this: unknown, event: Event) {
      heard.push(this === listener, event.type)
    },
  }
  socket.addEventListener('message', listener)
  socket.send('x')
  await once(socket, 'message')
  await expect.poll(() => uncaught).toEqual([new Error('of the first listener')])
  for (const it of listeners) process.on('uncaughtException', it)
  expect(heard).toEqual([true, 'message'])
  expect(socket.readyState).toBe(WebSocket.OPEN)
})
