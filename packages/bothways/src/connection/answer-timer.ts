/** A timer that is later than this, or than a quarter of its time, was kept by a block of the event loop, in ms. */
const blockMs = 1_000

/**
 * A limit on how long the other side may take. When it has passed, data that have come by then are read first, which might be
 * the answer: timers run before that. And a block of the event loop (a computation, a stopped process) is no time in
 * which an answer could have been heard: after one the limit begins anew, once.
 */
export class AnswerTimer {
  readonly #limitMs: number
  readonly #onPassed: () => void
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined
  #isLast = false

  /** @param limitMs at most what `setTimeout` takes */
  constructor(limitMs: number, onPassed: () => void) {
    this.#limitMs = limitMs
    this.#onPassed = onPassed
    this.#start()
  }

  stop(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
  }

  #start(): void {
    const dueMs = performance.now() + this.#limitMs
    this.#timer = setTimeout(() => {
      const wasBlocked = performance.now() - dueMs > Math.min(blockMs, this.#limitMs / 4)
      if (wasBlocked && !this.#isLast) {
        this.#isLast = true
        this.#start()
      } else {
        this.#immediate = setImmediate(this.#onPassed)
      }
    }, this.#limitMs)
  }
}
