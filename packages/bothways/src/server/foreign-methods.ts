import { UsageError } from '@bothways/protocol'
import { HandshakeRequest } from '../opening/upgrade-request.ts'

const handlers =
  "handlers belong to a route: server.route('/chat', { open(socket) {}, message(socket, message) {} })"
const publishing = 'server.publish(topic, message) sends to all subscribers of a topic'
const socketHandlers =
  'the handlers of the route get everything: message(socket, message), close(socket, code, reason); or for await (const message of socket)'

/** Methods of servers of other libraries, and how the same is said here. */
const ofServers: Readonly<Record<string, string>> = {
  on: handlers,
  once: handlers,
  addListener: handlers,
  addEventListener: handlers,
  ws: handlers,
  of: handlers,
  use: 'authenticate(request) decides who may connect, and what it returns is socket.user',
  to: publishing,
  in: publishing,
  emit: publishing,
  broadcast: publishing,
  send: publishing,
  address: 'listen promises url, host and port: const { url } = await server.listen({ port })',
  start: 'await server.listen({ port })',
  stop: 'await server.close()',
  shouldHandle: 'routes say which paths are served',
  except: 'server.publish(topic, message, { except: socket })',
  fetchSockets: 'server.sockets is a set of all that are connected to this process',
  socketsJoin: 'for (const socket of server.sockets) socket.subscribe(topic)',
  disconnectSockets: 'for (const socket of server.sockets) socket.close()',
  serverSideEmit: 'server.publish and server.subscribe reach all processes that share a broker',
  numSubscribers: 'publish returns how many have taken it',
  get: 'ordinary requests are for an HTTP server: server.attach(httpServer)',
  post: 'ordinary requests are for an HTTP server: server.attach(httpServer)',
  any: 'ordinary requests are for an HTTP server: server.attach(httpServer)',
  off: 'each route has its handlers for as long as the server lives',
  removeListener: 'each route has its handlers for as long as the server lives',
  removeAllListeners: 'each route has its handlers for as long as the server lives',
}

const servers: Readonly<Record<string, string>> = {
  clients: 'server.sockets is a set of all that are connected',
  connections: 'server.sockets is a set of all that are connected',
  options: 'nothing of them changes later; listen promises url, host and port',
  url: 'listen promises it: const { url } = await server.listen({ port })',
  port: 'listen promises it: const { port } = await server.listen()',
  host: 'listen promises it: const { host } = await server.listen()',
  engine: 'server.sockets, server.counts; for Socket.IO use @bothways/socket.io',
}

const roomOfSocket =
  'publish(topic, message) sends to everybody else who has subscribed; events of Socket.IO are served by @bothways/socket.io'
const asking =
  'send JSON with an id, and wait for the answer that has it; hub.handle(method, handler) answers requests of @bothways/client'

const ofSockets: Readonly<Record<string, string>> = {
  on: socketHandlers,
  once: socketHandlers,
  addListener: socketHandlers,
  addEventListener: socketHandlers,
  emit: 'send(JSON.stringify({ type, … })) sends a message; events of Socket.IO are served by @bothways/socket.io',
  to: roomOfSocket,
  join: 'subscribe(topic)',
  leave: 'unsubscribe(topic)',
  write: 'send(data)',
  sendText: 'send(text)',
  sendBytes: 'send(bytes)',
  sendUTF: 'send(text)',
  sendBinary: 'send(bytes)',
  json: 'send(JSON.stringify(object))',
  end: 'close(code, reason)',
  destroy: 'terminate() cuts the connection at once, close(code, reason) says goodbye',
  drop: 'terminate() cuts the connection at once, close(code, reason) says goodbye',
  pong: 'pings are answered by themselves',
  getUserData: 'data has what the program keeps with a connection',
  getBufferedAmount: 'bufferedAmount',
  getRemoteAddressAsText: 'remoteAddress',
  isSubscribed: 'the program knows what it has subscribed a socket to',
  getTopics: 'the program knows what it has subscribed a socket to',
  getRemoteAddress: 'remoteAddress',
  getUrl: 'request.url',
  cork: 'what is sent in one turn of the event loop goes out together',
  pause: 'for await (const message of socket) reads on when the loop asks for the next message',
  resume: 'for await (const message of socket) reads on when the loop asks for the next message',
  off: socketHandlers,
  removeListener: socketHandlers,
  removeAllListeners: socketHandlers,
  onAny: socketHandlers,
  use: socketHandlers,
  in: roomOfSocket,
  except: 'server.publish(topic, message, { except: [socket, other] })',
  timeout: asking,
  emitWithAck: asking,
  sendPing: 'ping() promises the round-trip time',
  sendFragment: 'send(data) sends a whole message',
  pipe: 'for await (const message of socket) reads, send returns whether the client keeps up',
  accept: 'createServer({ authenticate }) decides before there is a socket',
  reject: 'createServer({ authenticate }) decides before there is a socket',
}

const sockets: Readonly<Record<string, string>> = {
  broadcast: 'publish(topic, message) sends to everybody else who has subscribed',
  volatile: "createServer({ whenBufferFull: 'drop' }) drops what a slow client cannot take",
  handshake: 'request has url, headers and remoteAddress; user is what authenticate returned',
  rooms: 'the program knows what it has subscribed a socket to',
  nsp: 'each path has a route: request.path',
  conn: 'remoteAddress, protocol, bytesSent …, and request',
  upgradeReq: 'request',
  connection: 'remoteAddress, remotePort, request',
  _socket: 'remoteAddress, remotePort',
}

/** Of the request behind a socket. */
const requests: Readonly<Record<string, string>> = {
  socket: "remoteAddress; Node's own request is request.raw",
  connection: "remoteAddress; Node's own request is request.raw",
  query: "request.url.searchParams.get('name')",
  cookies: 'request.headers.cookie',
  session: "request.raw is Node's own request, for a session library; or read request.headers.cookie",
  ip: 'remoteAddress',
  auth: "request.url.searchParams.get('token'), or request.headers.authorization",
}

/** Handlers that are assigned, as to a browser's WebSocket. */
const assigned = ['onopen', 'onmessage', 'onclose', 'onerror'] as const

/** Makes calls that belong to another library say what to write here, instead of "is not a function". */
function explainMethods(
  Class: { readonly name: string; readonly prototype: object },
  cures: Readonly<Record<string, string>>,
): void {
  for (const [name, cure] of Object.entries(cures)) {
    Object.defineProperty(Class.prototype, name, {
      configurable: true,
      writable: true,
      value: () => {
        throw new UsageError('BW_UNKNOWN_METHOD', `A ${Class.name} has no method ${name}. Here: ${cure}.`)
      },
    })
  }
}

/** The same for properties that are read. A property that a program has set itself is its own. */
function explainProperties(prototype: object, whose: string, cures: Readonly<Record<string, string>>): void {
  for (const [name, cure] of Object.entries(cures)) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      get() {
        throw new UsageError('BW_UNKNOWN_METHOD', `A ${whose} has no property ${name}. Here: ${cure}.`)
      },
      set(value: unknown) {
        Object.defineProperty(this, name, { value, configurable: true, enumerable: true, writable: true })
      },
    })
  }
}

/** A property of the result that is read from its promise, before `await`, would be undefined. */
export function explainAwait<Result extends object>(listening: Promise<Result>): Promise<Result> {
  const traps = ['url', 'host', 'port'].map(name => {
    const text = `listen promises ${name}: const { ${name} } = await server.listen({ port: 8080 }).`
    const get = (): never => {
      throw new UsageError('BW_INVALID_ARGUMENT', text)
    }
    return [name, { get }] as const
  })
  return Object.defineProperties(listening, Object.fromEntries(traps))
}

export function explainServerMethods(Class: { readonly name: string; readonly prototype: object }): void {
  explainMethods(Class, ofServers)
  explainProperties(Class.prototype, 'Server', servers)
  explainProperties(HandshakeRequest.prototype, 'request', requests)
}

export function explainSocketMethods(Class: { readonly name: string; readonly prototype: object }): void {
  explainMethods(Class, ofSockets)
  explainProperties(Class.prototype, 'ServerSocket', sockets)
  for (const name of assigned) {
    Object.defineProperty(Class.prototype, name, {
      configurable: true,
      get: () => undefined,
      set() {
        throw new UsageError(
          'BW_UNKNOWN_METHOD',
          `A ServerSocket has no ${name}, and nobody would call it. Here: ${socketHandlers}.`,
        )
      },
    })
  }
}
