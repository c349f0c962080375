import type { ByteBudget } from '../byte-budget.ts'
import { ownBytes } from '../message-data.ts'
import type { Loan } from './write-memory.ts'

/**
 * Whole frames that several connections send: they all have the same bytes, which never change. Connections that do not
 * read hold them together, and a budget counts them once.
 */
export class SharedBytes implements Loan {
  readonly length: number
  #bytes: Uint8Array
  #holderCount = 0
  /** Where they are counted: the first holder's. */
  #budget: ByteBudget | undefined

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.length = bytes.length
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** One more connection waits to send them; to be given back when it has, or will not. */
  lend(budget: ByteBudget | undefined): Loan {
    this.#holderCount++
    if (this.#holderCount > 1) return this
    // In a pool that belongs to others besides, a few bytes would keep all of it.
    if (this.#bytes.buffer.byteLength >= 2 * this.#bytes.length) this.#bytes = ownBytes(this.#bytes)
    this.#budget = budget
    budget?.take(this.#bytes.length)
    return this
  }

  giveBack(): void {
    this.#holderCount--
    if (this.#holderCount > 0) return
    this.#budget?.giveBack(this.#bytes.length)
    this.#budget = undefined
  }
}
