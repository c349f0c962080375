import { randomBytes } from 'node:crypto'
import type { BudgetHolder, ByteBudget } from 'bothways/connection'
import type { Room, SocketId } from '../broadcast-options.ts'
import type { CarriedSession, Mark } from '../cluster/carried-session.ts'
import { fromText } from '../cluster/text-of-bytes.ts'
import type { RawData } from '../engine-binding.ts'
import { nameOf, PacketOrder, readOffset, writeName } from './packet-order.ts'

/** The state that is kept of a client that may come back. */
export interface SessionToPersist {
  sid: SocketId
  /** Known to the client and to nobody else. */
  pid: string
  rooms: Room[]
  data: unknown
  /** The position of the last packet that was written to the client. */
  lastOffset?: string | undefined
  /** How many packets there had been when the client connected. */
  since?: number | undefined
  /** How often the client has come back. */
  returnCount?: number | undefined
}

/** A client that came back, and the packets it has missed: the arguments of events, or encoded packets. */
export interface Session extends SessionToPersist {
  missedPackets: (unknown[] | readonly RawData[])[]
  /** Whether `missedPackets` are encoded. */
  isEncoded?: boolean
  /** Their names, for a server that may have some of them, too. */
  missedOffsets?: string[]
  /** The client has also missed all packets that this server's clients get from this position on. */
  position?: number
  /** Its own server has not said this. */
  isCarried?: boolean
}

export interface SessionLogOptions {
  /** How long a client may be away, in ms. Default 120,000. */
  readonly maxDisconnectionDuration?: number | undefined
  /** How many packets, and how many clients that are away, are remembered; the oldest go. Default 100,000. */
  readonly maxPackets?: number | undefined
  /** How long it takes at most to notice that a client has gone, in ms. */
  readonly noticeMs: number
  /** The bytes that all logs of the server remember. */
  readonly budget: ByteBudget
}

/** The bytes that a packet or a client that is away takes, besides its texts and the names of its rooms. */
const entryBytes = 512
/** The bytes that a room takes, besides its name. */
const roomBytes = 64
/** The place is known of so many names that came round and are no packets; the oldest go. */
const maxUnlogged = 100_000

interface Entry {
  readonly offset: string
  readonly parts: readonly RawData[]
  readonly rooms: ReadonlySet<Room>
  readonly except: ReadonlySet<Room>
  /** Only for clients of the server with this log. */
  readonly only?: string | undefined
}

interface LoggedEntry extends Entry {
  readonly at: number
  readonly bytes: number
  /** Among the packets of all servers; undefined: it has not come round, or there are no others. */
  place?: number
}

interface Away extends SessionToPersist {
  readonly awaySince: number
  /** The position when it went. */
  readonly until: number
  readonly bytes: number
}

/** The last packets of a namespace, and the clients that may come back for them. */
export class SessionLog implements BudgetHolder {
  /** Makes the offsets of this server unlike those of others. */
  readonly name: string = randomBytes(6).toString('base64url')
  /** The order in which packets of all servers come round, where there are others. */
  readonly order: PacketOrder = new PacketOrder()
  /** The positions of packets of this server that have not come round. */
  readonly #onTheirWay = new Set<number>()
  /** The names that came round for no packet but as signs that another server lives: when they did, in ms since 1970. */
  readonly #unlogged = new Map<string, number>()
  #isCommon = false
  readonly #maxAwayMs: number
  readonly #maxPackets: number
  readonly #retentionMs: number
  readonly #timer: NodeJS.Timeout
  readonly #budget: ByteBudget
  /** In the order in which they went. */
  readonly #away = new Map<string, Away>()
  readonly #positions = new Map<string, number>()
  #entries: LoggedEntry[] = []
  #entriesBytes = 0
  #awayBytes = 0
  /** The position of the first entry. */
  #first = 0
  #offsetCount = 0

  constructor({
    maxDisconnectionDuration = 120_000,
    maxPackets = 100_000,
    noticeMs,
    budget,
  }: SessionLogOptions) {
    this.#maxAwayMs = maxDisconnectionDuration
    this.#maxPackets = maxPackets
    // A client that went unnoticed has missed the packets sent before it was found to be away.
    this.#retentionMs = maxDisconnectionDuration + noticeMs
    this.#timer = setInterval(() => this.#forget(), Math.max(1_000, Math.min(60_000, this.#maxAwayMs)))
    this.#timer.unref()
    this.#budget = budget
    budget.enter(this)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#drop(this.#entries.length, false)
    this.#letGo(0)
    this.#budget.leave(this)
  }

  get heldBytes(): number {
    return this.#entriesBytes + this.#awayBytes
  }

  /** Forgets the older half, of packets and of clients. */
  giveUp(): void {
    const enough = this.#entriesBytes / 2
    let count = 0
    for (let left = this.#entriesBytes; left > enough; count++) left -= this.#entries[count]!.bytes
    this.#drop(count, false)
    this.#letGo(this.#awayBytes / 2)
  }

  /** The position of the next packet. */
  get position(): number {
    return this.#first + this.#entries.length
  }

  /** The name by which a client says up to where it has received. */
  nextOffset(): string {
    const name = writeName(this.name, this.#offsetCount++)
    const heard = this.#isCommon ? this.order.last : undefined
    return heard === undefined ? name : `${name}.${heard}`
  }

  /** Whether packets of this server come round, in one order with those of the others. */
  get isCommon(): boolean {
    return this.#isCommon
  }

  /** The mark of a client that has received everything up to now. */
  mark(lastOffset: string | undefined): Mark {
    return { number: this.#offsetCount, heard: this.#isCommon ? this.order.last : undefined, lastOffset }
  }

  append(entry: Entry): void {
    this.#positions.set(nameOf(entry.offset), this.position)
    const bytes = bytesOf(entry.rooms) + lengthOf(entry.parts)
    this.#entries.push({ ...entry, at: Date.now(), bytes })
    this.#entriesBytes += bytes
    this.#budget.take(bytes)
    this.#budget.relieve()
    if (this.#entries.length >= this.#maxPackets * 1.25) {
      this.#drop(this.#entries.length - this.#maxPackets, false)
    }
  }

  /**
   * A packet that was appended comes round, in the order in which it does to all servers.
   *
   * @returns whether some before it, of the same server, never came
   */
  place(offset: string): boolean {
    const packet = readOffset(offset)
    if (packet === undefined) return false
    const name = nameOf(offset)
    const position = this.#positions.get(name)
    const isOwn = packet.log === this.name
    if (isOwn) {
      this.#isCommon = true
      for (const one of this.#onTheirWay) {
        if (one > (position ?? this.position)) break
        this.#onTheirWay.delete(one)
      }
    }
    const [first = this.position] = this.#onTheirWay
    const { place, isHole } = this.order.take(packet, Math.min(first, position ?? this.position))
    if (position !== undefined) this.#entries[position - this.#first]!.place = place
    // It was dropped before it came round.
    else if (isOwn) this.order.forget(name, false)
    else this.#rememberUnlogged(writeName(packet.log, packet.number))
    return isHole
  }

  #rememberUnlogged(name: string): void {
    this.#unlogged.set(name, Date.now())
    if (this.#unlogged.size <= maxUnlogged) return
    const [oldest = name] = this.#unlogged.keys()
    this.#unlogged.delete(oldest)
    this.order.forget(oldest, false)
  }

  /** Others give it to their clients when it comes round, this server has done so already. */
  sendRound(offset: string): void {
    const position = this.#positions.get(nameOf(offset))
    if (position !== undefined) this.#onTheirWay.add(position)
  }

  persist(session: SessionToPersist): void {
    this.#deleteAway(session.pid)
    const bytes = bytesOf(session.rooms)
    this.#away.set(session.pid, { ...session, awaySince: Date.now(), until: this.position, bytes })
    this.#awayBytes += bytes
    this.#budget.take(bytes)
    this.#budget.relieve()
    if (this.#away.size > this.#maxPackets) this.#deleteAway(this.#away.keys().next().value as string)
  }

  /** The session of a client that comes back with what it last received; null when what it has missed is not known (any more). */
  restore(pid: string, offset: string | undefined): Promise<Session> | null {
    const away = this.#away.get(pid)
    if (away === undefined) return null
    if (away.awaySince + this.#maxAwayMs < Date.now()) {
      this.#deleteAway(pid)
      return null
    }
    const from = this.#positionAfter(offset, away)
    if (from === undefined || from < this.#first) return null
    const missed = this.missedSince(from, away.rooms)
    const { sid, rooms, data, since } = away
    return Promise.resolve(this.#session({ sid, pid, rooms, data, since }, missed, offset))
  }

  /** The same for a client of another server, of which nothing else is known; null when what it has missed is not known. */
  restoreCarried(carried: CarriedSession, offset: string | undefined): Session | null {
    const mark = this.#markOf(carried, offset)
    const at = mark?.heard === undefined ? undefined : this.order.find(mark.heard)
    if (mark === undefined || at === undefined || !this.#isCommon || !this.order.isWholeFrom(at.place))
      return null
    const missed = this.#entries.slice(Math.max(0, at.from - this.#first)).filter(entry => {
      if (!isFor(entry, carried.rooms, carried.log)) return false
      const packet = readOffset(entry.offset)
      if (packet?.log === carried.log) {
        // Its server gave it its own packets at once: up to a number, or up to when it gave it another server's.
        if (mark.number !== undefined) return packet.number >= mark.number
        const before = packet.heard === undefined ? undefined : this.order.find(packet.heard)
        return before !== undefined && before.place >= at.place
      }
      return entry.place === undefined || entry.place > at.place
    })
    const { sid, pid, rooms, returnCount } = carried
    const data = fromText(carried.data)
    return { ...this.#session({ sid, pid, rooms: [...rooms], data }, missed, offset), returnCount }
  }

  missedSince(position: number, rooms: readonly Room[]): Entry[] {
    return this.#entries.slice(Math.max(0, position - this.#first)).filter(it => isFor(it, rooms, this.name))
  }

  /** It came back to another server, or does not come back. */
  forget(pid: string): void {
    this.#deleteAway(pid)
  }

  /** The mark of a client of another server: the packets that it had received; undefined: that cannot be told. */
  #markOf({ log, base, last }: CarriedSession, offset: string | undefined): Mark | undefined {
    if (offset === last.lastOffset) return last
    if (offset === base.lastOffset) return base
    const position = offset === undefined ? undefined : this.#positions.get(nameOf(offset))
    const named = position === undefined ? offset : this.#entries[position - this.#first]?.offset
    const packet = named === undefined ? undefined : readOffset(named)
    if (packet === undefined || base.heard === undefined) return undefined
    const begin = this.order.find(base.heard)
    if (begin === undefined) return undefined
    if (packet.log === log) {
      // The packets that it had received before are not known.
      if (packet.number < (base.number ?? 0)) return undefined
      return { number: packet.number + 1, heard: packet.heard, lastOffset: offset }
    }
    const heard = writeName(packet.log, packet.number)
    const at = position === undefined ? undefined : this.order.find(heard)
    return at === undefined || at.place <= begin.place
      ? undefined
      : { number: undefined, heard, lastOffset: offset }
  }

  #session(session: SessionToPersist, missed: readonly Entry[], offset: string | undefined): Session {
    return {
      ...session,
      lastOffset: missed.at(-1)?.offset ?? offset,
      missedPackets: missed.map(it => it.parts),
      missedOffsets: missed.map(it => it.offset),
      isEncoded: true,
      position: this.position,
    }
  }

  #positionAfter(offset: string | undefined, away: Away): number | undefined {
    const position = offset === undefined ? undefined : this.#positions.get(nameOf(offset))
    if (position !== undefined) return position + 1
    // It has everything that was written to it, however long ago that was.
    if (offset === away.lastOffset) return away.until
    // Nothing that was written to it has arrived.
    return offset === undefined ? away.since : undefined
  }

  #forget(): void {
    const now = Date.now()
    for (const [pid, { awaySince }] of this.#away) {
      if (awaySince + this.#maxAwayMs >= now) break
      this.#deleteAway(pid)
    }
    const alive = this.#entries.findIndex(it => it.at + this.#retentionMs >= now)
    this.#drop(alive === -1 ? this.#entries.length : alive, true)
    for (const [name, at] of this.#unlogged) {
      if (at + this.#retentionMs >= now) break
      this.#unlogged.delete(name)
      this.order.forget(name, true)
    }
    this.order.forgetLogs(2 * this.#retentionMs)
  }

  #drop(count: number, isOld: boolean): void {
    if (count <= 0) return
    let bytes = 0
    for (const dropped of this.#entries.slice(0, count)) {
      const name = nameOf(dropped.offset)
      this.#positions.delete(name)
      this.order.forget(name, isOld)
      bytes += dropped.bytes
    }
    this.#entriesBytes -= bytes
    this.#budget.giveBack(bytes)
    this.#entries = this.#entries.slice(count)
    this.#first += count
    for (const one of this.#onTheirWay) {
      if (one >= this.#first) break
      this.#onTheirWay.delete(one)
    }
  }

  /** Forgets the sessions that have been away longest, until the others take no more than `bytes`. */
  #letGo(bytes: number): void {
    for (const pid of this.#away.keys()) {
      if (this.#awayBytes <= bytes) return
      this.#deleteAway(pid)
    }
  }

  #deleteAway(pid: string): void {
    const away = this.#away.get(pid)
    if (away === undefined) return
    this.#away.delete(pid)
    this.#awayBytes -= away.bytes
    this.#budget.giveBack(away.bytes)
  }
}

/** About how much memory something takes that names rooms, in bytes. */
function bytesOf(rooms: Iterable<Room>): number {
  let bytes = entryBytes
  for (const room of rooms) bytes += roomBytes + room.length
  return bytes
}

function lengthOf(parts: readonly RawData[]): number {
  let bytes = 0
  for (const part of parts) bytes += typeof part === 'string' ? part.length : part.byteLength
  return bytes
}

function isFor({ rooms, except, only }: Entry, own: readonly Room[], log: string): boolean {
  if (only !== undefined && only !== log) return false
  return (rooms.size === 0 || own.some(it => rooms.has(it))) && !own.some(it => except.has(it))
}
