import {
  Adapter,
  type AdapterConstructor,
  type AdapterNamespace,
  type AdapterServer,
  type AdapterSocket,
} from './adapter.ts'
import { BroadcastOperator } from './broadcast-operator.ts'
import type { SocketId } from './broadcast-options.ts'
import { Broadcaster } from './broadcaster.ts'
import type { Client, ClientSocket } from './client.ts'
import { busOf } from './cluster/broker-bus.ts'
import { ClusterAdapter } from './cluster/cluster-adapter.ts'
import { type Middleware, runMiddlewares } from './middlewares.ts'
import type { Session } from './recovery/session-log.ts'
import { RoomTopics } from './room-topics.ts'
import type { ServerSettings } from './server-options.ts'
import { checkEventName, type ExtendedError } from './socket-types.ts'
import type {
  AllButLast,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  EventNames,
  EventNamesWithAck,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from './typed-events.ts'

/** The server as a namespace uses it. */
export interface ServerOfNamespace extends AdapterServer {
  /** @internal */
  readonly _opts: ServerSettings
  adapter(): AdapterConstructor | undefined
  /** @internal */
  _onAdapterError(error: unknown): void
}

/** A socket as its namespace uses it. */
export interface SocketOfNamespace extends AdapterSocket, ClientSocket {
  readonly recovered: boolean
  disconnect(close?: boolean): unknown
  /** @internal It was let in. */
  _onconnect(): void
  /** @internal It is in no room any more. */
  _cleanup(): void
  /** @internal It was not let in. */
  _error(data: unknown): void
}

export interface NamespaceReservedEventsMap<Sock> {
  connect: (socket: Sock) => void
  connection: (socket: Sock) => void
}

/** Names that other servers cannot emit here. */
const reservedEvents: ReadonlySet<unknown> = new Set(['connect', 'connection', 'new_namespace'])

/** The behaviour of a namespace. Programs know it as `Namespace` of `public-classes.ts`. */
export abstract class NamespaceOf<
  Srv extends ServerOfNamespace,
  Sock extends SocketOfNamespace,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends Broadcaster<EmitEvents, ServerSideEvents, NamespaceReservedEventsMap<Sock>, SocketData> {
  readonly name: string
  readonly server: Srv
  /** The clients that are connected, on this server. */
  readonly sockets: Map<SocketId, Sock> = new Map()
  adapter!: Adapter
  /** @internal The next acknowledgement's. */
  _ids = 0
  /** @internal */
  _topics: RoomTopics | undefined
  /** @internal Called when nobody is connected any more. */
  _onEmpty: (() => void) | undefined
  /** @internal */
  readonly _middlewares: Middleware<Sock>[] = []
  readonly #arriving = new Set<object>()

  /** @internal */
  constructor(server: Srv, name: string) {
    super()
    this.server = server
    this.name = name
    this._initAdapter()
  }

  /** @internal */
  protected abstract _makeSocket(
    client: Client,
    auth: Record<string, unknown>,
    session: Session | null | undefined,
  ): Sock

  /** @internal */
  _initAdapter(): void {
    const { topics, connectionStateRecovery, cluster } = this.server._opts
    this._topics?.close()
    this._topics = topics && new RoomTopics(topics, this)
    void this.adapter?.close()
    this.adapter = makeAdapter(this, this.server.adapter(), cluster)
    this._topics?.follow(this.adapter, connectionStateRecovery?.maxDisconnectionDuration ?? 0)
    Promise.resolve(this.adapter.init()).catch(error => this.server._onAdapterError(error))
  }

  /** Looks at each client before it is let in; the client gets its error as `connect_error`. */
  use(fn: (socket: Sock, next: (err?: ExtendedError) => void) => void): this {
    this._middlewares.push(fn)
    return this
  }

  /** Sends an event to everybody. */
  override emit<Ev extends EventNamesWithoutAck<EmitEvents>>(
    ev: Ev,
    ...args: EventParams<EmitEvents, Ev>
  ): boolean {
    return this._everybody.emit(ev as never, ...(args as never))
  }

  /** Emits an event on the other servers; a function as last argument gets an array of their answers. */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean {
    checkEventName(ev, reservedEvents)
    this.adapter.serverSideEmit([ev, ...args])
    return true
  }

  /** Emits an event on the other servers, and promises their answers; rejects with those that came in time. */
  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    return new Promise((resolve, reject) => {
      const ack = (error: Error | null, responses: never): void => {
        if (error) reject(Object.assign(error, { responses }))
        else resolve(responses)
      }
      this.serverSideEmit(ev, ...([...args, ack] as never))
    })
  }

  /** @internal */
  get _everybody(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return new BroadcastOperator(this.adapter)
  }

  /** @internal A client wants to join. */
  async _add(client: Client, auth: Record<string, unknown>, onJoined: (socket: Sock) => void): Promise<void> {
    const recovery = this.server._opts.connectionStateRecovery
    const { pid, offset } = auth
    const session =
      recovery && typeof pid === 'string' && (offset === undefined || typeof offset === 'string')
        ? await this.#restore(pid, offset)
        : // The client's next packets come later than this anyhow.
          await undefined
    const socket = this._makeSocket(client, auth, session)
    this.#arriving.add(socket)
    const isSkipping = recovery && recovery.skipMiddlewares !== false && socket.recovered
    if (isSkipping && client.conn.readyState === 'open') {
      this.#connect(socket, onJoined)
      return
    }
    await new Promise<void>(resolve => {
      runMiddlewares(this._middlewares, socket, error => {
        process.nextTick(() => {
          resolve()
          if (client.conn.readyState !== 'open') {
            socket._cleanup()
          } else if (error) {
            const { message, data } = error as ExtendedError
            socket._cleanup()
            socket._error(client.conn.protocol === 3 ? data || message : { message, data })
          } else {
            this.#connect(socket, onJoined)
          }
        })
      })
    })
  }

  /** @internal */
  _remove(socket: { readonly id: SocketId }): void {
    if (!this.sockets.delete(socket.id)) this.#arriving.delete(socket)
    if (this.sockets.size === 0) this._onEmpty?.()
  }

  /** @internal An event of another server. */
  _onServerSideEmit(args: [string, ...unknown[]]): void {
    this.emitUntyped(...args)
  }

  /** @internal */
  _emitNewNamespace(namespace: unknown): void {
    this.emitUntyped('new_namespace', namespace)
  }

  async #restore(
    pid: string,
    offset: string | undefined,
  ): Promise<Awaited<ReturnType<Adapter['restoreSession']>>> {
    try {
      return await this.adapter.restoreSession(pid, offset)
    } catch (error) {
      this.server._onAdapterError(error)
      return undefined
    }
  }

  #connect(socket: Sock, onJoined: (socket: Sock) => void): void {
    this.#arriving.delete(socket)
    this.sockets.set(socket.id, socket)
    // First the library's own work: a listener may disconnect it at once.
    socket._onconnect()
    onJoined(socket)
    this.emitReserved('connect', socket)
    this.emitReserved('connection', socket)
  }
}

/** The adapter of a namespace: the program's own, one that joins servers, or one for this server alone. */
function makeAdapter(
  nsp: AdapterNamespace,
  maker: AdapterConstructor | undefined,
  cluster: ServerSettings['cluster'],
): Adapter {
  if (maker !== undefined) return make(maker, nsp)
  return cluster === undefined ? new Adapter(nsp) : new ClusterAdapter(nsp, busOf(cluster))
}

/** A class or an ordinary function is called with `new`, as npm's socket.io does; an arrow function cannot be. */
function make(maker: AdapterConstructor, nsp: AdapterNamespace): Adapter {
  if (maker.prototype === undefined) return (maker as (nsp: AdapterNamespace) => Adapter)(nsp)
  return new (maker as new (nsp: AdapterNamespace) => Adapter)(nsp)
}
