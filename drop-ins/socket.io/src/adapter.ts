import { EventEmitter } from 'node:events'
import type { ByteBudget } from 'bothways/connection'
import type { BroadcastFlags, BroadcastOptions, Room, SocketId } from './broadcast-options.ts'
import { argumentsTextOf, decodeParts } from './encoded-parts.ts'
import type { RawData } from './engine-binding.ts'
import type { Handshake } from './handshake.ts'
import type { Packet } from './parser/packet.ts'
import type { Parser, ParserEncoder } from './parser-option.ts'
import { type PublishedPacket, publishPacket } from './published-packet.ts'
import {
  type Session,
  SessionLog,
  type SessionLogOptions,
  type SessionToPersist,
} from './recovery/session-log.ts'

/** The namespace as its adapter uses it. */
export interface AdapterNamespace {
  readonly name: string
  readonly server: AdapterServer
  /** The clients that are connected, on this server. */
  readonly sockets: ReadonlyMap<SocketId, AdapterSocket>
  /** @internal The next acknowledgement's. */
  _ids: number
  /** @internal The rooms as topics, if they are. */
  readonly _topics: TopicPublisher | undefined
  /** @internal An event of another server. */
  _onServerSideEmit(args: [string, ...unknown[]]): void
}

/** The server as an adapter uses it. */
export interface AdapterServer {
  readonly encoder: ParserEncoder
  /** @internal */
  readonly _parser: Parser
  /** @internal Whether packets are texts as the protocol has them. */
  readonly _hasOwnParser: boolean
  /** @internal */
  readonly _opts: AdapterSettings
  /** @internal What all namespaces remember for clients that are away. */
  readonly _remembered: ByteBudget
}

interface AdapterSettings {
  readonly connectionStateRecovery?: Omit<SessionLogOptions, 'noticeMs' | 'budget'>
  readonly pingInterval?: number
  readonly pingTimeout?: number
}

/** A client of the namespace as the adapter uses it. */
export interface AdapterSocket {
  readonly id: SocketId
  readonly handshake: Handshake
  readonly rooms: Set<Room>
  readonly data: unknown
  /** @internal The same, for those who only look. */
  readonly _ownData: unknown
  readonly client: AdapterClient
  /** @internal */
  readonly acks: Map<number, (...args: unknown[]) => void>
  /** @internal The position of the last packet that was written. */
  _lastOffset: string | undefined
  /** @internal Whether somebody wants to know what is sent. */
  readonly _hasOutgoingListeners: boolean
  /** @internal */
  notifyOutgoingListeners(packet: Packet): void
  join(rooms: Room | Room[]): Promise<void> | void
  leave(room: Room): Promise<void> | void
  disconnect(close?: boolean): unknown
}

interface AdapterClient {
  /** @internal It has come again by another connection. */
  _drop(): void
  /** @internal */
  _packet(packet: Packet, flags: BroadcastFlags): void
  /** @internal */
  writeToEngine(encoded: readonly RawData[], flags: BroadcastFlags): void
  /** @internal The same for many clients. */
  _writePublished(packet: PublishedPacket): void
}

/** Publishes events to the plain subscribers of rooms. */
interface TopicPublisher {
  publish(rooms: ReadonlySet<Room>, text: string, attachments: readonly RawData[]): void
}

/** A client as another server describes it. */
export interface SocketDetails {
  readonly id: SocketId
  readonly handshake: Handshake
  readonly rooms: Room[]
  readonly data: unknown
}

/** An adapter, also one that is made for npm's `socket.io` and extends the class of `socket.io-adapter`. */
export interface CompatibleAdapter {
  readonly rooms: Map<Room, Set<SocketId>>
  readonly sids: Map<SocketId, Set<Room>>
  init(): void | Promise<void>
  close(): void | Promise<void>
  serverCount(): Promise<number>
  addAll(id: SocketId, rooms: Set<Room>): void | Promise<void>
  del(id: SocketId, room: Room): void | Promise<void>
  delAll(id: SocketId): void
  sockets(rooms: Set<Room>): Promise<Set<SocketId>>
  socketRooms(id: SocketId): Set<Room> | undefined
}

/** Makes adapters: a class, or a function as those of npm's adapters. */
export type AdapterConstructor =
  // biome-ignore lint/suspicious/noExplicitAny: adapters of npm take their own type of namespace
  (new (nsp: any) => CompatibleAdapter) | ((nsp: any) => CompatibleAdapter)

const nobody: ReadonlySet<string> = new Set()

/**
 * The rooms of a namespace, and the clients that are reached through them. This one knows the clients of its own server;
 * {@link ClusterAdapter} joins several.
 */
export class Adapter extends EventEmitter {
  readonly nsp: AdapterNamespace
  /** The members of each room. */
  readonly rooms: Map<Room, Set<SocketId>> = new Map()
  /** The rooms that somebody is in. */
  readonly sids: Map<SocketId, Set<Room>> = new Map()
  /** The packets that clients miss while they are away; only with the option `connectionStateRecovery`. */
  protected readonly log: SessionLog | undefined

  constructor(nsp: AdapterNamespace) {
    super()
    this.nsp = nsp
    const { connectionStateRecovery, pingInterval = 25_000, pingTimeout = 20_000 } = nsp.server._opts
    if (connectionStateRecovery) {
      this.log = new SessionLog({
        ...connectionStateRecovery,
        noticeMs: pingInterval + pingTimeout,
        budget: nsp.server._remembered,
      })
    }
  }

  init(): void | Promise<void> {}

  close(): void | Promise<void> {
    this.log?.close()
  }

  /** How many servers there are, this one included. */
  serverCount(): Promise<number> {
    return Promise.resolve(1)
  }

  addAll(id: SocketId, rooms: ReadonlySet<Room>): void | Promise<void> {
    this.#separate(id)
    let own = this.sids.get(id)
    if (own === undefined) {
      own = new Set()
      this.sids.set(id, own)
    }
    for (const room of rooms) {
      own.add(room)
      this.#separate(room)
      let members = this.rooms.get(room)
      if (members === undefined) {
        // It is in the room of its own and in no other: one set says both, until one of them changes.
        const isAlone = room === id && own.size === 1 && rooms.size === 1
        members = isAlone ? own : new Set()
        this.rooms.set(room, members)
        this.emit('create-room', room)
        if (isAlone) this.emit('join-room', room, id)
      }
      if (members.has(id)) continue
      members.add(id)
      this.emit('join-room', room, id)
    }
  }

  del(id: SocketId, room: Room): void | Promise<void> {
    this.#separate(id)
    this.sids.get(id)?.delete(room)
    this.#leave(id, room)
  }

  delAll(id: SocketId): void {
    const rooms = this.sids.get(id)
    if (rooms === undefined) return
    this.#separate(id)
    for (const room of rooms) this.#leave(id, room)
    this.sids.delete(id)
  }

  /** Sends an event. */
  broadcast(packet: Packet, options: BroadcastOptions): void {
    packet.nsp = this.nsp.name
    const { flags } = options
    const offset = this.#isLogged(packet, flags) ? this.log?.nextOffset() : undefined
    // Last in the data, where the client takes it from.
    if (offset !== undefined) packet.data = [...packet.data, offset]
    const parts = this.nsp.server.encoder.encode(packet)
    if (offset !== undefined) this.remember(parts, options, offset)
    this.deliver(packet, parts, options, offset)
  }

  /** Sends an event to one client, and to nobody who happens to be in a room of its name. */
  sendTo(socket: AdapterSocket, packet: Packet, flags: BroadcastFlags): void {
    packet.nsp = this.nsp.name
    socket.notifyOutgoingListeners(packet)
    const { log } = this
    if (log === undefined || !this.#isLogged(packet, flags)) {
      socket.client._packet(packet, flags)
      return
    }
    const offset = log.nextOffset()
    packet.data = [...packet.data, offset]
    const parts = this.nsp.server.encoder.encode(packet)
    this.keep(parts, { rooms: new Set([socket.id]) }, offset)
    socket._lastOffset = offset
    socket.client.writeToEngine(parts, flags)
  }

  /** Sends an event that is acknowledged: `onCount` gets the number of clients, `onAnswer` the answer of each. */
  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    onCount: (count: number) => void,
    onAnswer: (...args: unknown[]) => void,
  ): void {
    packet.nsp = this.nsp.name
    // The counter is common to all clients of the namespace: none of them has this id yet.
    packet.id = this.nsp._ids++
    const { id } = packet
    const parts = this.nsp.server.encoder.encode(packet)
    const published = publishPacket(parts, options.flags ?? {})
    let count = 0
    this.apply(options, socket => {
      count++
      socket.acks.set(id, onAnswer)
      socket.notifyOutgoingListeners(packet)
      socket.client._writePublished(published)
    })
    this.#publish(packet, parts, options, undefined)
    onCount(count)
  }

  sockets(rooms: ReadonlySet<Room>): Promise<Set<SocketId>> {
    const ids = new Set<SocketId>()
    this.apply({ rooms }, socket => ids.add(socket.id))
    return Promise.resolve(ids)
  }

  socketRooms(id: SocketId): Set<Room> | undefined {
    return this.sids.get(id)
  }

  fetchSockets(options: BroadcastOptions): Promise<(AdapterSocket | SocketDetails)[]> {
    const sockets: AdapterSocket[] = []
    this.apply(options, socket => sockets.push(socket))
    return Promise.resolve(sockets)
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.apply(options, socket => void socket.join(rooms))
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.apply(options, socket => {
      for (const room of rooms) void socket.leave(room)
    })
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.apply(options, socket => void socket.disconnect(close))
  }

  /** Emits an event on the other servers, of which there are none here. */
  serverSideEmit(packet: unknown[]): void {
    const ack = packet.at(-1)
    if (typeof ack === 'function') ack(null, [])
  }

  /** @internal A client was let in that may come back. */
  enter(_socket: AdapterSocket, _pid: string, _returnCount: number): void {}

  /** @internal The data of a client may have changed. */
  touch(_id: SocketId): void {}

  /** @internal A client has gone that does not come back. */
  over(_pid: string): void {}

  /** @internal Whether a client may come back to what it had. */
  mayComeBack(_id: SocketId): boolean {
    return true
  }

  persistSession(session: SessionToPersist): void {
    this.log?.persist(session)
  }

  restoreSession(pid: string, offset?: string): Promise<Session | null | undefined> | null | undefined {
    return this.log?.restore(pid, offset)
  }

  /** The encoded packets that a client in these rooms has missed since `position`, with their offsets. */
  missedSince(position: number, rooms: readonly Room[]): { parts: readonly RawData[]; offset: string }[] {
    return this.log?.missedSince(position, rooms) ?? []
  }

  /** How many packets there have been. */
  get position(): number | undefined {
    return this.log?.position
  }

  /** Remembers an encoded event for clients that are away. */
  protected remember(
    parts: readonly RawData[],
    { rooms, except = nobody }: BroadcastOptions,
    offset: string,
  ): void {
    this.log?.append({ offset, parts, rooms, except })
  }

  /** Remembers an event that is delivered to one client by this server alone. */
  protected keep(parts: readonly RawData[], options: BroadcastOptions, offset: string): void {
    this.remember(parts, options, offset)
  }

  /** Writes an encoded event to clients of this server and to plain subscribers of its rooms. */
  protected deliver(
    packet: Packet | undefined,
    parts: readonly RawData[],
    options: BroadcastOptions,
    offset: string | undefined,
  ): void {
    const { flags = {} } = options
    const published = publishPacket(parts, flags)
    let decoded = packet
    this.apply(options, socket => {
      if (socket._hasOutgoingListeners) {
        decoded ??= decodeParts(this.nsp.server._parser, parts)
        if (decoded !== undefined) socket.notifyOutgoingListeners(decoded)
      }
      if (offset !== undefined) socket._lastOffset = offset
      socket.client._writePublished(published)
    })
    this.#publish(packet, parts, options, offset)
  }

  /** Calls back for each client of this server that is meant: without allocation, once for each. */
  protected apply(options: BroadcastOptions, callback: (socket: AdapterSocket) => void): void {
    const { rooms, except = nobody } = options
    const { sockets } = this.nsp
    if (rooms.size === 0) {
      for (const id of this.sids.keys()) {
        const socket = sockets.get(id)
        if (socket !== undefined && !this.#isIn(id, except)) callback(socket)
      }
      return
    }
    for (const room of rooms) {
      const members = this.rooms.get(room)
      if (members === undefined) continue
      for (const id of members) {
        if (this.#isIn(id, except) || (rooms.size > 1 && this.#isIn(id, rooms, room))) continue
        const socket = sockets.get(id)
        if (socket !== undefined) callback(socket)
      }
    }
  }

  /** Tells plain subscribers of the rooms. */
  #publish(
    packet: Packet | undefined,
    parts: readonly RawData[],
    { rooms, isFromTopic }: BroadcastOptions,
    offset: string | undefined,
  ): void {
    const { _topics: topics, name, server } = this.nsp
    if (topics === undefined || rooms.size === 0 || isFromTopic) return
    const [text, ...attachments] = parts
    if (server._hasOwnParser && typeof text === 'string') {
      topics.publish(rooms, argumentsTextOf(text, name, offset), attachments)
      return
    }
    const data = (packet ?? decodeParts(server._parser, parts))?.data as unknown[] | undefined
    if (data !== undefined) {
      topics.publish(rooms, JSON.stringify(offset === undefined ? data : data.slice(0, -1)), [])
    }
  }

  /** Whether somebody is in one of the rooms, of those before `end`. */
  #isIn(id: SocketId, rooms: ReadonlySet<Room>, end?: Room): boolean {
    if (rooms.size === 0) return false
    for (const room of rooms) {
      if (room === end) return false
      if (this.rooms.get(room)?.has(id)) return true
    }
    return false
  }

  /** Acknowledgements cannot be had later, and volatile events are worth nothing then. */
  #isLogged(packet: Packet, flags: BroadcastFlags | undefined): boolean {
    return this.log !== undefined && packet.id === undefined && !flags?.volatile
  }

  /** From here on a client's rooms and the members of its own room are two sets. */
  #separate(id: SocketId): void {
    const members = this.rooms.get(id)
    if (members !== undefined && members === this.sids.get(id)) this.rooms.set(id, new Set(members))
  }

  #leave(id: SocketId, room: Room): void {
    const members = this.rooms.get(room)
    if (members === undefined) return
    if (members.delete(id)) this.emit('leave-room', room, id)
    if (members.size === 0 && this.rooms.delete(room)) this.emit('delete-room', room)
  }
}
