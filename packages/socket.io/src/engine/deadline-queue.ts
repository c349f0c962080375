/**
 * Things that are due a fixed time after they were added: in the order in which they came, so that one timer does for
 * all of them, and adding one that is there already only moves it to the end.
 */
export class DeadlineQueue<Item> {
  readonly #delayMs: number
  readonly #onDue: (item: Item) => void
  /** When each is due, the earliest first. */
  readonly #deadlines = new Map<Item, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(delayMs: number, onDue: (item: Item) => void) {
    this.#delayMs = delayMs
    this.#onDue = onDue
  }

  /** What is added, the earliest due first. */
  [Symbol.iterator](): IterableIterator<Item> {
    return this.#deadlines.keys()
  }

  has(item: Item): boolean {
    return this.#deadlines.has(item)
  }

  /** The time of `item` begins now, also if it is there already. */
  add(item: Item): void {
    this.#deadlines.delete(item)
    this.#deadlines.set(item, nowMs() + this.#delayMs)
    if (this.#timer === undefined) this.#wait(this.#delayMs)
  }

  delete(item: Item): boolean {
    const isDeleted = this.#deadlines.delete(item)
    if (isDeleted && this.#deadlines.size === 0) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    return isDeleted
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => this.#look(), Math.min(ms, longestTimerMs))
  }

  /** Hands over what is due, then waits for the first of the rest. */
  #look(): void {
    this.#timer = undefined
    const now = nowMs()
    // Those that are added meanwhile wait for the next look, even if they are due at once.
    let count = this.#deadlines.size
    for (const [item, deadline] of this.#deadlines) {
      if (deadline > now || count-- === 0) {
        clearTimeout(this.#timer)
        this.#wait(Math.max(1, deadline - now))
        return
      }
      this.#deadlines.delete(item)
      this.#onDue(item)
    }
  }
}

/** `setTimeout` takes a longer time for no time at all. */
const longestTimerMs = 2 ** 31 - 1

/** Whole milliseconds need no memory of their own. Rounded up: a timer may be early by a fraction. */
function nowMs(): number {
  return Math.ceil(performance.now())
}
