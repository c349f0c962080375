/** A small generator of numbers that a seed repeats (mulberry32). Not for secrets. */
export class Random {
  #state

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0
  }

  /** From 0 to below 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 up to, not including, `bound`. */
  below(/** @type {number} */ bound) {
    return Math.floor(this.next() * bound)
  }

  /** True once in `count` times. */
  oneIn(/** @type {number} */ count) {
    return this.below(count) === 0
  }

  /**
   * @template T
   * @param {readonly T[]} list
   * @returns {T}
   */
  pick(list) {
    return /** @type {T} */ (list[this.below(list.length)])
  }

  bytes(/** @type {number} */ length) {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }
}
