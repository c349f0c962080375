import type { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import type { Server as HttpServer, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { checkRequest, serializeRefusal, serializeResponse } from '@bothways/protocol'
import { ByteBudget, type ConnectionSettings } from 'bothways/connection'
import { debugLog } from '../debug.ts'
import { Admission } from './admission.ts'
import { type AttachableServer, captureRequests } from './attach.ts'
import { serializeCookie } from './cookie.ts'
import { cors } from './cors.ts'
import { channels } from './diagnostics.ts'
import { type EngineRequest, engineRequest } from './engine-request.ts'
import { Heartbeats } from './heartbeats.ts'
import { type Middleware, runMiddlewares } from './middleware.ts'
import { connectionSettings, openWebSocket } from './opening.ts'
import {
  type AttachOptions,
  resolveServerOptions,
  type ServerOptions,
  type ServerSettings,
} from './options.ts'
import { type PollingSettings, PollingTransport } from './polling-transport.ts'
import { endUpgrade, refuseRequest, refuseUpgrade } from './refuse.ts'
import { guard, SafeEmitter } from './safe-emitter.ts'
import { type ConnectionError, type EngineRefusal, errorMessages, errors } from './server-errors.ts'
import { SessionForwarding } from './session-forwarding.ts'
import { type SessionServer, Socket } from './socket.ts'
import type { Transport, TransportName } from './transport.ts'
import { UpgradeResponse } from './upgrade-response.ts'
import { problemOf, protocolOf, transportOf } from './verify.ts'
import { WebSocketTransport } from './websocket-transport.ts'

/** 15 bytes are 20 characters of base64, and more than can be guessed. */
const sessionIdBytes = 15

const log = debugLog('engine')

/** Gets the refusal, if there is one. */
type OnVerified = (refusal?: EngineRefusal) => void

type Refuse = (refusal: EngineRefusal) => void

/** A request to upgrade on its way through the checks. */
interface Upgrade {
  readonly request: EngineRequest
  readonly response: UpgradeResponse
  readonly socket: Duplex
  readonly head: Buffer
  readonly refuse: Refuse
}

/**
 * An Engine.IO server, of the protocol's versions 4 and 3, with the names of npm's `engine.io` 6. Events:
 *
 * - `connection` (socket)
 * - `connection_error` ({ req, code, message, context }): a request was refused
 * - `initial_headers` and `headers` (headers, request): they may be added to; of a session's first request, of any
 * - `flush` (socket, packets) and `drain` (socket)
 */
export class Server extends SafeEmitter implements SessionServer {
  static readonly errors: typeof errors = errors
  static readonly errorMessages: typeof errorMessages = errorMessages

  readonly opts: ServerSettings
  /** The open sessions by their ids. */
  clients: Record<string, Socket> = {}
  clientsCount = 0
  /** The HTTP server that `listen` has made. */
  httpServer: HttpServer | undefined
  /** @internal */
  readonly _heartbeats: Heartbeats
  /** @internal What waits for the clients. */
  readonly _outgoing: ByteBudget
  /** @internal What has come of bodies and messages that are still to be completed. */
  readonly _incoming: ByteBudget
  readonly #admission: Admission
  readonly #connectionSettings: ConnectionSettings
  readonly #pollingSettings: PollingSettings
  readonly #middlewares: Middleware[] = []
  readonly #forwarding: SessionForwarding | undefined
  #isClosed = false

  constructor(options: ServerOptions = {}) {
    super()
    this.opts = resolveServerOptions(options)
    this.#connectionSettings = connectionSettings(this.opts)
    this._heartbeats = new Heartbeats(this.opts.pingInterval, this.opts.pingTimeout)
    this._outgoing = new ByteBudget(this.opts.maxTotalBufferedBytes)
    this._incoming = new ByteBudget(this.opts.maxTotalIncomingBytes)
    this.#admission = new Admission(this.opts)
    this.#pollingSettings = {
      maxHttpBufferSize: this.opts.maxHttpBufferSize,
      bodies: this._incoming,
      httpCompression: this.opts.httpCompression,
      onHeaders: (headers, request, transport) => this.#addHeaders(headers, request, transport),
    }
    const { cluster, maxHttpBufferSize } = this.opts
    this.#forwarding =
      cluster &&
      new SessionForwarding(cluster, {
        maxBodyBytes: maxHttpBufferSize,
        bodies: this._incoming,
        handle: (request, response) => this.#answer(request, response),
      })
    // Throws now rather than for each client.
    if (this.opts.cookie) serializeCookie('', this.opts.cookie)
    if (this.opts.cors) this.use(cors(this.opts.cors))
  }

  use(middleware: Middleware): void
  // biome-ignore lint/suspicious/noExplicitAny: libraries have types of their own for requests, such as Express
  use(middleware: (request: any, response: any, next: any) => unknown): void
  /** Adds a middleware, as of Express, that sees every request. */
  use(middleware: Middleware): void {
    this.#middlewares.push(middleware)
  }

  /** The transports that a session may move to. */
  upgrades(transport: TransportName): TransportName[] {
    const { allowUpgrades, transports } = this.opts
    return allowUpgrades && transport === 'polling' && transports.includes('websocket') ? ['websocket'] : []
  }

  /** A new session's id, or a promise of it. To be replaced by a program that wants ids of its own; no two may be the same. */
  generateId(_request: IncomingMessage): string | Promise<string> {
    return newSessionId()
  }

  /** Takes the requests for a path from an HTTP server, and leaves it the others. */
  attach(server: AttachableServer, options: AttachOptions = {}): void {
    captureRequests(this, server, options)
    const events: EventEmitter = server
    events.on('close', () => this.close())
    events.on('listening', () => {
      this.#isClosed = false
    })
  }

  /** Ends all sessions. */
  close(): this {
    for (const socket of Object.values(this.clients)) socket.close(true)
    this.#forwarding?.close()
    this.#isClosed = true
    return this
  }

  /** Takes an HTTP request, whatever its path. */
  handleRequest(incoming: IncomingMessage, response: ServerResponse): void {
    const request = engineRequest(incoming)
    const { sid = '' } = request._query
    const owner = Object.hasOwn(this.clients, sid) ? undefined : this.#forwarding?.ownerOf(sid)
    if (owner === undefined) this.#answer(request, response)
    // When nobody has the session, this server answers.
    else this.#forwarding?.forward(request, response, owner, () => this.#answer(request, response))
  }

  /** Answers a request of this server's own. */
  #answer(request: EngineRequest, response: ServerResponse): void {
    const refuse = (refusal: EngineRefusal): void => {
      this.#tell(request, refusal)
      refuseRequest(response, refusal)
    }
    this.#check(request, response, false, refusal => {
      if (refusal !== undefined) {
        refuse(refusal)
        return
      }
      // Somebody has answered already, or nobody waits for an answer any more.
      if (response.writableEnded || response.destroyed) return
      const { sid } = request._query
      if (sid) this.#onPollingRequest(this.clients[sid], request, response)
      else this.#handshake(request, refuse, id => this.#openPolling(id, request, response))
    })
  }

  /** Takes a request to upgrade, whatever its path. */
  handleUpgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', ignore)
    const request = engineRequest(incoming)
    const response = new UpgradeResponse(request, socket)
    const refuse = (refusal: EngineRefusal): void => {
      this.#tell(request, refusal)
      refuseUpgrade(socket, refusal)
    }
    const upgrade: Upgrade = { request, response, socket, head, refuse }
    this.#check(request, response.asResponse, true, refusal => {
      const { sid } = request._query
      if (refusal !== undefined) refuse(refusal)
      else if (sid) this.#moveSession(sid, upgrade)
      else if (transportOf(request, this.opts) === 'websocket') {
        this.#handshake(request, refuse, id => this.#openWebSocket(id, upgrade))
      } else {
        // The request upgrades to a WebSocket but names another transport: nothing is said on the connection.
        const transport = this.#acceptWebSocket(upgrade)
        transport?.release()
        transport?.start()
      }
    })
  }

  // --- requests

  /** Middlewares, then the rules, then the program. */
  #check(request: EngineRequest, response: ServerResponse, isUpgrade: boolean, onVerified: OnVerified): void {
    runMiddlewares(this.#middlewares, request, response, error => {
      if (error) {
        onVerified({ code: errors.BAD_REQUEST, context: { name: 'MIDDLEWARE_FAILURE' } })
        return
      }
      const isHandshake = !request._query.sid
      const problem =
        problemOf(request, this.opts, this.clients, isUpgrade) ??
        (isHandshake ? this.#admission.onHandshake(addressOf(request)) : undefined)
      if (problem !== undefined || !isHandshake) onVerified(problem)
      else this.#ask(request, onVerified)
    })
  }

  #ask(request: EngineRequest, onVerified: OnVerified): void {
    const { allowRequest } = this.opts
    if (allowRequest === undefined) {
      onVerified()
      return
    }
    let isAnswered = false
    const answer = (message: string | null | undefined, isAllowed: boolean): void => {
      if (isAnswered) return
      isAnswered = true
      onVerified(isAllowed ? undefined : { code: errors.FORBIDDEN, context: { message } })
    }
    guard(() => {
      try {
        allowRequest(request, answer)
      } catch (error) {
        answer(null, false)
        throw error
      }
    })
  }

  /** Finds an id for a new session, and opens it (Engine.IO protocol v4, "Handshake"). */
  #handshake(request: EngineRequest, refuse: Refuse, open: (id: string) => void): void {
    const protocol = protocolOf(request)
    if (protocol === 3 && !this.opts.allowEIO3) {
      refuse({ code: errors.UNSUPPORTED_PROTOCOL_VERSION, context: { protocol } })
      return
    }
    const onError = (error: unknown): void => {
      refuse({ code: errors.BAD_REQUEST, context: { name: 'ID_GENERATION_ERROR', error } })
    }
    const onId = (given: string): void => {
      const id = this.#forwarding?.idOf(given) ?? given
      if (Object.hasOwn(this.clients, id)) {
        onError(new Error('The id of a new session is in use.'))
        return
      }
      const problem = this.#admission.problemOf(addressOf(request))
      if (problem !== undefined) refuse(problem)
      else open(id)
    }
    let id: string | Promise<string>
    try {
      id = this.generateId(request)
    } catch (error) {
      onError(error)
      return
    }
    if (typeof id === 'string') onId(id)
    else Promise.resolve(id).then(onId, onError)
  }

  #onPollingRequest(session: Socket | undefined, request: EngineRequest, response: ServerResponse): void {
    const transport = session?.transport
    if (session === undefined || !(transport instanceof PollingTransport)) return
    this.#admission.onComeBack(session)
    transport.onRequest(request, response)
  }

  #openPolling(id: string, request: EngineRequest, response: ServerResponse): void {
    if (response.writableEnded || response.destroyed) return
    const transport = new PollingTransport(request, this.#pollingSettings)
    const socket = this.#createSocket(id, transport, request)
    transport.onRequest(request, response)
    this.emit('connection', socket)
  }

  #openWebSocket(id: string, upgrade: Upgrade): void {
    const transport = this.#acceptWebSocket(upgrade)
    if (transport === undefined) return
    const socket = this.#createSocket(id, transport, upgrade.request)
    this.emit('connection', socket)
    transport.start()
  }

  /** A session that exists has a new connection, to move to (Engine.IO protocol v4, "Upgrade"). */
  #moveSession(sid: string, upgrade: Upgrade): void {
    const transport = this.#acceptWebSocket(upgrade)
    if (transport === undefined) return
    const client = this.clients[sid]
    if (client !== undefined) this.#admission.onComeBack(client)
    const mayMove = client?.transport.name === 'polling' && transport.name === 'websocket'
    if (mayMove && !client.upgrading && this.opts.allowUpgrades) client._tryUpgrade(transport)
    else transport.release()
    transport.start()
  }

  /** Answers with 101; undefined when it cannot. */
  #acceptWebSocket({ request, response, socket, head, refuse }: Upgrade): WebSocketTransport | undefined {
    if (response.writableEnded || !socket.readable || !socket.writable) {
      socket.destroy()
      return undefined
    }
    const checked = checkRequest(request)
    if (!checked.ok) {
      endUpgrade(socket, serializeRefusal(checked.refusal))
      return undefined
    }
    if (this.#isClosed) {
      endUpgrade(socket, serializeResponse(503, [], 'The server is closing.'))
      return undefined
    }
    response.writeHead()
    const { headers } = response
    if (!request._query.sid) this.emit('initial_headers', headers, request)
    this.emit('headers', headers, request)
    try {
      const init = openWebSocket(checked, { socket, head, headers }, this.opts, this.#connectionSettings)
      const transport = new WebSocketTransport(request, init, this._incoming)
      // From here on they are the transport's.
      socket.removeListener('error', ignore)
      return transport
    } catch (error) {
      refuse({ code: errors.BAD_REQUEST, context: { name: 'TRANSPORT_HANDSHAKE_ERROR', error } })
      return undefined
    }
  }

  #createSocket(id: string, transport: Transport, request: EngineRequest): Socket {
    log?.('new session by %s, protocol %d', transport.name, transport.protocol)
    const socket = new Socket(id, this, transport, request, transport.protocol)
    this.clients[id] = socket
    this.clientsCount++
    this.#admission.enter(socket, transport.name === 'polling')
    return socket
  }

  /** @internal A session is over. */
  _forget(session: Socket): void {
    // A session that ends before it has been let in is not among them.
    if (this.clients[session.id] !== session) return
    delete this.clients[session.id]
    this.clientsCount--
    this.#admission.leave(session)
  }

  #addHeaders(headers: OutgoingHttpHeaders, request: EngineRequest, { sid = '' }: Transport): void {
    if (!request._query.sid) {
      const { cookie } = this.opts
      if (cookie) headers['Set-Cookie'] = [serializeCookie(sid, cookie)]
      this.emit('initial_headers', headers, request)
    }
    this.emit('headers', headers, request)
  }

  #tell(request: EngineRequest, { code, context }: EngineRefusal): void {
    log?.('refused %s: %s %s', request.method, errorMessages[code], context?.message ?? context?.name ?? '')
    const error: ConnectionError = { req: request, code, message: errorMessages[code], context }
    channels.refusal.publish(error)
    this.emit('connection_error', error)
  }
}

function ignore(): void {}

function addressOf({ socket }: IncomingMessage): string {
  return socket?.remoteAddress ?? ''
}

/** A new session's id, which nobody else can know. */
function newSessionId(): string {
  return randomBytes(sessionIdBytes).toString('base64url')
}
