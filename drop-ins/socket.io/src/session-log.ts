import { randomBytes } from 'node:crypto'
import type { BudgetHolder, ByteBudget } from 'bothways/connection'
import type { Room, SocketId } from './broadcast-options.ts'
import type { RawData } from './engine-binding.ts'

/** What is kept of a client that may come back. */
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
}

/** A client that came back, and what it has missed: the arguments of events, or encoded packets. */
export interface Session extends SessionToPersist {
  missedPackets: (unknown[] | readonly RawData[])[]
  /** Whether `missedPackets` are encoded. */
  isEncoded?: boolean
  /** Their names, for a server that may have some of them, too. */
  missedOffsets?: string[]
  /** What this server's clients get from here on, the client has missed too. */
  position?: number
}

export interface SessionLogOptions {
  /** How long a client may be away, in ms. Default 120,000. */
  readonly maxDisconnectionDuration?: number | undefined
  /** How many packets, and how many clients that are away, are remembered; the oldest go. Default 100,000. */
  readonly maxPackets?: number | undefined
  /** How long it takes at most to notice that a client has gone, in ms. */
  readonly noticeMs: number
  /** What is remembered by all logs of the server. */
  readonly budget: ByteBudget
}

/** What a packet or a client that is away takes, besides its texts and the names of its rooms, in bytes. */
const entryBytes = 512
/** What a room takes, besides its name. */
const roomBytes = 64

interface Entry {
  readonly offset: string
  readonly parts: readonly RawData[]
  readonly rooms: ReadonlySet<Room>
  readonly except: ReadonlySet<Room>
}

interface LoggedEntry extends Entry {
  readonly at: number
  readonly bytes: number
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
  readonly #uid = randomBytes(6).toString('base64url')
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
    // A client that went unnoticed has missed what was sent before it was found to be away.
    this.#retentionMs = maxDisconnectionDuration + noticeMs
    this.#timer = setInterval(() => this.#forget(), Math.max(1_000, Math.min(60_000, this.#maxAwayMs)))
    this.#timer.unref()
    this.#budget = budget
    budget.enter(this)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#drop(this.#entries.length)
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
    this.#drop(count)
    this.#letGo(this.#awayBytes / 2)
  }

  /** The position of the next packet. */
  get position(): number {
    return this.#first + this.#entries.length
  }

  /** The name by which a client says up to where it has received. */
  nextOffset(): string {
    return `${this.#uid}${(this.#offsetCount++).toString(36)}`
  }

  append(entry: Entry): void {
    this.#positions.set(entry.offset, this.position)
    const bytes = bytesOf(entry.rooms) + lengthOf(entry.parts)
    this.#entries.push({ ...entry, at: Date.now(), bytes })
    this.#entriesBytes += bytes
    this.#budget.take(bytes)
    this.#budget.relieve()
    if (this.#entries.length >= this.#maxPackets * 1.25) this.#drop(this.#entries.length - this.#maxPackets)
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
    return Promise.resolve({
      sid,
      pid,
      rooms,
      data,
      since,
      lastOffset: missed.at(-1)?.offset ?? offset,
      missedPackets: missed.map(it => it.parts),
      missedOffsets: missed.map(it => it.offset),
      isEncoded: true,
      position: this.position,
    })
  }

  missedSince(position: number, rooms: readonly Room[]): Entry[] {
    return this.#entries.slice(Math.max(0, position - this.#first)).filter(it => isFor(it, rooms))
  }

  #positionAfter(offset: string | undefined, away: Away): number | undefined {
    const position = offset === undefined ? undefined : this.#positions.get(offset)
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
    this.#drop(alive === -1 ? this.#entries.length : alive)
  }

  #drop(count: number): void {
    if (count <= 0) return
    let bytes = 0
    for (const dropped of this.#entries.slice(0, count)) {
      this.#positions.delete(dropped.offset)
      bytes += dropped.bytes
    }
    this.#entriesBytes -= bytes
    this.#budget.giveBack(bytes)
    this.#entries = this.#entries.slice(count)
    this.#first += count
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

function isFor({ rooms, except }: Entry, own: readonly Room[]): boolean {
  return (rooms.size === 0 || own.some(it => rooms.has(it))) && !own.some(it => except.has(it))
}
