import type { RemoteSocket } from './broadcast-operator.ts'
import type { Client } from './client.ts'
import { debugLog } from './debug.ts'
import { NamespaceOf } from './namespace.ts'
import { ParentAdapter } from './parent-adapter.ts'
import type { Session } from './recovery/session-log.ts'
import { type ParentOf, ServerOf } from './server.ts'
import { SocketOf } from './socket.ts'
import type {
  DecorateAcknowledgements,
  DefaultEventsMap,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
} from './typed-events.ts'

// The classes as programs know, extend and augment them. Their public types name each other (a socket has a namespace,
// which has a server, which has namespaces), so they stand in one file; what they do is in the files of their names.

const log = debugLog('socket.io:parent-namespace')

/** A client in a namespace. */
export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // biome-ignore lint/suspicious/noExplicitAny: as npm socket.io has it
  SocketData = any,
> extends SocketOf<
  Namespace<ListenEvents, EmitEvents, ServerSideEvents>,
  ListenEvents,
  EmitEvents,
  SocketData
> {
  /** How long the next acknowledgement is waited for, in ms. It gets an error, or null, as its first argument. */
  override timeout(
    timeout: number,
  ): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>, ServerSideEvents, SocketData> {
    return super.timeout(timeout) as never
  }
}

/** A part of a server that clients join for itself: with its own middlewares, rooms and events. */
export class Namespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // biome-ignore lint/suspicious/noExplicitAny: as npm socket.io has it
  SocketData = any,
> extends NamespaceOf<
  Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  EmitEvents,
  ServerSideEvents,
  SocketData
> {
  /** @internal */
  protected override _makeSocket(
    client: Client,
    auth: Record<string, unknown>,
    session: Session | null | undefined,
  ): Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return new Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(this, client, auth, session)
  }
}

/** Namespaces whose names follow a rule, each made when a client comes: an operation here is done in all of them. */
export class ParentNamespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // biome-ignore lint/suspicious/noExplicitAny: as npm socket.io has it
  SocketData = any,
> extends Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /** @internal */
  readonly children: Set<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> = new Set()

  static #count = 0

  /** @internal */
  constructor(server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) {
    super(server, `/_${ParentNamespace.#count++}`)
  }

  /** @internal */
  override _initAdapter(): void {
    this.adapter = new ParentAdapter(this, () => this.children)
  }

  override emit<Ev extends EventNamesWithoutAck<EmitEvents>>(
    ev: Ev,
    ...args: EventParams<EmitEvents, Ev>
  ): boolean {
    for (const child of this.children) child.emit(ev, ...args)
    return true
  }

  /** @internal With the middlewares and listeners that there are now. */
  createChild(name: string): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    log?.('new namespace %s', name)
    const { server } = this
    const child = new Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(server, name)
    child._middlewares.push(...this._middlewares)
    for (const listener of this.listeners('connect')) child.on('connect', listener)
    for (const listener of this.listeners('connection')) child.on('connection', listener)
    this.children.add(child)
    if (server._opts.cleanupEmptyChildNamespaces) {
      child._onEmpty = () => {
        child._topics?.close()
        void child.adapter.close()
        if (server._nsps.get(name) === child) server._nsps.delete(name)
        this.children.delete(child)
      }
    }
    server._nsps.set(name, child)
    server.sockets._emitNewNamespace(child)
    return child
  }

  override fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    // Another server may have namespaces of this rule that this one has not.
    throw new Error('fetchSockets() is not supported on parent namespaces')
  }
}

/**
 * A Socket.IO server. Everything that it emits and hears is that of its namespace `/`, {@link Server.sockets}.
 *
 * @example
 * const io = new Server(3000)
 * io.on('connection', socket => socket.emit('hello', 'world'))
 */
export class Server<
  /** The events that clients send. */
  ListenEvents extends EventsMap = DefaultEventsMap,
  /** The events that clients are sent. */
  EmitEvents extends EventsMap = ListenEvents,
  /** The events that servers send each other. */
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  /** The data that the program keeps in `socket.data`. */
  // biome-ignore lint/suspicious/noExplicitAny: as npm socket.io has it
  SocketData = any,
> extends ServerOf<
  Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  EmitEvents,
  ServerSideEvents,
  SocketData
> {
  /** @internal */
  protected override _makeNamespace(
    name: string,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return new Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(this, name)
  }

  /** @internal */
  protected override _makeParent(): ParentOf<
    Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  > {
    return new ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(this)
  }
}
