import { Adapter, type AdapterNamespace } from './adapter.ts'
import type { RemoteSocket } from './broadcast-operator.ts'
import type { BroadcastOptions, Room } from './broadcast-options.ts'
import { debugLog } from './debug.ts'
import { Namespace } from './namespace.ts'
import type { Packet } from './parser/packet.ts'
import type { Server } from './server.ts'
import type { DefaultEventsMap, EventNamesWithoutAck, EventParams, EventsMap } from './typed-events.ts'

const log = debugLog('socket.io:parent-namespace')

/** Namespaces whose names follow a rule, each made when a client comes: what is done here is done in all of them. */
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
    // On another server there may be namespaces of this rule that there are not here.
    throw new Error('fetchSockets() is not supported on parent namespaces')
  }
}

class ParentAdapter extends Adapter {
  readonly #children: () => Iterable<Namespace>

  constructor(nsp: AdapterNamespace, children: () => Iterable<Namespace>) {
    super(nsp)
    this.#children = children
  }

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    for (const { adapter } of this.#children()) adapter.broadcast({ ...packet }, options)
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const { adapter } of this.#children()) adapter.addSockets(options, rooms)
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const { adapter } of this.#children()) adapter.delSockets(options, rooms)
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    for (const { adapter } of this.#children()) adapter.disconnectSockets(options, close)
  }
}
