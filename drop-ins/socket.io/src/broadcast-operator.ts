import type { Adapter, AdapterSocket, SocketDetails } from './adapter.ts'
import {
  type BroadcastFlags,
  type BroadcastOptions,
  type Room,
  type SocketId,
  speaker,
} from './broadcast-options.ts'
import type { Handshake } from './handshake.ts'
import { type Packet, PacketType } from './parser/packet.ts'
import { checkEventName } from './socket-types.ts'
import type {
  AllButLast,
  DecorateAcknowledgements,
  EventNames,
  EventNamesWithError,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  TypedEventBroadcaster,
} from './typed-events.ts'

/** How long the acknowledgements of a broadcast are waited for if the program does not say, in ms. */
const defaultTimeoutMs = 5_000

type Ack = (error: Error | null, answers: unknown) => void

/** Some clients of a namespace, here and on other servers. Every method makes a new one; nothing changes. */
export class BroadcastOperator<EmitEvents extends EventsMap, SocketData>
  implements TypedEventBroadcaster<EmitEvents>
{
  readonly #adapter: Adapter
  private readonly rooms: ReadonlySet<Room>
  private readonly exceptRooms: ReadonlySet<Room>
  private readonly flags: BroadcastFlags
  readonly #speaker: BroadcastOptions[typeof speaker]

  /** @internal */
  constructor(
    adapter: Adapter,
    rooms: ReadonlySet<Room> = new Set(),
    except: ReadonlySet<Room> = new Set(),
    flags: BroadcastFlags = {},
    by?: BroadcastOptions[typeof speaker],
  ) {
    this.#adapter = adapter
    this.rooms = rooms
    this.exceptRooms = except
    this.flags = flags
    this.#speaker = by
  }

  /** Those in this room too; without any room, everybody is meant. */
  to(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ rooms: union(this.rooms, room) })
  }

  /** The same as {@link to}. */
  in(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.to(room)
  }

  /** Not those in this room. */
  except(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ except: union(this.exceptRooms, room) })
  }

  /** Whether the event is compressed, where compression was agreed on. */
  compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData> {
    return this.#withFlags({ compress })
  }

  /** The event may be lost for clients that cannot take it now. */
  get volatile(): BroadcastOperator<EmitEvents, SocketData> {
    return this.#withFlags({ volatile: true })
  }

  /** Only clients of this server. */
  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return this.#withFlags({ local: true })
  }

  /** How long acknowledgements are waited for, in ms; 5,000 if nothing is said. */
  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return this.#withFlags({ timeout }) as never
  }

  /** Sends an event; a function as last argument is called with an array of all acknowledgements. */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    checkEventName(ev)
    const data: unknown[] = [ev, ...args]
    const packet: Packet = { type: PacketType.EVENT, nsp: '', data }
    const ack = data.at(-1)
    if (typeof ack === 'function') {
      data.pop()
      this.#emitWithAck(packet, ack as Ack)
    } else {
      this.#adapter.broadcast(packet, this.#target)
    }
    return true
  }

  /** Sends an event, and promises all acknowledgements; rejects with those that came in time as `responses`. */
  emitWithAck<Ev extends EventNamesWithError<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    return new Promise((resolve, reject) => {
      const ack: Ack = (error, responses) => {
        if (error) reject(Object.assign(error, { responses }))
        else resolve(responses as never)
      }
      this.emit(ev, ...([...args, ack] as never))
    })
  }

  /** The ids of the sockets. @deprecated use {@link fetchSockets} */
  allSockets(): Promise<Set<SocketId>> {
    return this.#adapter.sockets(this.rooms as Set<Room>)
  }

  /** The sockets, also those on other servers. */
  async fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    const found = await this.#adapter.fetchSockets(this.#target)
    return found.map(it =>
      isOfThisServer(it)
        ? (it as unknown as RemoteSocket<EmitEvents, SocketData>)
        : new RemoteSocket<EmitEvents, SocketData>(this.#adapter, it),
    )
  }

  socketsJoin(room: Room | Room[]): void {
    void this.#adapter.addSockets(this.#target, Array.isArray(room) ? room : [room])
  }

  socketsLeave(room: Room | Room[]): void {
    void this.#adapter.delSockets(this.#target, Array.isArray(room) ? room : [room])
  }

  /** @param close end the connections, instead of taking the clients out of the namespace */
  disconnectSockets(close = false): void {
    void this.#adapter.disconnectSockets(this.#target, close)
  }

  get #target(): BroadcastOptions {
    return { rooms: this.rooms, except: this.exceptRooms, flags: this.flags, [speaker]: this.#speaker }
  }

  #with(changed: Partial<BroadcastOptions>): BroadcastOperator<EmitEvents, SocketData> {
    const { rooms, except, flags } = { ...this.#target, ...changed }
    return new BroadcastOperator(this.#adapter, rooms, except, flags, this.#speaker)
  }

  #withFlags(flags: BroadcastFlags): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ flags: { ...this.flags, ...flags } })
  }

  /** Complete when each server has said to how many clients it sent, and as many have answered. */
  #emitWithAck(packet: Packet, ack: Ack): void {
    const { timeout = defaultTimeoutMs, expectSingleResponse } = this.flags
    const answers: unknown[] = []
    let clients = 0
    let servers = 0
    let expectedServers: number | undefined
    let isOver = false
    const timer = setTimeout(() => {
      isOver = true
      if (packet.id !== undefined) {
        for (const socket of this.#adapter.nsp.sockets.values()) socket.acks.delete(packet.id)
      }
      ack(new Error('operation has timed out'), expectSingleResponse ? null : answers)
    }, timeout)
    const check = (): void => {
      if (isOver || servers !== expectedServers || answers.length !== clients) return
      isOver = true
      clearTimeout(timer)
      ack(null, expectSingleResponse ? answers[0] : answers)
    }
    const options = { ...this.#target, flags: { ...this.flags, timeout } }
    this.#adapter.broadcastWithAck(
      packet,
      options,
      count => {
        clients += count
        servers++
        check()
      },
      answer => {
        answers.push(answer)
        check()
      },
    )
    if (this.flags.local) {
      expectedServers = 1
      check()
      return
    }
    void this.#adapter.serverCount().then(count => {
      expectedServers = count
      check()
    })
  }
}

/** A client that may be on another server, with its properties at the time when it was asked for. */
export class RemoteSocket<EmitEvents extends EventsMap, SocketData>
  implements TypedEventBroadcaster<EmitEvents>
{
  readonly id: SocketId
  readonly handshake: Handshake
  readonly rooms: Set<Room>
  readonly data: SocketData
  readonly #operator: BroadcastOperator<EmitEvents, SocketData>

  /** @internal */
  constructor(adapter: Adapter, details: SocketDetails) {
    this.id = details.id
    this.handshake = details.handshake
    this.rooms = new Set(details.rooms)
    this.data = details.data as SocketData
    // There is one client in the room of its name: its acknowledgement is an answer, no array.
    this.#operator = new BroadcastOperator(adapter, new Set([this.id]), new Set(), {
      expectSingleResponse: true,
    })
  }

  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return this.#operator.timeout(timeout)
  }

  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    return this.#operator.emit(ev, ...args)
  }

  join(room: Room | Room[]): void {
    this.#operator.socketsJoin(room)
  }

  leave(room: Room): void {
    this.#operator.socketsLeave(room)
  }

  disconnect(close = false): this {
    this.#operator.disconnectSockets(close)
    return this
  }
}

function isOfThisServer(socket: AdapterSocket | SocketDetails): socket is AdapterSocket {
  return (socket as { readonly nsp?: unknown }).nsp !== undefined
}

function union(rooms: ReadonlySet<Room>, more: Room | Room[]): ReadonlySet<Room> {
  const all = new Set(rooms)
  if (Array.isArray(more)) for (const room of more) all.add(room)
  else all.add(more)
  return all
}
