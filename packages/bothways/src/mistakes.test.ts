import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createServer, WebSocket } from './index.ts'

// What people type who come from ws, Socket.IO, uWebSockets.js, Bun or the browser, in JavaScript, and what they are told.

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

// biome-ignore lint/suspicious/noExplicitAny: what has no types is what is tried
type Untyped = any
const create = createServer as Untyped
const Client = WebSocket as Untyped
const url = 'ws://127.0.0.1:9/'
const expressApp = Object.assign(() => undefined, { listen() {}, use() {} })
const koaApp = {
  callback() {},
  listen() {},
  on() {},
  off() {},
  emit() {},
  listeners() {},
  prependListener() {},
}

/** What is typed, the code, and words of the sentence that cure it. */
const thrown: readonly (readonly [string, () => unknown, string, string])[] = [
  ['createServer(8080)', () => create(8080), 'BW_INVALID_OPTION', 'takes an object, got a number'],
  ['createServer(null)', () => create(null), 'BW_INVALID_OPTION', 'takes an object, got null'],
  ['createServer({ port })', () => create({ port: 8080 }), 'BW_UNKNOWN_OPTION', 'server.listen({ port })'],
  [
    'createServer({ server })',
    () => create({ server: {} }),
    'BW_UNKNOWN_OPTION',
    'server.attach(httpServer)',
  ],
  [
    'createServer({ httpServer })',
    () => create({ httpServer: {} }),
    'BW_UNKNOWN_OPTION',
    'server.attach(httpServer)',
  ],
  ['createServer({ noServer })', () => create({ noServer: true }), 'BW_UNKNOWN_OPTION', 'handleUpgrade'],
  ['createServer({ path })', () => create({ path: '/ws' }), 'BW_UNKNOWN_OPTION', 'server.route(path'],
  [
    'createServer({ verifyClient })',
    () => create({ verifyClient() {} }),
    'BW_UNKNOWN_OPTION',
    'authenticate(request)',
  ],
  ['createServer({ cors })', () => create({ cors: {} }), 'BW_UNKNOWN_OPTION', 'origins:'],
  [
    'createServer({ perMessageDeflate })',
    () => create({ perMessageDeflate: true }),
    'BW_UNKNOWN_OPTION',
    'compression',
  ],
  ['createServer({ maxPayload })', () => create({ maxPayload: 1 }), 'BW_UNKNOWN_OPTION', 'maxMessageBytes'],
  [
    'createServer({ maxPayloadLength })',
    () => create({ maxPayloadLength: 1 }),
    'BW_UNKNOWN_OPTION',
    'maxMessageBytes',
  ],
  [
    'createServer({ maxHttpBufferSize })',
    () => create({ maxHttpBufferSize: 1 }),
    'BW_UNKNOWN_OPTION',
    'maxMessageBytes',
  ],
  ['createServer({ idleTimeout })', () => create({ idleTimeout: 60 }), 'BW_UNKNOWN_OPTION', 'keepalive'],
  ['createServer({ pingInterval })', () => create({ pingInterval: 1 }), 'BW_UNKNOWN_OPTION', 'keepalive'],
  [
    'createServer({ clientTracking })',
    () => create({ clientTracking: true }),
    'BW_UNKNOWN_OPTION',
    'server.sockets',
  ],
  [
    'createServer({ handleProtocols })',
    () => create({ handleProtocols() {} }),
    'BW_UNKNOWN_OPTION',
    'protocols',
  ],
  ['createServer({ message })', () => create({ message() {} }), 'BW_UNKNOWN_OPTION', 'server.route'],
  ['createServer({ websocket })', () => create({ websocket: {} }), 'BW_UNKNOWN_OPTION', 'server.route'],
  ['createServer({ fetch })', () => create({ fetch() {} }), 'BW_UNKNOWN_OPTION', 'attach'],
  [
    'createServer({ maxBackpressure })',
    () => create({ maxBackpressure: 1 }),
    'BW_UNKNOWN_OPTION',
    'maxBufferedBytes',
  ],
  ['createServer({ orgins })', () => create({ orgins: [] }), 'BW_UNKNOWN_OPTION', 'did you mean origins?'],
  [
    "createServer({ origins: 'https://a' })",
    () => create({ origins: 'https://a' }),
    'BW_INVALID_OPTION',
    'a list of origins',
  ],
  ["route('/x', fn)", () => create().route('/x', () => {}), 'BW_INVALID_OPTION', "route('/chat', { message("],
  ["route('/x')", () => create().route('/x'), 'BW_INVALID_OPTION', "route('/chat', { message("],
  ["route('x', {})", () => create().route('x', {}), 'BW_INVALID_OPTION', 'begins with a slash'],
  [
    "route('/x', { connection })",
    () => create().route('/x', { connection() {} }),
    'BW_UNKNOWN_OPTION',
    'open(socket)',
  ],
  [
    "route('/x', { onmessage })",
    () => create().route('/x', { onmessage() {} }),
    'BW_UNKNOWN_OPTION',
    'message(socket, message)',
  ],
  ["route('/x', { error })", () => create().route('/x', { error() {} }), 'BW_UNKNOWN_OPTION', 'onError'],
  [
    "route('/x', { message: 'text' })",
    () => create().route('/x', { message: 'text' }),
    'BW_INVALID_OPTION',
    'must be a function',
  ],
  ['the same path twice', () => create().route('/x', {}).route('/x', {}), 'BW_ROUTE_EXISTS', 'already'],
  ['attach()', () => create().attach(), 'BW_INVALID_OPTION', 'http.createServer(app)'],
  ['attach(expressApp)', () => create().attach(expressApp), 'BW_INVALID_OPTION', 'app of Express'],
  ['attach(koaApp)', () => create().attach(koaApp), 'BW_INVALID_OPTION', 'app of Koa'],
  [
    'attach(fastify)',
    () => create().attach({ server: {}, route() {} }),
    'BW_INVALID_OPTION',
    'fastify.server',
  ],
  ['attach(8080)', () => create().attach(8080), 'BW_INVALID_OPTION', 'listen({ port: 8080 })'],
  [
    'publish of an object',
    () => create().publish('t', { a: 1 }),
    'BW_INVALID_MESSAGE',
    'JSON.stringify(object)',
  ],
  [
    'publish with exclude',
    () => create().publish('t', 'x', { exclude: 1 }),
    'BW_UNKNOWN_OPTION',
    'except: socket',
  ],
  [
    'publish except an id',
    () => create().publish('t', 'x', { except: 'id' }),
    'BW_INVALID_OPTION',
    'a socket, a listener of subscribe, or a list',
  ],
  [
    'new WebSocket({ rejectUnauthorized })',
    () => new Client(url, [], { rejectUnauthorized: false }),
    'BW_UNKNOWN_OPTION',
    'tls: { rejectUnauthorized }',
  ],
  [
    'new WebSocket({ reconnection })',
    () => new Client(url, [], { reconnection: true }),
    'BW_UNKNOWN_OPTION',
    'close event',
  ],
  [
    'new WebSocket({ transports })',
    () => new Client(url, [], { transports: [] }),
    'BW_UNKNOWN_OPTION',
    'socket.io-client',
  ],
  [
    'new WebSocket({ handshakeTimeout })',
    () => new Client(url, [], { handshakeTimeout: 1 }),
    'BW_UNKNOWN_OPTION',
    'handshakeTimeoutMs',
  ],
]

test.each(thrown)('%s is told what to do instead', (_, call, code, words) => {
  let error: Untyped
  try {
    call()
  } catch (caught) {
    error = caught
  }
  expect(error?.code).toBe(code)
  expect(error?.message).toContain(words)
})

test('listen(8080) and listen({ hostname }) are told what to write', async () => {
  await expect(create().listen(8080)).rejects.toThrow('listen({ port: 8080 })')
  await expect(create().listen({ hostname: '::' })).rejects.toThrow('Here: host.')
})

test('A busy port and a foreign address are told in words, with the code that Node gave', async () => {
  const busy = createTcpServer().listen(0, '127.0.0.1')
  await once(busy, 'listening')
  cleanups.push(() => busy.close())
  const { port } = busy.address() as { port: number }
  await expect(createServer().listen({ port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    message: expect.stringContaining('is in use by another program'),
  })
  await expect(createServer().listen({ host: '192.0.2.1' })).rejects.toMatchObject({
    code: 'EADDRNOTAVAIL',
    message: expect.stringContaining('0.0.0.0 or ::'),
  })
})

test('The same server is attached once to an HTTP server, and again after it was detached', () => {
  const server = createServer()
  const http = createHttpServer()
  const detach = server.attach(http)
  expect(() => server.attach(http)).toThrow('attached to that HTTP server already')
  detach()
  server.attach(http)()
})

test('A publish leaves out the socket that it came from', async () => {
  const server = createServer()
  cleanups.push(() => server.close({ timeoutMs: 0 }))
  server.route('/', {
    open: socket => socket.subscribe('room'),
    message: (socket, message) => server.publish('room', message, { except: socket }),
  })
  const { url: address } = await server.listen()
  const [one, other] = [new WebSocket(address), new WebSocket(address)]
  cleanups.push(
    () => one.terminate(),
    () => other.terminate(),
  )
  await Promise.all([once(one, 'open'), once(other, 'open')])
  const heard: string[] = []
  one.addEventListener('message', event => heard.push(`one ${event.data}`))
  const both = new Promise<void>(resolve => {
    other.addEventListener('message', event => {
      heard.push(`other ${event.data}`)
      resolve()
    })
  })
  one.send('hello')
  await both
  expect(heard).toEqual(['other hello'])
})

test('socket.io-client at a plain server is told so, in its upgrade and in its polling', async () => {
  const server = createServer().route('/chat', {})
  cleanups.push(() => server.close({ timeoutMs: 0 }))
  const { port } = await server.listen()
  const polled = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`)
  expect(await polled.text()).toContain('socket.io-client')
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`)
  const [event] = (await once(socket, 'error')) as [Untyped]
  expect(event.message).toContain('socket.io-client')
})

test('A refusal that says why is shown before, and instead of, a guess', async () => {
  const http = createHttpServer()
  http.on('upgrade', (_, socket) => {
    const body = 'Your trial has ended: choose a plan.'
    socket.end(
      `HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  cleanups.push(() => http.close())
  const { port } = http.address() as { port: number }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
  const [event] = (await once(socket, 'error')) as [Untyped]
  expect(event.message).toContain('It says: "Your trial has ended: choose a plan."')
  expect(event.message).not.toContain('Likely cause')
})
