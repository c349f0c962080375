import { Readable } from 'node:stream'

/** What is received of a binary message, as it comes. Its reader tells how fast. */
export class InStream extends Readable {
  readonly #onWanted: () => void

  /** @param onWanted there is room for more */
  constructor(onWanted: () => void) {
    super()
    this.#onWanted = onWanted
  }

  override _read(): void {
    this.#onWanted()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Nobody will read what is still to come: it is dropped.
    this.#onWanted()
    callback(error)
  }
}
