import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Http2SecureServer } from 'node:http2'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { UsageError } from '@bothways/protocol'
import { defineInspection } from '../connection/inspection.ts'
import type { MessageData } from '../connection/message-data.ts'
import {
  checkNoCallback,
  checkOptionNames,
  checkTopic,
  longestTimerMs,
  type OptionTable,
  whole,
} from '../connection/option-checks.ts'
import { resolveOptions } from '../connection/option-rules.ts'
import type { Publication } from '../connection/sending/publication.ts'
import type { Hub } from '../hub/hub.ts'
import { BareConnections } from '../opening/bare-connections.ts'
import { Handshakes } from '../opening/handshakes.ts'
import { countHttpConnections, heardFrom } from '../opening/http-connections.ts'
import { type Http2Server, isHttp2Server, takeConnects } from '../opening/http2-connects.ts'
import { answerWithoutUpgrade } from '../opening/ordinary-request.ts'
import { PendingConnections } from '../opening/pending-connections.ts'
import { crowdedOut, silent } from '../opening/refusals.ts'
import type { RouteParams } from '../opening/route-params.ts'
import { attachedTwice, checkAttachable, checkUpgradeArguments } from './attachable.ts'
import { noCounts, type ServerCounts } from './counts.ts'
import { DescriptorWatch } from './descriptor-watch.ts'
import { explainAwait, explainServerMethods } from './foreign-methods.ts'
import { Incidents } from './incidents.ts'
import { OpenSockets } from './open-sockets.ts'
import {
  type CloseOptions,
  closeRules,
  resolveServerOptions,
  type SaysWho,
  type ServerOptions,
  type ServerSettings,
  type Somebody,
} from './options.ts'
import {
  checkTls,
  explainListenFailure,
  type ListenOptions,
  listenOptions,
  OwnHttpServer,
} from './own-http-server.ts'
import { type MeetOptions, RawMeeting } from './plain-topics/raw-meeting.ts'
import { topicsOf } from './plain-topics/shared-topics.ts'
import { type TopicListener, TopicListeners } from './plain-topics/topic-listeners.ts'
import type { Topics } from './plain-topics/topics.ts'
import { type ResolvedRoute, type Route, resolveRoute } from './route.ts'
import { Routes } from './routes.ts'
import { checkCloseArguments, publicationOf } from './send-arguments.ts'
import type { AnySocket, ServerSocket } from './server-socket.ts'
import type { SocketData } from './socket-data.ts'

export interface ListenResult {
  /** Where clients connect: `ws://127.0.0.1:8080/`. */
  readonly url: string
  readonly host: string
  readonly port: number
}

export interface AttachOptions {
  /**
   * The upgrades that are for another listener: they are left alone. All others are ours then, and refused at once when
   * no route claims them. Default: an upgrade that no route claims is left to the other listeners, if there are any, and refused
   * when none has answered within `handshakeTimeoutMs`. So it always is with requests of HTTP/2.
   */
  leaves?(request: IncomingMessage): boolean
}

/** A subscriber that may be left out of a publish. */
// biome-ignore lint/suspicious/noExplicitAny: a socket of any user
export type Except = AnySocket<any> | TopicListener

export interface PublishOptions {
  /**
   * Subscribers of the topic that do not get this message: the socket that it came from, a listener that published it itself, or
   * several of them. A socket that has not subscribed is left out anyway.
   */
  except?: Except | Iterable<Except>
}

const publishOptions: OptionTable<PublishOptions> = { except: true }

type Attached<Server extends HttpServer | Http2SecureServer> = Pick<
  Server,
  'prependListener' | 'off' | 'listeners' | 'emit'
>

/** Any HTTP server of Node's, also of `node:http2`; Express, Koa, Fastify and Hono have one or are one. */
export type AttachableServer = Attached<HttpServer> | Attached<Http2SecureServer>

/**
 * A WebSocket server: stands alone on a port of its own ({@link listen}), or beside what an HTTP server does
 * already ({@link attach}).
 */
export class Server<User = undefined> implements AsyncDisposable {
  static {
    defineInspection(Server<unknown>, 'Server', server => {
      const address = server.#own?.address
      const serving = server.#detachments.size > 0 ? 'serving' : 'not listening'
      return {
        state: server.#closed === undefined ? serving : 'closed',
        address: address && `${address.address}:${address.port}`,
        routes: server.#routes.paths,
        sockets: server.sockets.size,
      }
    })
  }

  readonly #settings: ServerSettings<User>
  readonly #routes = new Routes<ResolvedRoute<User>>()
  readonly #topics: Topics<Publication>
  readonly #listeners: TopicListeners
  readonly #counts = noCounts()
  readonly #sockets: OpenSockets<User>
  readonly #pending: PendingConnections
  readonly #incidents: Incidents<User>
  readonly #handshakes: Handshakes<User, ResolvedRoute<User>, ServerSocket<User>>
  readonly #detachments = new Set<() => void>()
  readonly #attached = new Set<AttachableServer>()
  #own: OwnHttpServer | undefined
  #bare: BareConnections | undefined
  #descriptors: DescriptorWatch | undefined
  #closed: Promise<void> | undefined

  /** @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION` */
  constructor(options: ServerOptions<User> = {}) {
    this.#settings = resolveServerOptions(options)
    const settings = this.#settings
    this.#topics = topicsOf(settings, this.#counts)
    this.#listeners = new TopicListeners(this.#topics, error => settings.onError(error, undefined))
    const counts = this.#counts
    const incidents = new Incidents<User>(settings, counts)
    const pending = new PendingConnections(settings, address => {
      incidents.refused(crowdedOut(settings.maxPendingHandshakes), address, undefined, false)
    })
    this.#incidents = incidents
    this.#pending = pending
    this.#sockets = new OpenSockets({ settings, topics: this.#topics, counts, incidents })
    this.#handshakes = new Handshakes({
      settings,
      routes: this.#routes,
      sockets: this.#sockets,
      pending,
      onRefused: (refusal, address, raw) => incidents.refused(refusal, address, raw),
    })
  }

  /** Everything that is connected now. */
  get sockets(): ReadonlySet<ServerSocket<User>> {
    return this.#sockets.all
  }

  /** The counts of this server so far; a live view. */
  get counts(): Readonly<ServerCounts> {
    return this.#counts
  }

  /**
   * Serves a path: exactly that one (`/chat`), all with something at a place (`/rooms/:id`, which handlers read as
   * `socket.request.params.id`), or all below (`/files/*`). Of several that fit, the one that says more serves: a literal
   * segment goes before a parameter, and that before `*`.
   *
   * @throws UsageError `BW_ROUTE_EXISTS`, `BW_INVALID_OPTION`, `BW_UNKNOWN_OPTION` or `BW_INVALID_SUBPROTOCOL`
   */
  route<Path extends string, Data = SocketData>(
    path: Path,
    route: Route<User, Data, RouteParams<Path>>,
  ): this {
    // The handlers know their path's parameters; here one route is like the other.
    this.#routes.add(path, () => resolveRoute(route as unknown as Route<User>))
    return this
  }

  /**
   * Listens on a port of its own. Ordinary HTTP requests are told that this is a WebSocket server (426).
   *
   * @throws UsageError `BW_ALREADY_LISTENING` or `BW_SERVER_CLOSED`, and rejects with Node's error (`EADDRINUSE` …)
   */
  listen(where: ListenOptions = {}): Promise<ListenResult> {
    // biome-ignore lint/complexity/noArguments: a callback would never be called
    // biome-ignore lint/correctness/noUndeclaredVariables: arguments is declared by the language
    return explainAwait(this.#listen(where, [...arguments]))
  }

  async #listen(where: ListenOptions, given: readonly unknown[]): Promise<ListenResult> {
    const callback = given.find(it => typeof it === 'function')
    checkNoCallback(callback, 'const { url } = await server.listen({ port: 8080 })')
    checkOptionNames('listen', where, listenOptions)
    checkTls(where.tls)
    this.#checkNotClosed()
    if (this.#own !== undefined) {
      throw new UsageError(
        'BW_ALREADY_LISTENING',
        'This server listens already; make another one for another port.',
      )
    }
    const { host = '127.0.0.1', tls, http2 = false } = where
    const port = whole(where, 'port', 0, 0, 65_535)
    const { handshakeTimeoutMs } = this.#settings
    const own = new OwnHttpServer({ tls, http2, handshakeTimeoutMs })
    const { server } = own
    server.on('clientError', (error, stream) => this.#handshakes.refuseUnreadable(error, stream as Socket))
    this.#own = own
    const detach = this.attach(server)
    try {
      await own.listen(port, host)
    } catch (error) {
      this.#own = undefined
      detach()
      this.#checkNotClosed()
      throw explainListenFailure(error, host, port)
    }
    if (tls === undefined && this.#settings.connection.transport === 'auto') {
      this.#bare = BareConnections.at({
        server,
        timeoutMs: handshakeTimeoutMs,
        pending: this.#pending,
        onConnect: () => this.#descriptors?.arrived(),
        onSilent: address => this.#incidents.refused(silent(handshakeTimeoutMs), address),
        take: (head, rest, peer) => this.#handshakes.takeHead(head, rest, peer),
      })
    }
    // It must not end the process.
    server.on('error', error => this.#settings.onError(error, undefined))
    const bound = own.address?.port ?? port
    const authority = `${host.includes(':') ? `[${host}]` : host}:${bound}`
    return { url: `${tls === undefined ? 'ws' : 'wss'}://${authority}/`, host, port: bound }
  }

  /**
   * Serves the routes of this server on an HTTP server that somebody else owns. Its requests, and the upgrades of
   * its other listeners, stay what they are: an upgrade that no route claims is refused only if nobody else
   * answers it.
   *
   * Its timeouts are its own: `headersTimeout`, `requestTimeout` and `connectionsCheckingInterval` say how long a client
   * may be silent, 60 s to 90 s by Node's defaults. Its connections without a request count for `maxPendingHandshakes`.
   *
   * @returns a function that detaches again; open connections stay
   * @throws UsageError `BW_ALREADY_ATTACHED`, `BW_INVALID_OPTION` for what is no HTTP server, or `BW_UNKNOWN_OPTION`
   */
  attach(attached: AttachableServer, options: AttachOptions = {}): () => void {
    checkAttachable(attached)
    checkOptionNames('attach', options, { leaves: true })
    if (this.#attached.has(attached)) throw attachedTwice()
    this.#attached.add(attached)
    const server = attached as Attached<HttpServer>
    const onUpgrade = (request: IncomingMessage, stream: Socket, head: Buffer): void => {
      heardFrom(this.#pending, stream)
      if (options.leaves?.(request)) return
      const others = options.leaves ? [] : server.listeners('upgrade').filter(it => it !== onUpgrade)
      if (others.length === 0 && !isWebSocketUpgrade(request)) {
        answerWithoutUpgrade(server, request, stream, head)
      } else {
        this.#handshakes.takeUpgrade(request, stream, head, others)
      }
    }
    // First, so that what another listener writes is seen to be written after us.
    server.prependListener('upgrade', onUpgrade)
    this.#descriptors ??= new DescriptorWatch(error => this.#incidents.ranOutOfDescriptors(error))
    const stopCounting = countHttpConnections({
      server,
      pending: this.#pending,
      onConnect: () => this.#descriptors?.arrived(),
    })
    const stopConnects = isHttp2Server(server) ? this.#takeConnects(server) : undefined
    const detach = (): void => {
      server.off('upgrade', onUpgrade)
      this.#attached.delete(attached)
      stopCounting()
      stopConnects?.()
      if (!this.#detachments.delete(detach) || this.#detachments.size > 0) return
      this.#descriptors?.stop()
      this.#descriptors = undefined
    }
    this.#detachments.add(detach)
    return detach
  }

  #takeConnects(server: Http2Server): () => void {
    server.updateSettings({ enableConnectProtocol: true })
    return takeConnects({
      server,
      isFirst: true,
      onRequest: tcp => heardFrom(this.#pending, tcp),
      take: connect => this.#handshakes.takeConnect(connect),
    })
  }

  /**
   * Takes one upgrade request of an HTTP server whose program dispatches them itself, as an `upgrade` listener gets it.
   * The request is this server's from here on, and is always answered: it becomes a socket of the route of its path,
   * or is refused (404 where no route has the path, 426 where it is no WebSocket handshake, 503 after {@link close}).
   *
   * @param head the bytes that came behind the head of the request
   * @example
   * http.on('upgrade', (request, socket, head) => {
   *   if (request.url?.startsWith('/live')) server.handleUpgrade(request, socket, head)
   *   else other.handleUpgrade(request, socket, head)
   * })
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // biome-ignore lint/complexity/noArguments: a callback as ws takes it would never be called
    // biome-ignore lint/correctness/noUndeclaredVariables: arguments is declared by the language
    checkUpgradeArguments(request, socket, arguments[3])
    heardFrom(this.#pending, socket)
    this.#handshakes.takeUpgrade(request, socket, head, [])
  }

  /**
   * Sends to every subscriber of a topic, framed once and compressed at most once.
   *
   * @returns how many here have taken it: not those whose queue is full. 0 for a topic of a hub that was met: it goes there first
   * @throws UsageError `BW_INVALID_MESSAGE` or `BW_UNKNOWN_OPTION`
   */
  publish(topic: string, data: Exclude<MessageData, Blob>, options: PublishOptions = {}): number {
    checkTopic(topic)
    checkOptionNames('publish', options, publishOptions)
    const except = this.#listeners.excepted(options.except)
    const { meeting } = this.#sockets
    if (meeting?.opens(topic)) {
      meeting.publish(topic, data, except)
      return 0
    }
    return this.#topics.publish(topic, publicationOf(data), except)
  }

  /**
   * Calls a function with everything that is published to a topic, with `broker` in any process: for bridges from topics to
   * somewhere else. A `Buffer` is everybody's, and must not be changed. An error that the listener throws goes to `onError`.
   *
   * @returns a function that ends it
   */
  subscribe(topic: string, listener: TopicListener): () => void {
    checkTopic(topic)
    const leave = this.#listeners.subscribe(topic, listener)
    const { meeting } = this.#sockets
    return meeting?.opens(topic) ? meeting.listen(topic, leave) : leave
  }

  /**
   * Lets this server's plain routes meet the topics of a hub that are declared with `raw: true`: `socket.subscribe`,
   * `socket.publish`, `publish` and `subscribe` of such a topic are the hub's, which asks `authorize` for the socket's user. Messages
   * are the JSON text of the data. All other topics stay this server's own. Before the first client, and once.
   * @throws UsageError `BW_ALREADY_ATTACHED` or `BW_UNKNOWN_OPTION`
   */
  meet(hub: Hub<User>, options: MeetOptions<User> = {}): this {
    checkOptionNames('meet', options, { onRefused: true })
    if (this.#sockets.meeting !== undefined) {
      throw new UsageError(
        'BW_ALREADY_ATTACHED',
        'This server has met a hub already: declare all topics in one.',
      )
    }
    this.#sockets.meeting = new RawMeeting(hub, this.#topics, options)
    return this
  }

  /**
   * Drains: refuses new connections with 503, closes the open ones, waits for their handlers, and resolves when
   * everything is over. A second call waits for the first. A handler that awaits this waits for itself, until
   * `timeoutMs` have passed.
   *
   * @throws UsageError `BW_INVALID_CLOSE_ARGUMENT` or `BW_INVALID_OPTION`
   */
  close(options: CloseOptions = {}): Promise<void> {
    const how = resolveOptions('close', options, closeRules)
    checkCloseArguments(how.code, how.reason)
    this.#closed ??= this.#close(how)
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #checkNotClosed(): void {
    if (this.#closed === undefined) return
    throw new UsageError('BW_SERVER_CLOSED', 'This server was closed; make another one to listen again.')
  }

  async #close({ code, reason, spreadMs, timeoutMs }: Required<CloseOptions>): Promise<void> {
    this.#handshakes.drain()
    this.#bare?.close()
    const httpClosed = this.#own?.stopListening()
    const sockets = [...this.#sockets.all]
    const timers = sockets.map((socket, at) =>
      setTimeout(() => socket.close(code, reason), Math.floor((spreadMs * at) / sockets.length)),
    )
    timers.push(
      setTimeout(
        () => {
          this.#sockets.giveUp()
          this.#own?.cutConnections()
        },
        Math.min(spreadMs + timeoutMs, longestTimerMs),
      ),
    )
    await this.#sockets.whenEmpty()
    await this.#own?.endConnections()
    await httpClosed
    for (const timer of timers) clearTimeout(timer)
    for (const detach of this.#detachments) detach()
    await this.#topics.close()
  }
}

/**
 * Makes a WebSocket server.
 *
 * @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION`
 * @example
 * const server = createServer()
 * server.route('/echo', { message: (socket, message) => socket.send(message) })
 * const { url } = await server.listen({ port: 8080 })
 */
export function createServer(): Server
export function createServer<User = undefined>(
  options: (ServerOptions<User> & SaysWho<User>) | undefined,
): Server<Somebody<User>>
export function createServer<User>(options?: ServerOptions<User>, ...more: unknown[]): Server<User> {
  checkNoCallback(more[0], "handlers belong to a route: server.route('/chat', { open(socket) {} })")
  return new Server(options)
}

explainServerMethods(Server)

function isWebSocketUpgrade(request: IncomingMessage): boolean {
  return /\bwebsocket\b/i.test(request.headers.upgrade ?? '')
}
