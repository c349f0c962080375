/** Something that looks at the clock now and then. */
export interface HeartbeatMember {
  /** How late it may notice that a time has passed, in milliseconds. */
  readonly resolutionMs: number
  tick(nowMs: number): void
}

/**
 * One interval timer for all connections instead of timers for each: every member is asked to look at the clock
 * as often as the most demanding one needs. It never keeps the process alive.
 */
export class Heartbeat {
  readonly #members = new Set<HeartbeatMember>()
  #timer: NodeJS.Timeout | undefined
  #periodMs = Number.POSITIVE_INFINITY

  add(member: HeartbeatMember): void {
    this.#members.add(member)
    if (member.resolutionMs < this.#periodMs) this.#run(member.resolutionMs)
  }

  delete(member: HeartbeatMember): void {
    if (!this.#members.delete(member)) return
    if (this.#members.size > 0 || this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#periodMs = Number.POSITIVE_INFINITY
  }

  #run(periodMs: number): void {
    clearInterval(this.#timer)
    this.#periodMs = periodMs
    this.#timer = setInterval(() => {
      const now = performance.now()
      for (const member of this.#members) member.tick(now)
    }, periodMs).unref()
  }
}

/** The process's own heartbeat. */
export const heartbeat: Heartbeat = new Heartbeat()
