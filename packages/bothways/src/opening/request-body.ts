import { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { BudgetHolder, ByteBudget } from '../connection/byte-budget.ts'

const smallestCapacity = 256

/** Why a body does not come; `no room`: the bodies of all requests together were too much. */
export type BodyFailure = 'too long' | 'no room' | 'broken off'

export interface BodyReceiver {
  /** It has come whole. Its memory is in use, and counts, until {@link RequestBody.release}. */
  onBody(bytes: Buffer): void
  /** It does not come, or its memory was given up; it has been released. */
  onBodyFailure(failure: BodyFailure): void
}

/**
 * The body of a request as it comes in: one piece of memory of at most twice what has come, however small the pieces
 * were. Its memory counts in a budget until {@link release}.
 */
export class RequestBody implements BudgetHolder {
  readonly #request: IncomingMessage
  readonly #maxBytes: number
  readonly #budget: ByteBudget
  readonly #receiver: BodyReceiver
  #memory = Buffer.alloc(0)
  #length = 0
  #isWhole = false
  #isReleased = false

  constructor(request: IncomingMessage, maxBytes: number, budget: ByteBudget, receiver: BodyReceiver) {
    this.#request = request
    this.#maxBytes = maxBytes
    this.#budget = budget
    this.#receiver = receiver
    budget.enter(this)
    request.on('data', this.#onData)
    request.on('end', this.#onEnd)
    request.on('close', this.#onClose)
    request.on('error', ignore)
  }

  /** The memory that it takes, in bytes. */
  get heldBytes(): number {
    return this.#memory.length
  }

  /** The bodies of all requests together are too much. */
  giveUp(): void {
    this.#fail('no room')
  }

  /** Forgets it: neither the bytes that have come nor those still to come are of use to anybody. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#budget.giveBack(this.heldBytes)
    this.#budget.leave(this)
    this.#memory = Buffer.alloc(0)
    this.#length = 0
    const request = this.#request
    request.off('data', this.#onData)
    request.off('end', this.#onEnd)
    request.off('close', this.#onClose)
    // The rest of the body is read, so that the client gets to the answer, and dropped.
    request.resume()
  }

  readonly #onData = (piece: Buffer): void => {
    const length = this.#length + piece.length
    if (length > this.#maxBytes) {
      this.#fail('too long')
      return
    }
    if (length > this.heldBytes) this.#grow(length)
    piece.copy(this.#memory, this.#length)
    this.#length = length
    this.#budget.relieve()
  }

  readonly #onEnd = (): void => {
    this.#isWhole = true
    this.#receiver.onBody(this.#memory.subarray(0, this.#length))
  }

  readonly #onClose = (): void => {
    // Node says so also behind a body that has come whole.
    if (!this.#isWhole) this.#fail('broken off')
  }

  #fail(failure: BodyFailure): void {
    if (this.#isReleased) return
    this.release()
    this.#receiver.onBodyFailure(failure)
  }

  #grow(length: number): void {
    const capacity = Math.min(this.#maxBytes, Math.max(smallestCapacity, length, this.heldBytes * 2))
    this.#budget.take(capacity - this.heldBytes)
    // With zeros: packets are views of it, through which one can look at all of it.
    const memory = Buffer.alloc(capacity)
    this.#memory.copy(memory, 0, 0, this.#length)
    this.#memory = memory
  }
}

function ignore(): void {}
