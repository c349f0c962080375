import { type Listed, Roster } from '../roster.ts'

/** Something that looks at the clock now and then. */
export interface TickerMember extends Listed<TickerMember> {
  /** How late it may notice that a time has passed, in milliseconds. */
  readonly resolutionMs: number
  /**
   * Everything that had come by `nowMs` has been read.
   *
   * @param lostMs the part of the time since the last tick in which this process may have been too busy to hear anybody
   */
  tick(nowMs: number, lostMs: number): void
}

/** How many members look at the clock in one turn of the event loop; then others have theirs. */
const membersPerTurn = 256

/** The members of one resolution, and their timer. */
class Interval {
  readonly #members = new Roster<TickerMember>()
  readonly #intervalMs: number
  readonly #timer: NodeJS.Timeout
  #lastMs = performance.now()
  #lostMs = 0
  /** The first of those members that have not had their turn in the last interval. */
  #next: TickerMember | undefined
  #isTicking = false

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
    this.#timer = setInterval(() => this.#due(), intervalMs).unref()
  }

  add(member: TickerMember): void {
    this.#members.add(member)
  }

  /** Returns whether this was the last one. */
  delete(member: TickerMember): boolean {
    const { after } = member
    if (!this.#members.delete(member)) return false
    if (this.#next === member) this.#next = after
    return this.#members.size === 0
  }

  end(): void {
    clearInterval(this.#timer)
  }

  /**
   * Timers run before data that have come are read, and after a block of the event loop (a computation, a stopped process) much
   * may have come: so the members look behind that.
   */
  #due(): void {
    const nowMs = performance.now()
    this.#lostMs += Math.max(0, nowMs - this.#lastMs - this.#intervalMs)
    this.#lastMs = nowMs
    if (this.#isTicking) return
    const lostMs = this.#lostMs
    this.#lostMs = 0
    this.#isTicking = true
    this.#next = this.#members.first
    setImmediate(() => this.#tick(nowMs, lostMs))
  }

  #tick(nowMs: number, lostMs: number): void {
    for (let count = 0; count < membersPerTurn; count++) {
      const member = this.#next
      if (member === undefined) {
        this.#isTicking = false
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
 * ticks at its pace, whichever members come and go. It never keeps the process alive.
 */
export class Ticker {
  readonly #intervals = new Map<number, Interval>()

  add(member: TickerMember): void {
    const { resolutionMs } = member
    let interval = this.#intervals.get(resolutionMs)
    if (interval === undefined) {
      interval = new Interval(resolutionMs)
      this.#intervals.set(resolutionMs, interval)
    }
    interval.add(member)
  }

  delete(member: TickerMember): void {
    const { resolutionMs } = member
    const interval = this.#intervals.get(resolutionMs)
    if (interval?.delete(member) !== true) return
    interval.end()
    this.#intervals.delete(resolutionMs)
  }
}

/** The process's own ticker. */
export const ticker: Ticker = new Ticker()
