/** Tells React that something changed, at most once in a frame, however often it did. */
export class FrameSignal {
  readonly #listeners = new Set<() => void>()
  #version = 0
  #isRequested = false

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly version = (): number => this.#version

  request(): void {
    if (this.#isRequested) return
    this.#isRequested = true
    requestAnimationFrame(() => {
      this.#isRequested = false
      this.#version++
      for (const listener of this.#listeners) listener()
    })
  }
}
