import { allocate } from '#memory'

const smallestCapacityBytes = 4096

/**
 * Collects a payload that arrives in pieces. Its memory follows what has come, at most twice that, never what a
 * header has announced; and pieces of one byte cost one byte.
 */
export class PayloadBuffer {
  #bytes: Uint8Array = new Uint8Array(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  /**
   * Appends a copy of `piece`.
   *
   * @param expectedBytes how long the payload can become; bounds growth, takes no memory by itself
   */
  append(piece: Uint8Array, expectedBytes: number): void {
    const end = this.#length + piece.length
    if (end > this.#bytes.length) this.#grow(end, expectedBytes)
    this.#bytes.set(piece, this.#length)
    this.#length = end
  }

  /** Hands over what was collected and starts anew. */
  take(): Uint8Array {
    const payload = this.#bytes.subarray(0, this.#length)
    this.#bytes = new Uint8Array(0)
    this.#length = 0
    return payload
  }

  #grow(neededBytes: number, expectedBytes: number): void {
    const doubled = Math.max(neededBytes * 2, smallestCapacityBytes)
    const grown = allocate(Math.max(neededBytes, Math.min(doubled, expectedBytes)))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
