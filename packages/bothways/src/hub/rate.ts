/** How many seconds' worth may come at once after a pause. */
const burstSeconds = 10

/** So many in a second, and after a pause ten seconds' worth at once. Times are in ms and come from the caller. */
export class Rate {
  readonly #perMs: number
  readonly #most: number
  #left: number
  #at: number

  constructor(perSecond: number, now: number) {
    this.#perMs = perSecond / 1000
    this.#most = perSecond * burstSeconds
    this.#left = this.#most
    this.#at = now
  }

  /** How long until one more is due, in ms; 0 when it is. */
  waitMs(now: number): number {
    this.#left = Math.min(this.#most, this.#left + Math.max(0, now - this.#at) * this.#perMs)
    this.#at = now
    return this.#left >= 1 ? 0 : Math.ceil((1 - this.#left) / this.#perMs)
  }

  spend(): void {
    this.#left--
  }

  isFull(now: number): boolean {
    this.waitMs(now)
    return this.#left >= this.#most
  }
}

/** Rates that are looked at in one go, when there are too many to keep. */
const mostRates = 10_000

/** The rates of callers that hold no connection, by who they are. The longest known of too many are forgotten. */
export class Rates {
  readonly #perSecond: number
  readonly #rates = new Map<string, Rate>()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  of(caller: string, now: number): Rate {
    let rate = this.#rates.get(caller)
    if (rate === undefined) {
      if (this.#rates.size >= mostRates) this.#forget(now)
      rate = new Rate(this.#perSecond, now)
      this.#rates.set(caller, rate)
    }
    return rate
  }

  #forget(now: number): void {
    for (const [caller, rate] of this.#rates) if (rate.isFull(now)) this.#rates.delete(caller)
    for (const caller of this.#rates.keys()) {
      if (this.#rates.size < mostRates) return
      this.#rates.delete(caller)
    }
  }
}
