import { allocate } from '#memory'

const smallestChunkBytes = 4 * 1024
const largestChunkBytes = 1024 * 1024

/**
 * Collects a payload that arrives in pieces, in chunks that grow with the bytes that have come: never more than twice
 * those, nor 1 MiB ahead of them, and nothing for the length that a header has announced. Pieces of one byte cost one byte.
 */
export class PayloadBuffer {
  #chunks: Uint8Array[] = []
  /** How much of the last chunk is written. */
  #used = 0
  #length = 0
  #capacity = 0

  get length(): number {
    return this.#length
  }

  /** Bytes of memory taken. */
  get capacity(): number {
    return this.#capacity
  }

  /**
   * Appends a copy of `piece`.
   *
   * @param expectedBytes how long the payload can become; bounds growth, takes no memory by itself
   */
  append(piece: Uint8Array, expectedBytes: number): void {
    const room = this.#capacity - this.#length
    if (piece.length <= room) {
      this.#write(piece)
      return
    }
    if (room > 0) this.#write(piece.subarray(0, room))
    const rest = room > 0 ? piece.subarray(room) : piece
    this.#grow(rest.length, expectedBytes - this.#length)
    this.#write(rest)
  }

  /** Hands over what was collected, in memory that holds nothing else, and starts anew. */
  take(): Uint8Array {
    const payload = this.#whole()
    this.#chunks = []
    this.#used = 0
    this.#length = 0
    this.#capacity = 0
    return payload
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#chunks.at(-1)!.set(bytes, this.#used)
    this.#used += bytes.length
    this.#length += bytes.length
  }

  /** @param expectedBytes how much can come still */
  #grow(neededBytes: number, expectedBytes: number): void {
    const ahead = Math.min(largestChunkBytes, this.#length + neededBytes)
    const usual = Math.max(smallestChunkBytes, neededBytes + ahead)
    const chunk = allocate(Math.max(neededBytes, Math.min(usual, expectedBytes)))
    this.#chunks.push(chunk)
    this.#capacity += chunk.length
    this.#used = 0
  }

  #whole(): Uint8Array {
    const [first] = this.#chunks
    if (first !== undefined && first.length === this.#length) return first
    const whole = allocate(this.#length)
    let at = 0
    for (const chunk of this.#chunks) {
      const written = Math.min(chunk.length, this.#length - at)
      whole.set(written === chunk.length ? chunk : chunk.subarray(0, written), at)
      at += written
    }
    return whole
  }
}
