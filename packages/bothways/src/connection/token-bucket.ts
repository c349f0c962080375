/** Less than this is what fractions of a token have left behind. */
const rounding = 1e-6

/** So many in a second: a token bucket. All times are in ms, of any clock that never goes back. */
export class TokenBucket {
  readonly perSecond: number
  readonly #capacity: number
  #tokens: number
  #filledAtMs: number

  /** @param capacity how many it holds: so many may be taken at once after a pause */
  constructor(perSecond: number, nowMs: number, capacity: number = perSecond) {
    this.perSecond = perSecond
    this.#capacity = capacity
    this.#tokens = capacity
    this.#filledAtMs = nowMs
  }

  /** Takes tokens, also such as are not there: then it is overdrawn. */
  take(amount: number, nowMs: number): void {
    this.#fill(nowMs)
    this.#tokens -= amount
  }

  /** Takes one if it is there. */
  tryTake(nowMs: number): boolean {
    if (this.waitMs(nowMs, 1) > 0) return false
    this.#tokens--
    return true
  }

  /** How long until there are `amount` tokens, in ms; of none: until it is overdrawn no more. 0: they are there. */
  waitMs(nowMs: number, amount = 0): number {
    this.#fill(nowMs)
    const missing = amount - this.#tokens
    return missing < rounding ? 0 : (missing * 1_000) / this.perSecond
  }

  /** Tokens taken beyond those that were there. */
  get overdrawn(): number {
    return Math.max(0, -this.#tokens)
  }

  #fill(nowMs: number): void {
    const earned = ((nowMs - this.#filledAtMs) * this.perSecond) / 1_000
    this.#tokens = Math.min(this.#capacity, this.#tokens + earned)
    this.#filledAtMs = nowMs
  }
}

/** Buckets remembered. At the bound the one forgotten is the one asked for longest ago, which most likely is full again. */
const maxBuckets = 10_000

/** A bucket for each network, user or whatever else is known by a text. */
export class TokenBuckets {
  readonly #perSecond: number
  readonly #capacity: number
  /** The one asked for longest ago first. */
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(perSecond: number, capacity: number = perSecond) {
    this.#perSecond = perSecond
    this.#capacity = capacity
  }

  of(key: string, nowMs: number): TokenBucket {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#perSecond, nowMs, this.#capacity)
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > maxBuckets) this.#forgetOldest()
    return bucket
  }

  get size(): number {
    return this.#buckets.size
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key)
      return
    }
  }
}
