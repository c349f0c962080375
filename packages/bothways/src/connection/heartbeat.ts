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
  /** How many members want each resolution. */
  readonly #resolutions = new Map<number, number>()
  #timer: NodeJS.Timeout | undefined

  add(member: HeartbeatMember): void {
    this.#members.add(member)
    const { resolutionMs } = member
    const count = this.#resolutions.get(resolutionMs) ?? 0
    this.#resolutions.set(resolutionMs, count + 1)
    if (count === 0) this.#run()
  }

  delete(member: HeartbeatMember): void {
    if (!this.#members.delete(member)) return
    const { resolutionMs } = member
    const count = this.#resolutions.get(resolutionMs) ?? 0
    this.#resolutions.set(resolutionMs, count - 1)
    if (count > 1) return
    this.#resolutions.delete(resolutionMs)
    this.#run()
  }

  #run(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    if (this.#members.size === 0) return
    const tick = (): void => {
      const now = performance.now()
      for (const member of this.#members) member.tick(now)
    }
    this.#timer = setInterval(tick, Math.min(...this.#resolutions.keys())).unref()
  }
}

/** The process's own heartbeat. */
export const heartbeat: Heartbeat = new Heartbeat()
