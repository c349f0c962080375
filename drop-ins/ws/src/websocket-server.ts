import type { Buffer } from 'node:buffer'
import { EventEmitter } from 'node:events'
import http, { type Server as HttpServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { acceptKey } from '@bothways/protocol'
import { isHttp2Stream } from 'bothways/connection'
import { isHttp2Server, takeConnects } from 'bothways/exchange'
import { format, parse as parseExtensions } from './extension.ts'
import {
  isOldVersion,
  problemOf,
  type RefusalAnswer,
  refusePlainHttp,
  refuseUpgrade,
} from './http1-opening.ts'
import { AnswerSocket, acceptConnect, problemOfConnect, requestOf } from './http2-opening.ts'
import { emptyBuffer } from './payload.ts'
import { PerMessageDeflate } from './permessage-deflate.ts'
import type { ServerOptions } from './server-options.ts'
import { parse as parseSubprotocols } from './subprotocol.ts'
import type { AddressInfo, AnyListener } from './types.ts'
import { WebSocket } from './websocket.ts'

/** The events of a server, with their arguments. */
interface ServerEvents<Socket, Request> {
  close: []
  connection: [websocket: Socket, request: Request]
  error: [error: Error]
  headers: [headers: string[], request: Request]
  listening: []
  wsClientError: [error: Error, socket: Duplex, request: Request]
}

// Members that ws does not have get names that no subclass has.
const stopListening: unique symbol = Symbol('stopListening')
const closesWithLast: unique symbol = Symbol('closesWithLast')
const readTerms: unique symbol = Symbol('readTerms')
const verifying: unique symbol = Symbol('verifying')
const completing: unique symbol = Symbol('completing')
const tracking: unique symbol = Symbol('tracking')
const acceptingDeflate: unique symbol = Symbol('acceptingDeflate')
const refusing: unique symbol = Symbol('refusing')
const listeningTo: unique symbol = Symbol('listeningTo')
const emittingClose: unique symbol = Symbol('emittingClose')

const defaults = {
  allowSynchronousEvents: true,
  autoPong: true,
  maxBufferedChunks: 256 * 1024,
  maxFragments: 16 * 1024,
  maxPayload: 100 * 1024 * 1024,
  maxPendingAutoPongs: 60,
  skipUTF8Validation: false,
  perMessageDeflate: false,
  handleProtocols: null,
  clientTracking: true,
  closeTimeout: 30_000,
  verifyClient: null,
  noServer: false,
  backlog: null,
  server: null,
  host: null,
  path: null,
  port: null,
}

/** Sockets whose opening handshake is over. */
const upgraded = new WeakSet<Duplex>()

/** The subprotocols that a client offers, and the compression that the server accepts. */
interface Terms {
  readonly protocols: Set<string>
  readonly deflate: PerMessageDeflate | undefined
}

/** A valid request to upgrade. */
interface Upgrade<Request> extends Terms {
  readonly request: Request
  readonly socket: Duplex
  readonly head: Buffer
}

type Accept<Socket, Request> = (client: Socket, request: Request) => void

/** The server of npm's `ws`: by itself, beside an HTTP server, or without one. */
export class WebSocketServer<
  T extends typeof WebSocket = typeof WebSocket,
  U extends typeof IncomingMessage = typeof IncomingMessage,
> extends EventEmitter {
  options: ServerOptions<T, U>
  /** The open sockets, unless `clientTracking` is false. */
  declare clients: Set<InstanceType<T>>
  declare path: string
  /** @internal */
  _server: HttpServer | HttpsServer | null = null
  /** @internal */
  _state: 'running' | 'closing' | 'closed' = 'running';
  /** @internal */
  [stopListening]: () => void = () => {};
  /** @internal The last client to leave makes it close. */
  [closesWithLast] = false

  /**
   * @param callback a listener of `listening`, for a server with a `port`
   * @throws TypeError unless exactly one of `port`, `server` and `noServer` is given
   */
  constructor(options?: ServerOptions<T, U>, callback?: () => void) {
    super()
    const all = { ...defaults, WebSocket, ...options } as unknown as ServerOptions<T, U>
    const ways = [all.port != null, Boolean(all.server), Boolean(all.noServer)]
    if (ways.filter(Boolean).length !== 1) {
      throw new TypeError('One and only one of the "port", "server", or "noServer" options must be specified')
    }
    if (all.perMessageDeflate === true) all.perMessageDeflate = {}
    this.options = all
    if (all.clientTracking) this.clients = new Set()
    if (all.port != null) {
      this._server = http.createServer(refusePlainHttp)
      this._server.listen(all.port, all.host as string, all.backlog as number, callback)
    } else if (all.server) {
      this._server = all.server as HttpServer
    }
    if (this._server !== null) this[stopListening] = this[listeningTo](this._server)
  }

  /** Where the server listens: an address, or the path of a Unix socket. */
  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode')
    return this._server === null ? null : this._server.address()
  }

  /**
   * Takes no further connections; those that are open stay. `close` follows when the last one has gone.
   *
   * @param cb a listener of `close`, with an error when the server was not running
   */
  close(cb?: (error?: Error) => void): void {
    if (this._state === 'closed') {
      if (cb) this.once('close', () => cb(new Error('The server is not running')))
      process.nextTick(() => this[emittingClose]())
      return
    }
    if (cb) this.once('close', cb)
    if (this._state === 'closing') return
    this._state = 'closing'
    this[stopListening]()
    const server = this._server
    this._server = null
    if (this.options.port != null) server?.close(() => this[emittingClose]())
    else if (this.options.clientTracking && this.clients.size > 0) this[closesWithLast] = true
    else process.nextTick(() => this[emittingClose]())
  }

  /** Whether a request is for this server: by default, by its path. */
  shouldHandle(request: InstanceType<U>): boolean | Promise<boolean> {
    const { path } = this.options
    return !path || request.url?.split('?', 1)[0] === path
  }

  /** Answers a request to upgrade (RFC 6455 §4.2), or one of HTTP/2 with its stream (RFC 8441 §5). */
  handleUpgrade(
    request: InstanceType<U>,
    socket: Duplex,
    head: Buffer,
    callback: Accept<InstanceType<T>, InstanceType<U>>,
  ): void {
    socket.on('error', destroyIt)
    const isHttp2 = isHttp2Stream(socket)
    // Node's request emits the errors of its stream, too.
    if (isHttp2) request.on('error', ignore)
    const problem = isHttp2 ? problemOfConnect(request) : problemOf(request)
    if (problem !== undefined) {
      this[refusing](request, socket, problem)
      return
    }
    if (!this.shouldHandle(request)) {
      refuseUpgrade(answerable(socket), { status: 400 })
      return
    }
    const terms = this[readTerms](request)
    if ('status' in terms) {
      this[refusing](request, socket, terms)
      return
    }
    this[verifying](request, socket, () => this[completing]({ request, socket, head, ...terms }, callback))
  }

  /** @internal What the client offers, as far as this server takes it. */
  [readTerms]({ headers }: InstanceType<U>): Terms | RefusalAnswer {
    const { 'sec-websocket-protocol': names, 'sec-websocket-extensions': extensions } = headers
    let protocols = new Set<string>()
    try {
      if (names !== undefined) protocols = parseSubprotocols(names)
    } catch {
      return { status: 400, message: 'Invalid Sec-WebSocket-Protocol header' }
    }
    try {
      return { protocols, deflate: this[acceptingDeflate](extensions) }
    } catch {
      return { status: 400, message: 'Invalid or unacceptable Sec-WebSocket-Extensions header' }
    }
  }

  /** @internal Asks the program whether the client may connect. */
  [verifying](request: InstanceType<U>, socket: Duplex, accept: () => void): void {
    const verify = this.options.verifyClient as
      | ((info: object, callback?: (...answer: never) => void) => boolean | undefined)
      | null
      | undefined
    if (!verify) {
      accept()
      return
    }
    const stream = request.socket as Partial<TLSSocket>
    const info = {
      origin: request.headers[isOldVersion(request) ? 'sec-websocket-origin' : 'origin'],
      secure: Boolean(stream.authorized || stream.encrypted),
      req: request,
    }
    if (verify.length === 2) {
      verify(info, (isVerified: boolean, code = 401, message?: string, headers?: OutgoingHttpHeaders) => {
        if (isVerified) accept()
        else refuseUpgrade(answerable(socket), { status: code || 401, message, headers })
      })
    } else if (verify(info)) {
      accept()
    } else {
      refuseUpgrade(answerable(socket), { status: 401 })
    }
  }

  /** @internal The answer 101, and the connection after it. */
  [completing](
    { request, socket, head, protocols, deflate }: Upgrade<InstanceType<U>>,
    callback: Accept<InstanceType<T>, InstanceType<U>>,
  ): void {
    // The client has left while it was looked at.
    if (!socket.readable || !socket.writable) {
      socket.destroy()
      return
    }
    if (upgraded.has(socket)) {
      throw new Error(
        'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration',
      )
    }
    if (this._state !== 'running') {
      refuseUpgrade(answerable(socket), { status: 503 })
      return
    }
    upgraded.add(socket)
    const Socket = (this.options.WebSocket ?? WebSocket) as unknown as new (
      ...args: unknown[]
    ) => InstanceType<T>
    const websocket = new Socket(null, undefined, this.options)
    const headers = isHttp2Stream(socket) ? ['HTTP/2 200 OK'] : switchingProtocols(request)
    if (protocols.size > 0) {
      const { handleProtocols } = this.options
      const [first] = protocols
      const protocol = handleProtocols ? handleProtocols(protocols, request) : first
      if (protocol) {
        headers.push(`Sec-WebSocket-Protocol: ${protocol}`)
        websocket._protocol = protocol
      }
    }
    if (deflate !== undefined) {
      const name = PerMessageDeflate.extensionName
      headers.push(`Sec-WebSocket-Extensions: ${format({ [name]: { ...deflate.params } })}`)
      websocket._extensions = { [name]: deflate }
    }
    this.emit('headers', headers, request)
    if (isHttp2Stream(socket)) acceptConnect(socket, headers)
    else socket.write(`${headers.join('\r\n')}\r\n\r\n`)
    socket.removeListener('error', destroyIt)
    websocket.setSocket(socket, head, this.options)
    if (this.options.clientTracking) this[tracking](websocket)
    callback(websocket, request)
  }

  /** @internal */
  [tracking](websocket: InstanceType<T>): void {
    this.clients.add(websocket)
    websocket.on('close', () => {
      this.clients.delete(websocket)
      if (this[closesWithLast] && this.clients.size === 0) process.nextTick(() => this[emittingClose]())
    })
  }

  /** @internal */
  [acceptingDeflate](header: string | undefined): PerMessageDeflate | undefined {
    const { perMessageDeflate, maxPayload } = this.options
    if (!perMessageDeflate || header === undefined) return undefined
    const offers = parseExtensions(header)[PerMessageDeflate.extensionName]
    if (offers === undefined) return undefined
    const options = perMessageDeflate === true ? {} : perMessageDeflate
    const deflate = new PerMessageDeflate({ ...options, isServer: true, maxPayload })
    deflate.accept(offers)
    return deflate
  }

  /** @internal */
  [refusing](request: InstanceType<U>, socket: Duplex, refusal: RefusalAnswer): void {
    if (this.listenerCount('wsClientError') > 0) {
      this.emit('wsClientError', new Error(refusal.message), answerable(socket), request)
    } else {
      refuseUpgrade(answerable(socket), refusal)
    }
  }

  /** @internal */
  [listeningTo](server: HttpServer | HttpsServer): () => void {
    const connect = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      this.handleUpgrade(request as InstanceType<U>, socket, head, (websocket, it) =>
        this.emit('connection', websocket, it),
      )
    }
    const listeners: Record<string, (...args: never[]) => void> = {
      listening: () => this.emit('listening'),
      error: (error: Error) => this.emit('error', error),
      upgrade: connect,
    }
    const entries = Object.entries(listeners) as [string, (...args: unknown[]) => void][]
    for (const [event, listener] of entries) server.on(event, listener)
    const stopConnects = isHttp2Server(server)
      ? takeConnects({
          server,
          isFirst: false,
          take(it) {
            // Another listener of this server has opened or refused it.
            if (it.stream.headersSent || it.stream.destroyed) return
            connect(requestOf(it), it.stream, emptyBuffer)
          },
        })
      : undefined
    return () => {
      stopConnects?.()
      for (const [event, listener] of entries) server.removeListener(event, listener)
    }
  }

  /** @internal */
  [emittingClose](): void {
    this._state = 'closed'
    this.emit('close')
  }
}

/** Events with their arguments. */
export interface WebSocketServer<
  T extends typeof WebSocket = typeof WebSocket,
  U extends typeof IncomingMessage = typeof IncomingMessage,
> {
  on<E extends keyof ServerEvents<T, U>>(event: E, listener: ServerListener<T, U, E>): this
  on(event: string | symbol, listener: AnyListener<WebSocketServer<T, U>>): this
  once<E extends keyof ServerEvents<T, U>>(event: E, listener: ServerListener<T, U, E>): this
  once(event: string | symbol, listener: AnyListener<WebSocketServer<T, U>>): this
  off<E extends keyof ServerEvents<T, U>>(event: E, listener: ServerListener<T, U, E>): this
  off(event: string | symbol, listener: AnyListener<WebSocketServer<T, U>>): this
  addListener<E extends keyof ServerEvents<T, U>>(event: E, listener: ServerListener<T, U, E>): this
  addListener(event: string | symbol, listener: AnyListener<WebSocketServer<T, U>>): this
  removeListener<E extends keyof ServerEvents<T, U>>(event: E, listener: ServerListener<T, U, E>): this
  removeListener(event: string | symbol, listener: AnyListener<WebSocketServer<T, U>>): this
}

type ServerListener<
  T extends typeof WebSocket,
  U extends typeof IncomingMessage,
  E extends keyof ServerEvents<T, U>,
> = (this: WebSocketServer<T, U>, ...args: ServerEvents<InstanceType<T>, InstanceType<U>>[E]) => void

function destroyIt(this: Duplex): void {
  this.destroy()
}

function ignore(): void {}

/** The lines of the answer 101 (RFC 6455 §4.2.2). */
function switchingProtocols({ headers }: IncomingMessage): string[] {
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptKey(headers['sec-websocket-key'] ?? '')}`,
  ]
}

/** Where the answer of HTTP/1.1 to a request that is refused can be written. */
function answerable(socket: Duplex): Duplex {
  return isHttp2Stream(socket) ? new AnswerSocket(socket) : socket
}
