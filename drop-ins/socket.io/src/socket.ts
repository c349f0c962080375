import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Acknowledge, awaitAcknowledgement, onceOnly } from './acknowledgement.ts'
import type { Adapter } from './adapter.ts'
import { BroadcastOperator } from './broadcast-operator.ts'
import type { BroadcastFlags, Room, SocketId } from './broadcast-options.ts'
import { CatchAllEmitter } from './catch-all.ts'
import type { Client, WriteFlags } from './client.ts'
import { debugLog } from './debug.ts'
import type { EngineSocket } from './engine-binding.ts'
import { type Handshake, handshakeOf } from './handshake.ts'
import { type Middleware, runMiddlewares } from './middlewares.ts'
import { type Packet, PacketType } from './parser/packet.ts'
import { Recovery } from './recovery/recovery.ts'
import type { Session } from './recovery/session-log.ts'
import {
  checkEventName,
  type DisconnectReason,
  type Event,
  recoverableReasons,
  type SocketReservedEventsMap,
} from './socket-types.ts'
import type {
  AllButLast,
  DecorateAcknowledgementsWithMultipleResponses,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from './typed-events.ts'

const log = debugLog('socket.io:socket')

/** The namespace as a socket uses it. */
export interface NamespaceOfSocket {
  readonly name: string
  readonly adapter: Adapter
  readonly server: {
    /** @internal */
    readonly _opts: { readonly connectionStateRecovery?: object }
  }
  /** @internal The next acknowledgement's. */
  _ids: number
  /** @internal */
  _remove(socket: { readonly id: SocketId }): void
}

/** The behaviour of a client in a namespace. Programs know it as `Socket` of `public-classes.ts`. */
export abstract class SocketOf<
  Nsp extends NamespaceOfSocket,
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  SocketData,
> extends CatchAllEmitter<ListenEvents, EmitEvents, SocketReservedEventsMap> {
  readonly nsp: Nsp
  readonly client: Client
  /** Changes with each connection, unless it is {@link recovered}. */
  readonly id: SocketId
  /** Whether this client was away for a while, and has its rooms, its data and the packets it missed. */
  readonly recovered: boolean = false
  connected = false
  /** @internal The position of the last packet that was written. */
  _lastOffset: string | undefined
  readonly #adapter: Adapter
  // Made when first asked for: most sockets never are.
  #handshake: Handshake | undefined
  readonly #auth: Record<string, unknown>
  readonly #issuedMs: number = Date.now()
  #data: SocketData | undefined
  #acks: Map<number, Acknowledge> | undefined
  #middlewares: Middleware<Event>[] | undefined
  readonly #recovery: Recovery | undefined
  #flags: BroadcastFlags | undefined
  #isOver = false

  /** @internal */
  constructor(nsp: Nsp, client: Client, auth: Record<string, unknown>, session?: Session | null) {
    super()
    this.nsp = nsp
    this.client = client
    this.#adapter = nsp.adapter
    if (session) {
      this.id = session.sid
      this.#data = session.data as SocketData
      this.recovered = true
      this.#recovery = new Recovery(session.pid, session.since, session)
      this._lastOffset = session.lastOffset
      // Its own room it joins when it is let in.
      void this.join(session.rooms.filter(it => it !== this.id))
    } else {
      // Not the engine's id: with that anybody can speak in the client's name. Clients of protocol 4 expect it.
      this.id = client.conn.protocol === 3 ? legacyId(nsp.name, client.id) : randomId()
      if (nsp.server._opts.connectionStateRecovery)
        this.#recovery = new Recovery(randomId(), this.#adapter.position)
    }
    this.#auth = auth
    // One without a listener would end the process.
    this.on('error', ignore as never)
  }

  /** How the client came. */
  get handshake(): Handshake {
    this.#handshake ??= handshakeOf(this.conn, this.#auth, this.#issuedMs)
    return this.#handshake
  }

  /** @internal */
  set handshake(handshake: Handshake) {
    this.#handshake = handshake
  }

  /** For the program, and seen by other servers in `fetchSockets`. */
  get data(): SocketData {
    this.#data ??= {} as SocketData
    // Its receiver may change it.
    if (this.#recovery !== undefined) this.#adapter.touch?.(this.id)
    return this.#data
  }

  set data(data: SocketData) {
    this.#data = data
    if (this.#recovery !== undefined) this.#adapter.touch?.(this.id)
  }

  /** @internal */
  get _ownData(): SocketData | undefined {
    return this.#data
  }

  /** @internal */
  get acks(): Map<number, Acknowledge> {
    this.#acks ??= new Map()
    return this.#acks
  }

  /** @internal Of npm's socket.io it is no secret in JavaScript. */
  get server(): Nsp['server'] {
    return this.nsp.server
  }

  /** @internal As {@link server}. */
  get adapter(): Adapter {
    return this.#adapter
  }

  get disconnected(): boolean {
    return !this.connected
  }

  /** The request with which the connection began. */
  get request(): IncomingMessage {
    return this.client.request
  }

  /** The connection. */
  get conn(): EngineSocket {
    return this.client.conn
  }

  /** The rooms that it is in. */
  get rooms(): Set<Room> {
    return this.#adapter.socketRooms(this.id) ?? new Set()
  }

  /** Sends an event; a function as last argument is called with the client's acknowledgement. */
  override emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    checkEventName(ev)
    const flags = this.#takeFlags()
    const data: unknown[] = [ev, ...args]
    const packet: Packet = { type: PacketType.EVENT, nsp: this.nsp.name, data }
    const ack = data.at(-1)
    if (typeof ack === 'function') {
      data.pop()
      packet.id = this.nsp._ids++
      awaitAcknowledgement(this, packet.id, ack as Acknowledge, flags.timeout)
    }
    this.#send(packet, flags)
    return true
  }

  /** Sends an event, and promises the first argument of the acknowledgement. */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    const hasTimeout = this.#flags?.timeout !== undefined
    return new Promise((resolve, reject) => {
      const ack = (first: never, second: never): void => {
        if (!hasTimeout) resolve(first)
        else if (first) reject(first)
        else resolve(second)
      }
      this.emit(ev, ...([...args, ack] as never))
    })
  }

  /** Sends the event `message`. */
  send(...args: EventParams<EmitEvents, 'message'>): this {
    this.emit('message', ...args)
    return this
  }

  /** Sends the event `message`. */
  write(...args: EventParams<EmitEvents, 'message'>): this {
    return this.send(...args)
  }

  /** Everybody else in a room. */
  to(
    room: Room | Room[],
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.broadcast.to(room)
  }

  /** Everybody else in a room. */
  in(
    room: Room | Room[],
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.broadcast.to(room)
  }

  /** All others that are not in a room. */
  except(
    room: Room | Room[],
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.broadcast.except(room)
  }

  /** Everybody else. */
  get broadcast(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return new BroadcastOperator(this.#adapter, new Set(), new Set([this.id]), this.#takeFlags(), this)
  }

  /** Everybody else on this server. */
  get local(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.broadcast.local
  }

  /** The next event may be lost when the client cannot take it now. */
  get volatile(): this {
    this.#nextFlags.volatile = true
    return this
  }

  /** Whether the next event is compressed, where compression was agreed on. */
  compress(compress: boolean): this {
    this.#nextFlags.compress = compress
    return this
  }

  /** How long the next acknowledgement is waited for, in ms. It gets an error, or null, as its first argument. */
  timeout(timeout: number): unknown {
    this.#nextFlags.timeout = timeout
    return this
  }

  join(rooms: Room | Room[]): Promise<void> | void {
    if (this.#isOver) return
    return this.#adapter.addAll(this.id, new Set(Array.isArray(rooms) ? rooms : [rooms]))
  }

  leave(room: Room): Promise<void> | void {
    return this.#adapter.del(this.id, room)
  }

  /** @internal As npm's socket.io has it: the room of its own, too. */
  leaveAll(): void {
    this.#adapter.delAll(this.id)
  }

  /**
   * Takes the client out of the namespace.
   *
   * @param close end the connection, and with it the client's other namespaces
   */
  disconnect(close = false): this {
    if (!this.connected) return this
    if (close) {
      this.client._disconnect()
    } else {
      this.packet({ type: PacketType.DISCONNECT, nsp: this.nsp.name })
      this._onclose('server namespace disconnect')
    }
    return this
  }

  /** Looks at each event before its listeners do; an error instead of it goes to the listeners of `error`. */
  use(fn: (event: Event, next: (err?: Error) => void) => void): this {
    this.#middlewares ??= []
    this.#middlewares.push(fn)
    return this
  }

  /** @internal It was let in. */
  _onconnect(): void {
    this.connected = true
    void this.join(this.id)
    if (this.#recovery !== undefined) {
      this.#recovery.replay(this, this.#adapter, this.nsp.name)
      this.#adapter.enter?.(this, this.#recovery.pid, this.#recovery.returnCount)
    }
    const data = this.conn.protocol === 3 ? undefined : { sid: this.id, pid: this.#recovery?.pid }
    this.packet({ type: PacketType.CONNECT, nsp: this.nsp.name, data })
  }

  /** @internal */
  _onpacket(packet: Packet): void {
    if (packet.type === PacketType.EVENT) this.onevent(packet)
    else if (packet.type === PacketType.ACK) this.onack(packet)
    else if (packet.type === PacketType.DISCONNECT) this._onclose('client namespace disconnect')
    // Parsers of protocol 4 have types of their own for packets with attachments.
    else if (packet.type === PacketType.BINARY_EVENT) this.onevent(packet)
    else if (packet.type === PacketType.BINARY_ACK) this.onack(packet)
  }

  // Add-ons, such as socketio-wildcard, call and replace these names of npm's socket.io.

  /** @internal An event has come. */
  onevent(packet: Packet): void {
    const args = (packet.data ?? []) as Event
    log?.('%s: event %j with %d arguments', this.id, args[0], args.length - 1)
    if (packet.id != null) args.push(this.ack(packet.id))
    this._incoming?.call(this, args)
    if (this.#middlewares === undefined) {
      // Not now: the client's disconnection may be right behind it, and then nobody is there any more.
      process.nextTick(emitWhileConnected, this, args)
      return
    }
    runMiddlewares(this.#middlewares, args, error => {
      // Not now: a listener's error must not come out of a middleware's `next`.
      process.nextTick(() => {
        if (error) this._onerror(error)
        else this._emitWhileConnected(args)
      })
    })
  }

  /** @internal What acknowledges an event, once. */
  ack(id: number): Acknowledge {
    return onceOnly((...data) => this.packet({ type: PacketType.ACK, nsp: this.nsp.name, id, data }))
  }

  /** @internal An acknowledgement has come. */
  onack({ id, data }: Packet): void {
    log?.('%s: acknowledgement %d', this.id, id)
    const ack = this.#acks?.get(id as number)
    if (ack === undefined) return
    this.acks.delete(id as number)
    ack.apply(this, data)
  }

  /** @internal Sends a packet of any type, in this namespace. */
  packet(packet: Packet, flags?: WriteFlags): void {
    packet.nsp = this.nsp.name
    this.client._packet(packet, flags)
  }

  /** @internal */
  _emitWhileConnected(args: Event): void {
    if (this.connected) this.emitUntyped(...args)
  }

  /** @internal */
  _onerror(error: Error): void {
    this.emitReserved('error', error)
  }

  /** @internal */
  _onclose(reason: DisconnectReason, description?: unknown): void {
    if (!this.connected) return
    log?.('%s: disconnected: %s', this.id, reason)
    this.emitReserved('disconnecting', reason, description)
    // A listener may have disconnected it.
    if (!this.connected) return
    if (recoverableReasons.has(reason)) this.#recovery?.persist(this, this.#adapter)
    else if (this.#recovery !== undefined) this.#adapter.over?.(this.#recovery.pid)
    this._cleanup()
    this.client._remove(this)
    this.connected = false
    this.emitReserved('disconnect', reason, description)
  }

  /** @internal It is in no room any more, and comes into none. */
  _cleanup(): void {
    this.#adapter.delAll(this.id)
    this.nsp._remove(this)
    this.#isOver = true
  }

  /** @internal It was not let in. */
  _error(data: unknown): void {
    log?.('%s: not let in', this.id)
    this.packet({ type: PacketType.CONNECT_ERROR, nsp: this.nsp.name, data })
  }

  #send(packet: Packet, flags: BroadcastFlags): void {
    const adapter: Adapter = this.#adapter
    if (typeof adapter.sendTo === 'function') {
      adapter.sendTo(this, packet, flags)
    } else if (this.#recovery !== undefined) {
      // An adapter made for npm's socket.io, which remembers the packets that it is given to broadcast.
      Reflect.apply((adapter as Adapter).broadcast, adapter, [
        packet,
        { rooms: new Set([this.id]), except: new Set(), flags },
      ])
    } else {
      this.notifyOutgoingListeners(packet)
      this.client._packet(packet, flags)
    }
  }

  #takeFlags(): BroadcastFlags {
    const flags = this.#flags ?? {}
    this.#flags = undefined
    return flags
  }

  get #nextFlags(): BroadcastFlags {
    this.#flags ??= {}
    return this.#flags
  }
}

function ignore(): void {}

function emitWhileConnected(socket: { _emitWhileConnected(args: Event): void }, args: Event): void {
  socket._emitWhileConnected(args)
}

/** 15 bytes: nobody guesses it. */
function randomId(): string {
  return randomBytes(15).toString('base64url')
}

function legacyId(namespace: string, id: string): string {
  return namespace === '/' ? id : `${namespace}#${id}`
}
