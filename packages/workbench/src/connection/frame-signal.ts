/** Between two tellings is so many times what drawing takes: it has a quarter of the time, everything else the rest. */
const gapFactor = 4

/** Tells React that something changed, at most once in a frame, however often it did. */
export class FrameSignal {
  readonly #listeners = new Set<() => void>()
  readonly #gapMs: number
  #version = 0
  #toldAt = Number.NEGATIVE_INFINITY
  /** How long the last drawing took, until the browser had time for the next frame. */
  #drawnMs = 0
  #isRequested = false

  /** @param gapMs the least time between two tellings, in ms; longer where drawing takes long. 0: with each frame */
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
    const gapMs = this.#gapMs === 0 ? 0 : Math.max(this.#gapMs, gapFactor * this.#drawnMs)
    const waitMs = this.#toldAt + gapMs - performance.now()
    if (waitMs > 0) setTimeout(() => requestAnimationFrame(this.#tell), waitMs)
    else requestAnimationFrame(this.#tell)
  }

  /** Tells at once: an act of the reader has its effect before the next key. */
  now(): void {
    this.#version++
    for (const listener of this.#listeners) listener()
  }

  readonly #tell = (): void => {
    this.#isRequested = false
    const toldAt = performance.now()
    this.now()
    if (this.#gapMs === 0) return
    this.#toldAt = toldAt
    requestAnimationFrame(() => {
      this.#drawnMs = performance.now() - toldAt
    })
  }
}
