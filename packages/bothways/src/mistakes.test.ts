import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createHub, createServer, TopicsHttp, topicsRoute, WebSocket, workerBroker } from './index.ts'

// Calls typed by people who come from ws, Socket.IO, uWebSockets.js, Bun or the browser, in JavaScript, and what they are told.

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

// biome-ignore lint/suspicious/noExplicitAny: what has no types is what is tried
type Untyped = any
const create = createServer as Untyped
const Client = WebSocket as Untyped
const hubOf = (options: Untyped = {}): Untyped => {
  const hub = createHub(options)
  cleanups.push(() => hub.close())
  return hub
}
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

/** The call that is typed, the code, and words of the sentence that cure it. */
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
  ['createServer({ hub })', () => create({ hub: hubOf() }), 'BW_UNKNOWN_OPTION', 'topicsRoute(hub)'],
  ['createServer({ topics })', () => create({ topics: {} }), 'BW_UNKNOWN_OPTION', 'createHub({ topics })'],
  [
    'createServer({ routes })',
    () => create({ routes: {} }),
    'BW_UNKNOWN_OPTION',
    'server.route(path, handlers)',
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
  [
    'createServer(options, callback)',
    () => create({}, () => {}),
    'BW_INVALID_ARGUMENT',
    'handlers belong to a route',
  ],
  [
    'createServer(httpServer)',
    () => create(createHttpServer()),
    'BW_INVALID_OPTION',
    'createServer().attach(httpServer)',
  ],
  ["createServer({ origins: ['*'] })", () => create({ origins: ['*'] }), 'BW_INVALID_OPTION', "'*' itself"],
  [
    "createServer({ origins: ['https://*.a'] })",
    () => create({ origins: ['https://*.a'] }),
    'BW_INVALID_OPTION',
    'request.origin',
  ],
  [
    'createServer({ origins: function })',
    () => create({ origins: () => true }),
    'BW_INVALID_OPTION',
    'request.origin',
  ],
  [
    'createServer({ keepalive: 30_000 })',
    () => create({ keepalive: 30_000 }),
    'BW_INVALID_OPTION',
    'keepalive: { intervalMs',
  ],
  [
    "createServer({ compression: 'on' })",
    () => create({ compression: 'on' }),
    'BW_INVALID_OPTION',
    'compression: true',
  ],
  [
    'createServer({ trustedProxies: true })',
    () => create({ trustedProxies: true }),
    'BW_INVALID_OPTION',
    'a list of addresses',
  ],
  [
    "createServer({ maxMessageBytes: '1mb' })",
    () => create({ maxMessageBytes: '1mb' }),
    'BW_INVALID_OPTION',
    'a whole number',
  ],
  [
    "server.on('connection')",
    () => create().on('connection', () => {}),
    'BW_UNKNOWN_METHOD',
    "server.route('/chat'",
  ],
  ['server.ws(path, handlers)', () => create().ws('/x', {}), 'BW_UNKNOWN_METHOD', "server.route('/chat'"],
  ['server.use(middleware)', () => create().use(() => {}), 'BW_UNKNOWN_METHOD', 'authenticate(request)'],
  ["server.to('room')", () => create().to('room'), 'BW_UNKNOWN_METHOD', 'server.publish(topic, message)'],
  [
    "server.emit('event')",
    () => create().emit('event'),
    'BW_UNKNOWN_METHOD',
    'server.publish(topic, message)',
  ],
  [
    'server.broadcast(message)',
    () => create().broadcast('x'),
    'BW_UNKNOWN_METHOD',
    'server.publish(topic, message)',
  ],
  ['server.address()', () => create().address(), 'BW_UNKNOWN_METHOD', 'const { url } = await server.listen'],
  ['route(handlers)', () => create().route({ message() {} }), 'BW_INVALID_OPTION', "such as '/chat'"],
  ["route(['/a', '/b'])", () => create().route(['/a', '/b'], {}), 'BW_INVALID_OPTION', 'got an array'],
  ['route(/regexp/)', () => create().route(/^\/x/, {}), 'BW_INVALID_OPTION', 'the regular expression'],
  [
    "route('ws://localhost/x')",
    () => create().route('ws://localhost/x', {}),
    'BW_INVALID_OPTION',
    'without scheme and host',
  ],
  ["route('/rooms/[id]')", () => create().route('/rooms/[id]', {}), 'BW_INVALID_OPTION', 'written /:id'],
  ["route('/rooms/:id?')", () => create().route('/rooms/:id?', {}), 'BW_INVALID_OPTION', 'needs two routes'],
  [
    "route('/x', { protocols: 'chat' })",
    () => create().route('/x', { protocols: 'chat' }),
    'BW_INVALID_OPTION',
    "protocols: ['chat']",
  ],
  [
    "route('/x', { data: {} })",
    () => create().route('/x', { data: {} }),
    'BW_INVALID_OPTION',
    'data: () => ({',
  ],
  [
    "route('/x', { data(socket, message) })",
    () =>
      create().route('/x', {
        data(_: unknown, message: unknown) {
          return message
        },
      }),
    'BW_INVALID_OPTION',
    'message(socket, message)',
  ],
  [
    'attach(net.createServer())',
    () => create().attach(createTcpServer()),
    'BW_INVALID_OPTION',
    'http.createServer()',
  ],
  ['handleUpgrade()', () => create().handleUpgrade(), 'BW_INVALID_ARGUMENT', 'upgrade listener'],
  [
    'handleUpgrade(request, socket, head, callback)',
    () => create().handleUpgrade({}, {}, Buffer.alloc(0), () => {}),
    'BW_INVALID_ARGUMENT',
    'open(socket) first',
  ],
  ['close(callback)', () => create().close(() => {}), 'BW_INVALID_OPTION', 'close({ code: 1001'],
  ['publish(message)', () => create().publish({ a: 1 }), 'BW_INVALID_ARGUMENT', 'A topic is a string'],
  [
    "server.subscribe('topic')",
    () => create().subscribe('topic'),
    'BW_INVALID_ARGUMENT',
    'socket.subscribe(topic)',
  ],
  [
    "new WebSocket('localhost:8080')",
    () => new Client('localhost:8080'),
    'SyntaxError',
    'write ws://localhost:8080',
  ],
  ["new WebSocket('/chat')", () => new Client('/chat'), 'SyntaxError', 'ws://localhost:8080/path'],
  ["new WebSocket('ftp://…')", () => new Client('ftp://a'), 'SyntaxError', 'begins with ws: or wss:'],
  ["new WebSocket('ws://…#room')", () => new Client('ws://a/#room'), 'SyntaxError', 'no fragment'],
  [
    'new WebSocket(url, { headers })',
    () => new Client(url, { headers: {} }),
    'SyntaxError',
    'third argument',
  ],
  ["new WebSocket(url, ['Bearer …'])", () => new Client(url, ['Bearer x']), 'SyntaxError', 'no spaces'],
  [
    'new WebSocket({ headers: new Headers() })',
    () => new Client(url, [], { headers: new Headers() }),
    'BW_INVALID_OPTION',
    'Object.fromEntries',
  ],
  [
    'new WebSocket({ headers: { Cookie: undefined } })',
    () => new Client(url, [], { headers: { Cookie: undefined } }),
    'BW_INVALID_OPTION',
    'leave it out',
  ],
  [
    "new WebSocket({ agent: 'http://proxy' })",
    () => new Client(url, [], { agent: 'http://proxy' }),
    'BW_INVALID_OPTION',
    'http.Agent',
  ],
  [
    'new WebSocket({ signal: controller })',
    () => new Client(url, [], { signal: new AbortController() }),
    'BW_INVALID_OPTION',
    'controller.signal',
  ],
  [
    'new WebSocket({ tls: true })',
    () => new Client(url, [], { tls: true }),
    'BW_INVALID_OPTION',
    'ws: or wss:',
  ],
  [
    'new WebSocket({ extraHeaders })',
    () => new Client(url, [], { extraHeaders: {} }),
    'BW_UNKNOWN_OPTION',
    'headers',
  ],
  [
    'new WebSocket({ cookie })',
    () => new Client(url, [], { cookie: 'a=b' }),
    'BW_UNKNOWN_OPTION',
    'headers: { Cookie',
  ],
  [
    'new WebSocket({ withCredentials })',
    () => new Client(url, [], { withCredentials: true }),
    'BW_UNKNOWN_OPTION',
    'headers: { Cookie:',
  ],
  ['new WebSocket({ proxy })', () => new Client(url, [], { proxy: 'x' }), 'BW_UNKNOWN_OPTION', 'agent'],
  ['send before open', () => connecting().send('x'), 'InvalidStateError', 'in or after the open event'],
  ['close(1001)', () => connecting().close(1001), 'InvalidAccessError', 'from 3000 to 4999'],
  ['createServer({ adapter })', () => create({ adapter: {} }), 'BW_UNKNOWN_OPTION', 'broker'],
  [
    'createServer({ transports })',
    () => create({ transports: ['websocket'] }),
    'BW_UNKNOWN_OPTION',
    '@bothways/socket.io',
  ],
  [
    'createServer({ allowEIO3 })',
    () => create({ allowEIO3: true }),
    'BW_UNKNOWN_OPTION',
    '@bothways/socket.io',
  ],
  [
    'createServer({ connectionStateRecovery })',
    () => create({ connectionStateRecovery: {} }),
    'BW_UNKNOWN_OPTION',
    '@bothways/socket.io',
  ],
  ['createServer({ cookie })', () => create({ cookie: true }), 'BW_UNKNOWN_OPTION', 'request.headers.cookie'],
  ['createServer({ ssl })', () => create({ ssl: {} }), 'BW_UNKNOWN_OPTION', 'listen({ tls'],
  ['createServer({ maxLifetime })', () => create({ maxLifetime: 10 }), 'BW_UNKNOWN_OPTION', 'timer'],
  [
    'createServer({ somethingElse })',
    () => create({ somethingElse: 1 }),
    'BW_UNKNOWN_OPTION',
    'it has compression, ',
  ],
  [
    "route('/x', { message(socket, data, isBinary) })",
    () => create().route('/x', { message(_socket: unknown, _data: unknown, _isBinary: unknown) {} }),
    'BW_INVALID_OPTION',
    'bytes come as a Buffer',
  ],
  [
    "route('/x', { open(socket, request) })",
    () => create().route('/x', { open(_socket: unknown, _request: unknown) {} }),
    'BW_INVALID_OPTION',
    'socket.request',
  ],
  [
    "route('/x', { maxPayloadLength })",
    () => create().route('/x', { maxPayloadLength: 1 }),
    'BW_UNKNOWN_OPTION',
    'createServer({ maxMessageBytes })',
  ],
  [
    "route('/x', { cors })",
    () => create().route('/x', { cors: {} }),
    'BW_UNKNOWN_OPTION',
    'createServer({ origins',
  ],
  [
    "route('/x', { verifyClient })",
    () => create().route('/x', { verifyClient() {} }),
    'BW_UNKNOWN_OPTION',
    'createServer({ authenticate })',
  ],
  [
    "route('/x', { dropped })",
    () => create().route('/x', { dropped() {} }),
    'BW_UNKNOWN_OPTION',
    'whenBufferFull',
  ],
  ['server.clients', () => create().clients, 'BW_UNKNOWN_METHOD', 'server.sockets'],
  ['server.url', () => create().url, 'BW_UNKNOWN_METHOD', 'const { url } = await server.listen'],
  ['server.port', () => create().port, 'BW_UNKNOWN_METHOD', 'const { port } = await server.listen'],
  [
    'server.listen().port',
    () => {
      const server = create()
      cleanups.push(() => server.close())
      const listening = server.listen()
      listening.catch(() => {})
      return listening.port
    },
    'BW_INVALID_ARGUMENT',
    'const { port } = await server.listen',
  ],
  ['server.engine', () => create().engine, 'BW_UNKNOWN_METHOD', '@bothways/socket.io'],
  ['server.fetchSockets()', () => create().fetchSockets(), 'BW_UNKNOWN_METHOD', 'server.sockets'],
  ['server.get(path)', () => create().get('/', () => {}), 'BW_UNKNOWN_METHOD', 'server.attach(httpServer)'],
  [
    'server.numSubscribers(topic)',
    () => create().numSubscribers('x'),
    'BW_UNKNOWN_METHOD',
    'publish returns',
  ],
  ['server.removeListener(event)', () => create().removeListener('x'), 'BW_UNKNOWN_METHOD', 'route'],
  [
    'server.publish(topic, message, isBinary)',
    () => create().publish('x', 'y', true),
    'BW_INVALID_OPTION',
    'except: socket',
  ],
  [
    'new WebSocket({ localAddress })',
    () => new Client(url, [], { localAddress: '127.0.0.1' }),
    'BW_UNKNOWN_OPTION',
    'agent',
  ],
  ['new WebSocket({ pfx })', () => new Client(url, [], { pfx: '' }), 'BW_UNKNOWN_OPTION', 'tls: { pfx }'],
  [
    'new WebSocket({ checkServerIdentity })',
    () => new Client(url, [], { checkServerIdentity() {} }),
    'BW_UNKNOWN_OPTION',
    'tls: { checkServerIdentity }',
  ],
  [
    'new WebSocket({ finishRequest })',
    () => new Client(url, [], { finishRequest() {} }),
    'BW_UNKNOWN_OPTION',
    'headers',
  ],
  [
    "createHub({ topics: { 'room/{id}': {} } })",
    () => hubOf({ topics: { 'room/{id}': {} } }),
    'BW_INVALID_OPTION',
    'a parameter is written :id',
  ],
  [
    "createHub({ topics: { '': {} } })",
    () => hubOf({ topics: { '': {} } }),
    'BW_INVALID_OPTION',
    'a topic has a name',
  ],
  [
    "createHub({ topics: ['room'] })",
    () => hubOf({ topics: ['room'] }),
    'BW_INVALID_OPTION',
    'takes an object, got a string',
  ],
  ['createHub({ topic })', () => hubOf({ topic: {} }), 'BW_UNKNOWN_OPTION', 'did you mean topics?'],
  [
    'createHub({ broker: SqliteBroker.open(…) })',
    () => hubOf({ broker: Promise.resolve() }),
    'BW_INVALID_OPTION',
    'resolves with, got an object of class Promise',
  ],
  [
    'a topic { history: 100 }',
    () => hubOf({ topics: { a: { history: 100 } } }),
    'BW_INVALID_OPTION',
    'history: { count: 500, ageMs: 600_000 }',
  ],
  [
    'a topic { history: { count: 100 } }',
    () => hubOf({ topics: { a: { history: { count: 100 } } } }),
    'BW_INVALID_OPTION',
    'history.ageMs must be',
  ],
  [
    'a topic { history, state }',
    () => hubOf({ topics: { a: { history: { count: 1, ageMs: 1 }, state: true } } }),
    'BW_INVALID_OPTION',
    'without history',
  ],
  [
    'a topic { authorize: true }',
    () => hubOf({ topics: { a: { authorize: true } } }),
    'BW_INVALID_OPTION',
    'must be a function',
  ],
  [
    'a topic { ttl }',
    () => hubOf({ topics: { a: { ttl: 5 } } }),
    'BW_UNKNOWN_OPTION',
    'it has history, presence, state',
  ],
  [
    "hub.handle('method')",
    () => hubOf().handle('method'),
    'BW_INVALID_ARGUMENT',
    'handle takes a method and a function',
  ],
  [
    "hub.handle('method', handler) twice",
    () =>
      hubOf()
        .handle('method', () => 1)
        .handle('method', () => 2),
    'BW_INVALID_ARGUMENT',
    'a method has one',
  ],
  ['topicsRoute()', () => (topicsRoute as Untyped)(), 'BW_INVALID_ARGUMENT', 'takes a hub'],
  [
    'topicsRoute({ topics })',
    () => (topicsRoute as Untyped)({ topics: {} }),
    'BW_INVALID_ARGUMENT',
    'takes a hub',
  ],
  [
    'topicsRoute(hub, { authenticate })',
    () => topicsRoute(hubOf(), { authenticate() {} } as Untyped),
    'BW_UNKNOWN_OPTION',
    'did you mean authenticateToken?',
  ],
  [
    'new TopicsHttp({ path })',
    () => new TopicsHttp({ path: '/x' } as Untyped),
    'BW_INVALID_ARGUMENT',
    'takes a hub',
  ],
  [
    "new TopicsHttp(hub, { path: 'bothways' })",
    () => new TopicsHttp(hubOf(), { path: 'bothways' }),
    'BW_INVALID_OPTION',
    'must be a path',
  ],
  ['server.meet()', () => create().meet(), 'BW_INVALID_ARGUMENT', 'takes a hub'],
  [
    "route('/bothways', hub)",
    () => create().route('/bothways', hubOf()),
    'BW_INVALID_OPTION',
    'route(path, topicsRoute(hub))',
  ],
  [
    'workerBroker() in the first process',
    () => workerBroker(),
    'BW_WRONG_PROCESS',
    'leave the option broker out',
  ],
]

/** A client that is on its way to nowhere. */
function connecting(): Untyped {
  const socket = new Client(url)
  socket.onerror = () => {}
  cleanups.push(() => socket.terminate())
  return socket
}

test.each(thrown)('%s is told what to do instead', (_, call, code, words) => {
  let error: Untyped
  try {
    call()
  } catch (caught) {
    error = caught
  }
  // An error that the standard has the class throw has a name instead of a code.
  expect(code.startsWith('BW_') ? error?.code : error?.name).toBe(code)
  expect(error?.message).toContain(words)
})

/** The errors that listen rejects with. */
const rejected: readonly (readonly [string, unknown[], string, string])[] = [
  ['listen(8080)', [8080], 'BW_INVALID_OPTION', 'listen({ port: 8080 })'],
  ['listen(8080, callback)', [8080, () => {}], 'BW_INVALID_ARGUMENT', 'await server.listen'],
  ["listen({ port: '8080' })", [{ port: '8080' }], 'BW_INVALID_OPTION', 'a whole number'],
  ['listen({ hostname })', [{ hostname: '::' }], 'BW_UNKNOWN_OPTION', 'Here: host.'],
  ['listen({ tls: true })', [{ tls: true }], 'BW_INVALID_OPTION', '{ cert, key }'],
  ['listen({ http2: true })', [{ http2: true }], 'BW_INVALID_OPTION', 'needs tls'],
]

test.each(rejected)('%s is told what to do instead', async (_, args, code, words) => {
  await expect(create().listen(...args)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(words),
  })
})

/** The errors that a hub's promises reject with. */
const byHubs: readonly (readonly [string, (hub: Untyped) => Promise<unknown>, string, string])[] = [
  ["hub.disconnect('ann')", hub => hub.disconnect('ann'), 'BW_INVALID_OPTION', "disconnect({ user: 'id' })"],
  ['hub.revoke()', hub => hub.revoke(), 'BW_INVALID_OPTION', 'must be the id of a user'],
  [
    "hub.topic('room').subscribe()",
    hub => hub.topic('room').subscribe(),
    'BW_INVALID_ARGUMENT',
    'subscribe(({ data }) =>',
  ],
  [
    "hub.topic('room').publish(data, { except })",
    hub => hub.topic('room').publish(1, { except: 'x' }),
    'BW_UNKNOWN_OPTION',
    'it has key, ifPosition',
  ],
  [
    "hub.topic('room').publish({ user: fetchIt() })",
    hub => hub.topic('room').publish({ user: Promise.resolve(1) }),
    'invalid_data',
    'await it first',
  ],
  [
    "hub.topic('room').publish(new Map())",
    hub => hub.topic('room').publish(new Map()),
    'invalid_data',
    'Object.fromEntries(map)',
  ],
  ["hub.topic('room').set(1)", hub => hub.topic('room').set(1), 'bad_request', 'state: true'],
  ["hub.topic('room').get()", hub => hub.topic('room').get(), 'bad_request', 'state: true'],
  [
    "hub.topic('room').update(change)",
    hub => hub.topic('room').update(() => 1),
    'bad_request',
    'state: true',
  ],
  [
    "hub.topic('room').publish()",
    hub => hub.topic('room').publish(),
    'invalid_data',
    'Data are a JSON value',
  ],
]

test.each(byHubs)('%s is told what to do instead', async (_, call, code, words) => {
  await expect(call(hubOf({ topics: { room: {} } }))).rejects.toMatchObject({
    code,
    message: expect.stringContaining(words),
  })
})

/** Wrong calls on a socket in a handler: their errors go to onError. */
const onSockets: readonly (readonly [string, (socket: Untyped) => unknown, string, string])[] = [
  ["socket.on('message')", it => it.on('message', () => {}), 'BW_UNKNOWN_METHOD', 'message(socket, message)'],
  ["socket.emit('event')", it => it.emit('event', 1), 'BW_UNKNOWN_METHOD', 'JSON.stringify'],
  ["socket.join('room')", it => it.join('room'), 'BW_UNKNOWN_METHOD', 'subscribe(topic)'],
  ["socket.leave('room')", it => it.leave('room'), 'BW_UNKNOWN_METHOD', 'unsubscribe(topic)'],
  ["socket.to('room')", it => it.to('room'), 'BW_UNKNOWN_METHOD', 'publish(topic, message)'],
  ['socket.sendText(text)', it => it.sendText('x'), 'BW_UNKNOWN_METHOD', 'send(text)'],
  ['socket.end()', it => it.end(), 'BW_UNKNOWN_METHOD', 'close(code, reason)'],
  ['socket.getUserData()', it => it.getUserData(), 'BW_UNKNOWN_METHOD', 'data'],
  ['socket.send(object)', it => it.send({ a: 1 }), 'BW_INVALID_MESSAGE', 'JSON.stringify(object)'],
  ['socket.send(text, callback)', it => it.send('x', () => {}), 'BW_INVALID_ARGUMENT', 'drain'],
  ['socket.publish(message)', it => it.publish({ a: 1 }), 'BW_INVALID_ARGUMENT', 'A topic is a string'],
  ["socket.close('bye')", it => it.close('bye'), 'BW_INVALID_CLOSE_ARGUMENT', '3000-4999'],
  ['socket.close(1006)', it => it.close(1006), 'BW_INVALID_CLOSE_ARGUMENT', '3000-4999'],
  [
    'socket.send(data, { binary })',
    it => it.send('x', { binary: true }),
    'BW_INVALID_ARGUMENT',
    'bytes as binary',
  ],
  ['socket.send(data, isBinary)', it => it.send('x', true), 'BW_INVALID_ARGUMENT', 'bytes as binary'],
  [
    'socket.publish(topic, data, isBinary)',
    it => it.publish('x', 'y', true),
    'BW_INVALID_ARGUMENT',
    'bytes as binary',
  ],
  ['socket.ping(callback)', it => it.ping(() => {}), 'BW_INVALID_ARGUMENT', 'await socket.ping()'],
  ['socket.unsubscribe()', it => it.unsubscribe(), 'BW_INVALID_ARGUMENT', 'A topic is a string'],
  [
    'socket.onmessage = listener',
    it => Object.assign(it, { onmessage() {} }),
    'BW_UNKNOWN_METHOD',
    'message(socket, message)',
  ],
  [
    'socket.onclose = listener',
    it => Object.assign(it, { onclose() {} }),
    'BW_UNKNOWN_METHOD',
    'close(socket, code, reason)',
  ],
  ['socket.pause()', it => it.pause(), 'BW_UNKNOWN_METHOD', 'for await'],
  [
    'socket.removeListener(event)',
    it => it.removeListener('x'),
    'BW_UNKNOWN_METHOD',
    'message(socket, message)',
  ],
  ['socket._socket', it => it._socket.remoteAddress, 'BW_UNKNOWN_METHOD', 'remoteAddress'],
  ['socket.upgradeReq', it => it.upgradeReq.url, 'BW_UNKNOWN_METHOD', 'request'],
  ['socket.broadcast', it => it.broadcast.emit('x'), 'BW_UNKNOWN_METHOD', 'publish(topic, message)'],
  ['socket.volatile', it => it.volatile.emit('x'), 'BW_UNKNOWN_METHOD', "whenBufferFull: 'drop'"],
  ['socket.handshake', it => it.handshake.auth, 'BW_UNKNOWN_METHOD', 'authenticate'],
  ['socket.rooms', it => [...it.rooms], 'BW_UNKNOWN_METHOD', 'subscribed'],
  ['socket.nsp', it => it.nsp.name, 'BW_UNKNOWN_METHOD', 'request.path'],
  ['socket.conn', it => it.conn.id, 'BW_UNKNOWN_METHOD', 'remoteAddress'],
  ['socket.in(room)', it => it.in('x'), 'BW_UNKNOWN_METHOD', 'publish(topic, message)'],
  ['socket.onAny(listener)', it => it.onAny(() => {}), 'BW_UNKNOWN_METHOD', 'message(socket, message)'],
  [
    'socket.emitWithAck(event)',
    it => it.emitWithAck('x'),
    'BW_UNKNOWN_METHOD',
    'hub.handle(method, handler)',
  ],
  ['socket.cork(callback)', it => it.cork(() => {}), 'BW_UNKNOWN_METHOD', 'one turn'],
  ['socket.getTopics()', it => it.getTopics(), 'BW_UNKNOWN_METHOD', 'subscribed'],
  ['request.socket', it => it.request.socket.remoteAddress, 'BW_UNKNOWN_METHOD', 'remoteAddress'],
  ['request.connection', it => it.request.connection.remoteAddress, 'BW_UNKNOWN_METHOD', 'remoteAddress'],
  ['request.query', it => it.request.query.token, 'BW_UNKNOWN_METHOD', 'searchParams'],
  ['request.cookies', it => it.request.cookies.session, 'BW_UNKNOWN_METHOD', 'request.headers.cookie'],
  ['request.session', it => it.request.session.user, 'BW_UNKNOWN_METHOD', 'request.raw'],
  ['request.ip', it => it.request.ip, 'BW_UNKNOWN_METHOD', 'remoteAddress'],
]

test.each(onSockets)('%s is told what to do instead', async (_, call, code, words) => {
  const told = new Promise<Untyped>(resolve => {
    const server = createServer({ onError: resolve }).route('/', { open: call })
    cleanups.push(() => server.close({ timeoutMs: 0 }))
    void server.listen().then(({ url: address }) => {
      const socket = new WebSocket(address)
      cleanups.push(() => socket.terminate())
    })
  })
  const error = await told
  expect(error.code).toBe(code)
  expect(error.message).toContain(words)
})

test('The page of mistakes has each of them, with its code and the words', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/reference/mistakes.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `(.+?)` \| `(\w+)` \| (.+) \|$/gm)].map(row => row.slice(1, 4))
  const all = [...thrown, ...rejected, ...byHubs, ...onSockets].map(([what, , code, words]) => [
    what,
    code,
    words,
  ])
  expect(rows.map(([what, code]) => [what, code]).toSorted()).toEqual(
    all.map(([what, code]) => [what, code]).toSorted(),
  )
  for (const [what, , words] of rows) {
    expect(words?.replaceAll('\\', ''), what).toContain(all.find(it => it[0] === what)?.[2])
  }
})

test('An object that a client sends is warned of: the standard makes a useless text of it', async () => {
  const warned = once(process, 'warning')
  const socket = connecting()
  expect(() => socket.send({ a: 1 })).toThrow('Still connecting')
  const [warning] = (await warned) as [Untyped]
  expect(warning).toMatchObject({
    code: 'BW_INVALID_MESSAGE',
    message: expect.stringContaining('JSON.stringify'),
  })
})

test('A callback that the client’s send gets is warned of: it is never called, as in browsers', async () => {
  const warned = once(process, 'warning')
  const socket = connecting()
  expect(() => socket.send('hello', () => {})).toThrow('Still connecting')
  const [warning] = (await warned) as [Untyped]
  expect(warning).toMatchObject({
    code: 'BW_INVALID_ARGUMENT',
    message: expect.stringContaining('bufferedAmount'),
  })
})

test('What a program sets on a socket is its own, whatever other libraries have there', async () => {
  const kept = new Promise<unknown>(resolve => {
    const server = createServer().route('/', {
      open: (socket: Untyped) => {
        socket.rooms = new Set(['a'])
        socket.request.session = { user: 'ann' }
        resolve([[...socket.rooms], socket.request.session, socket.onmessage])
      },
    })
    cleanups.push(() => server.close({ timeoutMs: 0 }))
    void server.listen().then(({ url: address }) => {
      const socket = new WebSocket(address)
      cleanups.push(() => socket.terminate())
    })
  })
  expect(await kept).toEqual([['a'], { user: 'ann' }, undefined])
})

test('Wildcards in the name of a plain topic are warned of', async () => {
  const warned = once(process, 'warning')
  const server = createServer().route('/', { open: socket => socket.subscribe('rooms/*') })
  cleanups.push(() => server.close({ timeoutMs: 0 }))
  const { url: address } = await server.listen()
  const socket = new WebSocket(address)
  cleanups.push(() => socket.terminate())
  const [warning] = (await warned) as [Untyped]
  expect(warning).toMatchObject({
    code: 'BW_INVALID_ARGUMENT',
    message: expect.stringContaining('no wildcards'),
  })
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

test.each([
  ['Your trial has ended: choose a plan.', true],
  ['Sign in.', true],
  ['请先登录', true],
  ['403 Forbidden', false],
  ['Error: Access denied!', false],
])('A refusal that says why is shown before, and instead of, a guess: %s', async (body, saysWhy) => {
  const http = createHttpServer()
  http.on('upgrade', (_, socket) => {
    const head = 'HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8'
    socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  cleanups.push(() => http.close())
  const { port } = http.address() as { port: number }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
  const [event] = (await once(socket, 'error')) as [Untyped]
  expect(event.message).toContain(saysWhy ? `It says: "${body}".` : `Its body says "${body}".`)
  expect(event.message.includes('Likely cause')).toBe(!saysWhy)
})
