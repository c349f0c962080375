import type { Adapter } from './adapter.ts'
import { BroadcastOperator } from './broadcast-operator.ts'
import type { SocketId } from './broadcast-options.ts'
import { Broadcaster } from './broadcaster.ts'
import type { Client } from './client.ts'
import { makeAdapter } from './make-adapter.ts'
import { type Middleware, runMiddlewares } from './middlewares.ts'
import { RoomTopics } from './room-topics.ts'
import type { Server } from './server.ts'
import { Socket } from './socket.ts'
import { checkEventName, type ExtendedError } from './socket-types.ts'
import type {
  AllButLast,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from './typed-events.ts'

export interface NamespaceReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  connect: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void
  connection: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void
}

export interface ServerReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  new_namespace: (namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void
}

/** Names that other servers cannot emit here. */
const reservedEvents: ReadonlySet<unknown> = new Set(['connect', 'connection', 'new_namespace'])

/** A part of a server that clients join for itself: with its own middlewares, rooms and events. */
export class Namespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // biome-ignore lint/suspicious/noExplicitAny: as npm socket.io has it
  SocketData = any,
> extends Broadcaster<
  EmitEvents,
  ServerSideEvents,
  NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  SocketData
> {
  readonly name: string
  readonly server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  /** Who is connected, on this server. */
  readonly sockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> = new Map()
  adapter!: Adapter
  /** @internal The next acknowledgement's. */
  _ids = 0
  /** @internal */
  _topics: RoomTopics | undefined
  /** @internal Called when nobody is connected any more. */
  _onEmpty: (() => void) | undefined
  /** @internal */
  readonly _middlewares: Middleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>[] = []
  readonly #arriving = new Set<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>()

  /** @internal */
  constructor(server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>, name: string) {
    super()
    this.server = server
    this.name = name
    this._initAdapter()
  }

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

  /** Looks at each client before it is let in; an error is what the client gets as `connect_error`. */
  use(
    fn: (
      socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
      next: (err?: ExtendedError) => void,
    ) => void,
  ): this {
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
  async _add(
    client: Client,
    auth: Record<string, unknown>,
    onJoined: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void,
  ): Promise<void> {
    const recovery = this.server._opts.connectionStateRecovery
    const { pid, offset } = auth
    const session =
      recovery && typeof pid === 'string' && (offset === undefined || typeof offset === 'string')
        ? await this.#restore(pid, offset)
        : // The client's next packets come later than this anyhow.
          await undefined
    const socket = new Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(
      this as never,
      client,
      auth,
      session,
    )
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
  _remove(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
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

  #connect(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    onJoined: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void,
  ): void {
    this.#arriving.delete(socket)
    this.sockets.set(socket.id, socket)
    // First what the library does: a listener may disconnect it at once.
    socket._onconnect()
    onJoined(socket)
    this.emitReserved('connect', socket)
    this.emitReserved('connection', socket)
  }
}
