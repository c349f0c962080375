/** Tells React that something changed, at most once in a frame, however often it did. */
export class FrameSignal {
  readonly #listeners = new Set<() => void>()
  readonly #gapMs: number
  #version = 0
  #toldAt = Number.NEGATIVE_INFINITY
  #isRequested = false

  /** @param gapMs the least time between two tellings, in ms; 0 is once in a frame */
  constructor(gapMs = 0) {
    this.#gapMs = gapMs
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly version = (): number => this.#version

  request(): void {
    if (this.#isRequested) return
    this.#isRequested = true
    const waitMs = this.#toldAt + this.#gapMs - performance.now()
    if (waitMs > 0) setTimeout(() => requestAnimationFrame(this.#tell), waitMs)
    else requestAnimationFrame(this.#tell)
  }

  /** Tells at once: what the reader does has its effect before the next key. */
  now(): void {
    this.#version++
    for (const listener of this.#listeners) listener()
  }

  readonly #tell = (): void => {
    this.#isRequested = false
    this.#toldAt = performance.now()
    this.now()
  }
}
