import type { ByteBudget } from 'bothways/connection'
import type { AdapterSocket } from '../adapter.ts'
import type { SocketId } from '../broadcast-options.ts'
import type { Session, SessionLog, SessionToPersist } from '../recovery/session-log.ts'
import type { CarriedSession, Mark } from './carried-session.ts'
import { CarriedSessions } from './carried-sessions.ts'
import type { ClusterMessage } from './cluster-bus.ts'
import { toText } from './text-of-bytes.ts'

/** A client whose rooms and data are longer than this, in characters, is known to its own server alone. */
const maxSessionLength = 65_536
/** How many sessions one message has at most, and about how many characters. */
const maxSessionsAtOnce = 500
const messageLength = 262_144
/** How often a server says that it lives, in ms, at most and at least. */
const aliveMs = { most: 10_000, least: 1_000 }

/** A client of this server. */
interface Own {
  readonly pid: string
  readonly socket: AdapterSocket
  readonly returnCount: number
  base: Mark
  /** Its rooms and data, as the others know them. */
  told: string
}

export interface ClusterRecoveryOptions {
  readonly log: SessionLog
  /** This server, among the members of the channel. */
  readonly id: string
  readonly maxDisconnectionDuration?: number | undefined
  readonly maxPackets?: number | undefined
  readonly budget: ByteBudget
  publish(message: ClusterMessage, to?: string): void
  /** Whether a client may come back to what it had. */
  mayComeBack(id: SocketId): boolean
}

/**
 * Servers tell each other of their clients while all of them live, so that any of them can take over those of one that has
 * died: who they are, their rooms and data, and what they have received.
 */
export class ClusterRecovery {
  readonly #options: ClusterRecoveryOptions
  readonly #log: SessionLog
  readonly #others: CarriedSessions
  readonly #maxAwayMs: number
  readonly #own = new Map<SocketId, Own>()
  readonly #idOf = new Map<string, SocketId>()
  readonly #changed = new Set<SocketId>()
  readonly #gone: CarriedSession[] = []
  readonly #timer: NodeJS.Timeout
  readonly #aliveMs: number
  #flushing: NodeJS.Immediate | undefined
  #wantsSessions = true
  #isHeard = false

  constructor(options: ClusterRecoveryOptions) {
    const { log, budget, maxDisconnectionDuration = 120_000, maxPackets = 100_000 } = options
    this.#options = options
    this.#log = log
    this.#maxAwayMs = maxDisconnectionDuration
    this.#others = new CarriedSessions(
      budget,
      maxPackets,
      ({ heard }) => heard !== undefined && log.order.find(heard) !== undefined,
    )
    this.#aliveMs = Math.max(aliveMs.least, Math.min(aliveMs.most, maxDisconnectionDuration / 4))
    this.#timer = setInterval(() => this.begin(), this.#aliveMs).unref()
  }

  /** Says that this server lives, at first and now and then. */
  begin(): void {
    const offset = this.#log.nextOffset()
    // It is nobody's, and has its place among the packets.
    this.#log.append({ offset, parts: [], rooms: new Set([offset]), except: new Set() })
    this.#log.sendRound(offset)
    this.#publish({ type: 'alive', from: this.#options.id, offset, wantsSessions: this.#wantsSessions })
    this.#wantsSessions = false
    const now = Date.now()
    this.#others.retain((session, at) => this.#mayBeWanted(session, at, now))
  }

  close(): void {
    clearInterval(this.#timer)
    this.#flush()
    this.#own.clear()
    this.#idOf.clear()
    this.#others.close()
  }

  /** A client was let in. */
  enter(socket: AdapterSocket, pid: string, returnCount: number): void {
    const base = this.#log.mark(socket._lastOffset)
    this.#own.set(socket.id, { pid, socket, returnCount, base, told: '' })
    this.#idOf.set(pid, socket.id)
    this.#others.delete(pid)
    this.touch(socket.id)
  }

  /** Its rooms or data may have changed. */
  touch(id: SocketId): void {
    if (!this.#own.has(id)) return
    this.#changed.add(id)
    this.#flushSoon()
  }

  /** A client has gone, and may come back. */
  persist(session: SessionToPersist): void {
    const own = this.#leave(session.pid)
    if (own === undefined) return
    session.returnCount = own.returnCount
    const carried = this.#describe(own, this.#log.mark(own.socket._lastOffset), true)
    if (carried === undefined) {
      this.#tellOver(session.pid)
      return
    }
    this.#gone.push(carried)
    this.#flushSoon()
  }

  /** A client has gone for good. */
  over(pid: string): void {
    if (this.#leave(pid) !== undefined) this.#tellOver(pid)
  }

  /** A client of this server, which has not noticed that it has gone, has come again, here or elsewhere. */
  release(pid: string): void {
    this.#ownOf(pid)?.socket.client._drop()
  }

  /** Whether a client is connected to this server, or was to the end. */
  has(pid: string): boolean {
    return this.#idOf.has(pid) || this.#others.get(pid)?.session.log === this.#log.name
  }

  /** A client of another server, which has not answered; null: the packets that it has missed are not known. */
  restore(pid: string, offset: string | undefined): Session | null {
    const known = this.#others.get(pid)
    if (known === undefined || !this.#mayBeWanted(known.session, known.at, Date.now())) return null
    const session = this.#log.restoreCarried(known.session, offset)
    return session && { ...session, isCarried: true }
  }

  /** @returns whether it was for this */
  onMessage(message: ClusterMessage): boolean {
    switch (message.type) {
      case 'alive':
        this.place(message.offset)
        if (message.wantsSessions) this.#tellAll(message.from)
        return true
      case 'sessions':
        this.#log.order.begin(message.log, message.next)
        for (const session of message.sessions) this.#take(session)
        return true
      case 'sessions over':
        for (const pid of message.pids) this.#others.delete(pid)
        return true
      case 'kept': {
        const { offset, parts, rooms, except, only } = message
        this.#log.append({ offset, parts, rooms: new Set(rooms), except: new Set(except), only })
        this.place(offset)
        return true
      }
      default:
        return false
    }
  }

  /** A packet comes round, of this server or another one. */
  place(offset: string): void {
    // A server that has missed a packet may have missed sessions, too.
    if (this.#log.place(offset)) this.#wantsSessions = true
    if (!this.#isHeard && this.#log.isCommon) this.#nowHeard()
  }

  /** This server's messages come round: from now on it can be told which packets its clients have received. */
  #nowHeard(): void {
    this.#isHeard = true
    for (const own of this.#own.values()) {
      own.base = this.#log.mark(own.socket._lastOffset)
      own.told = ''
      this.touch(own.socket.id)
    }
  }

  #take(session: CarriedSession): void {
    const { pid, returnCount } = session
    const own = this.#ownOf(pid)
    if (own !== undefined) {
      if (own.returnCount >= returnCount) return
      // Its connection to this server is a thing of the past, of which nobody has told.
      this.#leave(pid)
      own.socket.disconnect(true)
    }
    if (this.#others.set(session)) this.#log.forget(pid)
  }

  #mayBeWanted({ isAway, log }: CarriedSession, at: number, now: number): boolean {
    const since = isAway ? at : (this.#log.order.heardAt(log) ?? at)
    return since + this.#maxAwayMs + this.#aliveMs >= now
  }

  #ownOf(pid: string): Own | undefined {
    const id = this.#idOf.get(pid)
    return id === undefined ? undefined : this.#own.get(id)
  }

  #leave(pid: string): Own | undefined {
    const own = this.#ownOf(pid)
    if (own === undefined) return undefined
    this.#idOf.delete(pid)
    this.#own.delete(own.socket.id)
    this.#changed.delete(own.socket.id)
    return own
  }

  #tellOver(pid: string): void {
    this.#publish({ type: 'sessions over', pids: [pid] })
  }

  #tellAll(to: string): void {
    const sessions = this.#others.of(this.#log.name)
    for (const own of this.#own.values()) {
      const mark = this.#log.mark(own.socket._lastOffset)
      const session = this.#describe({ ...own, base: mark }, mark, false)
      if (session !== undefined) sessions.push(session)
    }
    this.#tell(sessions, to)
  }

  #flushSoon(): void {
    this.#flushing ??= setImmediate(() => this.#flush())
  }

  #flush(): void {
    clearImmediate(this.#flushing)
    this.#flushing = undefined
    const sessions = this.#gone.splice(0)
    for (const session of sessions) if (!this.#idOf.has(session.pid)) this.#others.set(session)
    for (const id of this.#changed) {
      const own = this.#own.get(id)
      if (own === undefined) continue
      const session = this.#describe(own, this.#log.mark(own.socket._lastOffset), false)
      const told = session === undefined ? '' : `${session.rooms.join('\n')}\n${session.data}`
      if (told === own.told) continue
      own.told = told
      if (session === undefined) this.#tellOver(own.pid)
      else sessions.push(session)
    }
    this.#changed.clear()
    if (sessions.length > 0) this.#tell(sessions)
  }

  #tell(sessions: readonly CarriedSession[], to?: string): void {
    const { number: next = 0 } = this.#log.mark(undefined)
    let part: CarriedSession[] = []
    let length = 0
    const send = (): void => {
      this.#publish({ type: 'sessions', log: this.#log.name, next, sessions: part }, to)
      part = []
      length = 0
    }
    for (const session of sessions) {
      if (part.length === maxSessionsAtOnce || length > messageLength) send()
      part.push(session)
      length += session.data.length + 200
    }
    if (part.length > 0 || to !== undefined) send()
  }

  /** @returns undefined for one that cannot be carried, or may not come back */
  #describe(
    { pid, socket, returnCount, base }: Own,
    last: Mark,
    isAway: boolean,
  ): CarriedSession | undefined {
    if (!this.#options.mayComeBack(socket.id)) return undefined
    const rooms = [...socket.rooms]
    const data = textOf(socket._ownData)
    const length = rooms.reduce((sum, room) => sum + room.length, data?.length ?? 0)
    if (data === undefined || length > maxSessionLength) return undefined
    return { pid, sid: socket.id, log: this.#log.name, returnCount, rooms, data, isAway, base, last }
  }

  #publish(message: ClusterMessage, to?: string): void {
    this.#options.publish(message, to)
  }
}

/** @returns undefined for data that are no JSON */
function textOf(data: unknown): string | undefined {
  try {
    return toText(data ?? {}) as string | undefined
  } catch {
    return undefined
  }
}
