/** The limits of one client: so much at once, and so much in a second. */
export interface RateLimits {
  readonly burst: number
  readonly perSecond: number
}

/** How much a client may still do; it grows with time. */
export class RequestRate {
  readonly #limits: RateLimits
  #left: number
  #countedAtMs: number

  constructor(limits: RateLimits, nowMs: number) {
    this.#limits = limits
    this.#left = limits.burst
    this.#countedAtMs = nowMs
  }

  /** False when there is not so much left; then nothing is taken. */
  take(cost: number, nowMs: number): boolean {
    const { burst, perSecond } = this.#limits
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#countedAtMs) / 1_000) * perSecond)
    this.#countedAtMs = nowMs
    if (this.#left < cost) return false
    this.#left -= cost
    return true
  }
}
