/** Delays of one way: the newest ones, up to a bound, for median and percentiles. */
export class Delays {
  readonly #limit: number
  #values: number[] = []

  constructor(limit = 1_000) {
    this.#limit = limit
  }

  get count(): number {
    return this.#values.length
  }

  add(ms: number): void {
    this.#values.push(ms)
    if (this.#values.length > this.#limit) this.#values.shift()
  }

  clear(): void {
    this.#values = []
  }

  /** Undefined when there is none yet. */
  quantiles(shares: readonly number[]): readonly (number | undefined)[] {
    const sorted = Float64Array.from(this.#values).sort()
    return shares.map(share => quantile(sorted, share))
  }
}

/** By nearest rank: a value that did occur. */
export function quantile(sorted: ArrayLike<number>, share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}
