import { Readable } from 'node:stream'
import { Collector } from './collector.ts'

/** The payload of a binary message, as it comes. Its reader tells how fast. */
export class InStream extends Readable {
  readonly #onWanted: () => void
  /** Bytes that nobody asks for yet, in few pieces however they come: each piece in a `Readable` costs some 100 bytes. */
  readonly #waiting = new Collector()
  #isWanted = true

  /** @param onWanted there is room for more */
  constructor(onWanted: () => void) {
    super()
    this.#onWanted = onWanted
  }

  /** Bytes that nobody has read. */
  get unreadBytes(): number {
    return this.readableLength + this.#waiting.byteLength
  }

  receive(payload: Uint8Array): void {
    if (this.destroyed) return
    if (this.#isWanted) this.#isWanted = this.push(payload)
    else this.#waiting.push(payload)
  }

  /** Nothing more will come. */
  finish(): void {
    if (this.#waiting.byteLength > 0) this.push(this.#waiting.take())
    this.push(null)
  }

  override _read(): void {
    this.#isWanted = this.#waiting.byteLength === 0 || this.push(this.#waiting.take())
    this.#onWanted()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Nobody will read the bytes still to come: they are dropped.
    this.#waiting.take()
    this.#onWanted()
    callback(error)
  }
}
