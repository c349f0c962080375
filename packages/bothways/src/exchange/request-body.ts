import { Buffer } from 'node:buffer'
import type { ByteBudget } from '../connection/byte-budget.ts'

const smallestCapacity = 256

/**
 * The body of a request as it comes in: one piece of memory of at most twice what has come, however small the pieces
 * were. Its memory counts in a budget until {@link release}.
 */
export class RequestBody {
  readonly #budget: ByteBudget
  readonly #maxBytes: number
  #memory = Buffer.alloc(0)
  #length = 0

  constructor(maxBytes: number, budget: ByteBudget) {
    this.#maxBytes = maxBytes
    this.#budget = budget
  }

  /** What has come. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#length)
  }

  /** The memory that it takes, in bytes. */
  get capacity(): number {
    return this.#memory.length
  }

  /** False when the body is too long. */
  add(piece: Buffer): boolean {
    const length = this.#length + piece.length
    if (length > this.#maxBytes) return false
    if (length > this.capacity) this.#grow(length)
    piece.copy(this.#memory, this.#length)
    this.#length = length
    return true
  }

  release(): void {
    this.#budget.giveBack(this.capacity)
    this.#memory = Buffer.alloc(0)
    this.#length = 0
  }

  #grow(length: number): void {
    const capacity = Math.min(this.#maxBytes, Math.max(smallestCapacity, length, this.capacity * 2))
    this.#budget.take(capacity - this.capacity)
    // With zeros: packets are views of it, and who has one can look at all of it.
    const memory = Buffer.alloc(capacity)
    this.bytes.copy(memory)
    this.#memory = memory
  }
}
