import type { Change } from '../messages.ts'

/** Changes of one value in their order. The last ones are kept for those who ask later. */
export class ChangeFeed {
  readonly #historyLimit: number
  readonly #listeners = new Set<() => void>()
  #history: Change[] = []
  #last = 0
  #value = 100

  constructor(historyLimit = 2_048) {
    this.#historyLimit = historyLimit
  }

  /** The sequence of the newest change, 0 before the first. */
  get last(): number {
    return this.#last
  }

  /** Makes the next change: one step of a random walk. `random` is 0 to 1. */
  append(date: number, random: number): void {
    this.#value = Math.max(0, Math.round((this.#value + (random - 0.5) * 4) * 100) / 100)
    this.#last++
    this.#history.push({ sequence: this.#last, date, value: this.#value })
    // In blocks, so that appending stays cheap.
    if (this.#history.length >= 2 * this.#historyLimit)
      this.#history = this.#history.slice(-this.#historyLimit)
    for (const listener of [...this.#listeners]) listener()
  }

  /** Everything behind `sequence` that is still kept, at most the history limit. */
  after(sequence: number): readonly Change[] {
    const count = Math.min(Math.max(0, this.#last - sequence), this.#historyLimit)
    return count === 0 ? [] : this.#history.slice(-count)
  }

  /** @returns a function that ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get listenerCount(): number {
    return this.#listeners.size
  }
}
