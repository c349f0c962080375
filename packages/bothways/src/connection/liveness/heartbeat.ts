import { type Listed, Roster } from '../roster.ts'

/** Something that looks at the clock now and then. */
export interface HeartbeatMember extends Listed<HeartbeatMember> {
  /** How late it may notice that a time has passed, in milliseconds. */
  readonly resolutionMs: number
  /**
   * Everything that had come by `nowMs` has been read.
   *
   * @param lostMs the part of the time since the last beat in which this process may have been too busy to hear anybody
   */
  tick(nowMs: number, lostMs: number): void
}

/** So many members look at the clock in one turn of the event loop; then others have theirs. */
const membersPerTurn = 256

/** The members of one resolution, and their timer. */
class Beat {
  readonly #members = new Roster<HeartbeatMember>()
  readonly #intervalMs: number
  readonly #timer: NodeJS.Timeout
  #lastMs = performance.now()
  #lostMs = 0
  /** The first of those members that have not had their turn in the last beat. */
  #next: HeartbeatMember | undefined
  #isStriking = false

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
    this.#timer = setInterval(() => this.#strike(), intervalMs).unref()
  }

  add(member: HeartbeatMember): void {
    this.#members.add(member)
  }

  /** Returns whether this was the last one. */
  delete(member: HeartbeatMember): boolean {
    const { after } = member
    if (!this.#members.delete(member)) return false
    if (this.#next === member) this.#next = after
    return this.#members.size === 0
  }

  end(): void {
    clearInterval(this.#timer)
  }

  /**
   * Timers run before what has come is read, and after a block of the event loop (a computation, a stopped process) much
   * may have come: so the members look behind that.
   */
  #strike(): void {
    const nowMs = performance.now()
    this.#lostMs += Math.max(0, nowMs - this.#lastMs - this.#intervalMs)
    this.#lastMs = nowMs
    if (this.#isStriking) return
    const lostMs = this.#lostMs
    this.#lostMs = 0
    this.#isStriking = true
    this.#next = this.#members.first
    setImmediate(() => this.#tick(nowMs, lostMs))
  }

  #tick(nowMs: number, lostMs: number): void {
    for (let count = 0; count < membersPerTurn; count++) {
      const member = this.#next
      if (member === undefined) {
        this.#isStriking = false
        return
      }
      this.#next = member.after
      member.tick(nowMs, lostMs)
    }
    setImmediate(() => this.#tick(nowMs, lostMs))
  }
}

/**
 * One interval timer for all connections of a resolution instead of timers for each: as long as there is one of them, it
 * beats at its pace, whichever members come and go. It never keeps the process alive.
 */
export class Heartbeat {
  readonly #beats = new Map<number, Beat>()

  add(member: HeartbeatMember): void {
    const { resolutionMs } = member
    let beat = this.#beats.get(resolutionMs)
    if (beat === undefined) {
      beat = new Beat(resolutionMs)
      this.#beats.set(resolutionMs, beat)
    }
    beat.add(member)
  }

  delete(member: HeartbeatMember): void {
    const { resolutionMs } = member
    const beat = this.#beats.get(resolutionMs)
    if (beat?.delete(member) !== true) return
    beat.end()
    this.#beats.delete(resolutionMs)
  }
}

/** The process's own heartbeat. */
export const heartbeat: Heartbeat = new Heartbeat()
