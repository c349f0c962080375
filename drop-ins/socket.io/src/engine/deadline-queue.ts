/**
 * Things that are due a fixed time after they were added: in the order in which they came, so that one timer does for
 * all of them, and adding one that is there already only moves it to the end.
 */
export class DeadlineQueue<Item> {
  readonly #delayMs: number
  readonly #onDue: (item: Item) => void
  readonly #excusesBlocks: boolean
  /** When each is due, the earliest first, by a clock that is behind by {@link #lostMs}. */
  readonly #deadlines = new Map<Item, number>()
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined
  /** When the timer was set, and for when. */
  #setAtMs = 0
  #firesAtMs = 0
  #lostMs = 0

  /**
   * @param excusesBlocks a block of the event loop (a computation, a stopped process) is no time in which anybody could
   *   have been heard: after it the time of all items begins anew
   */
  constructor(delayMs: number, onDue: (item: Item) => void, excusesBlocks = false) {
    this.#delayMs = delayMs
    this.#onDue = onDue
    this.#excusesBlocks = excusesBlocks
  }

  /** The items in the queue, the earliest due first. */
  [Symbol.iterator](): IterableIterator<Item> {
    return this.#deadlines.keys()
  }

  has(item: Item): boolean {
    return this.#deadlines.has(item)
  }

  /** The time of `item` begins now, also if it is there already. */
  add(item: Item): void {
    this.#deadlines.delete(item)
    this.#deadlines.set(item, this.#nowMs + this.#delayMs)
    if (this.#timer === undefined && this.#immediate === undefined) this.#wait(this.#delayMs)
  }

  delete(item: Item): boolean {
    const isDeleted = this.#deadlines.delete(item)
    if (isDeleted && this.#deadlines.size === 0) this.#rest()
    return isDeleted
  }

  get #nowMs(): number {
    return wholeMs() - this.#lostMs
  }

  #rest(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    this.#timer = undefined
    this.#immediate = undefined
  }

  #wait(ms: number): void {
    const delayMs = Math.min(ms, longestTimerMs)
    this.#setAtMs = wholeMs()
    this.#firesAtMs = this.#setAtMs + delayMs
    this.#timer = setTimeout(() => this.#strike(), delayMs)
  }

  /** Timers run before received bytes are read, such as the answer that an item waits for: so the look comes behind that. */
  #strike(): void {
    this.#timer = undefined
    const nowMs = wholeMs()
    const wasBlocked = nowMs - this.#firesAtMs > Math.min(blockMs, this.#delayMs / 4)
    if (wasBlocked && this.#excusesBlocks) this.#lostMs += nowMs - this.#setAtMs
    const dueMs = nowMs - this.#lostMs
    this.#immediate = setImmediate(() => this.#look(dueMs))
  }

  /** Hands over the due items, then waits for the first of the rest. */
  #look(dueMs: number): void {
    this.#immediate = undefined
    // Those that are added meanwhile wait for the next look, even if they are due at once.
    let count = Math.min(itemsPerTurn, this.#deadlines.size)
    for (const [item, deadline] of this.#deadlines) {
      if (deadline > dueMs) break
      if (count-- === 0) {
        this.#rest()
        this.#immediate = setImmediate(() => this.#look(dueMs))
        return
      }
      this.#deadlines.delete(item)
      this.#onDue(item)
    }
    this.#rest()
    const [first] = this.#deadlines.values()
    if (first !== undefined) this.#wait(Math.max(1, first - this.#nowMs))
  }
}

/** How many are handed over in one turn of the event loop; then others have theirs. */
const itemsPerTurn = 256

/** A timer that is later than this, or than a quarter of the time it is for, was kept by a block, in ms. */
const blockMs = 1_000

/** `setTimeout` takes a longer time for no time at all. */
const longestTimerMs = 2 ** 31 - 1

/** Whole milliseconds need no memory of their own. Rounded up: a timer may be early by a fraction. */
function wholeMs(): number {
  return Math.ceil(performance.now())
}
