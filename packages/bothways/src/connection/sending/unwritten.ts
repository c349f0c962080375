import type { BudgetHolder, ByteBudget } from '../byte-budget.ts'
import { Backlog } from './backlog.ts'
import { SharedBytes } from './shared-bytes.ts'
import type { Piece } from './turn.ts'
import type { Loan } from './write-memory.ts'

/** Whose memory a write may read from until it is over. */
interface Lender {
  lend(budget: ByteBudget | undefined, bytes: Uint8Array): Loan
}

/**
 * The bytes of one connection that the operating system did not take at once: the write under way, those to be written behind
 * it, and the count of both that a budget knows. A connection that has always been read has none.
 */
export class Unwritten {
  readonly #budget: ByteBudget | undefined
  #backlog: Backlog | undefined
  #underWayBytes = 0
  /** Those of them in memory of the connection's own. */
  #ownBytes = 0
  /** Whose memory the write reads from. */
  #loan: Loan | undefined
  #countedBytes = 0
  #isHolder = false

  constructor(budget: ByteBudget | undefined) {
    this.#budget = budget
  }

  get underWayBytes(): number {
    return this.#underWayBytes
  }

  /** Something is to be written behind the write under way. */
  get hasBacklog(): boolean {
    return this.#backlog !== undefined
  }

  get backlogBytes(): number {
    return this.#backlog === undefined ? 0 : this.#backlog.bytes
  }

  /** A write of `bytes` is under way, which are memory of the connection's own, or lent by `lender`. */
  begin(bytes: Uint8Array, lender: Lender | undefined): void {
    this.#underWayBytes += bytes.length
    // The memories of several writes under way are not told apart.
    if (lender === undefined || this.#loan !== undefined) this.#ownBytes += bytes.length
    else this.#loan = lender.lend(this.#budget, bytes)
  }

  /** So many bytes of the write under way have been taken. */
  took(bytes: number): void {
    this.#underWayBytes -= bytes
    if (this.#underWayBytes === 0) this.returnLoan()
  }

  /** Nothing reads from the memory of the write under way any more. */
  returnLoan(): void {
    this.#ownBytes = 0
    this.#loan?.giveBack()
    this.#loan = undefined
  }

  keep(piece: Piece): void {
    this.#backlog ??= new Backlog(this.#budget)
    if (piece instanceof SharedBytes) this.#backlog.appendShared(piece)
    else this.#backlog.append(piece)
  }

  /** A payload's bytes from `start` on, masked if there is a key. */
  keepRest(payload: Uint8Array, start: number, maskingKey: number | undefined): void {
    this.#backlog ??= new Backlog(this.#budget)
    this.#backlog.append(payload.subarray(start), maskingKey, start)
  }

  /** Takes out the piece to be written next; there must be one. */
  takeNext(): Piece {
    const piece = this.#backlog!.take()
    if (this.#backlog!.bytes === 0) this.#backlog = undefined
    return piece
  }

  /** Forgets the bytes to be written. */
  drop(): void {
    this.#backlog?.drop()
    this.#backlog = undefined
  }

  /**
   * Tells the budget how much is held now.
   *
   * @param holder who can give it up
   * @param otherBytes bytes that it holds besides
   * @param isGivenUp the bytes under way will soon be free
   */
  count(holder: BudgetHolder, otherBytes: number, isGivenUp: boolean): void {
    const budget = this.#budget
    if (budget === undefined) return
    const heldBytes = otherBytes + this.#ownBytes + (this.#backlog?.heldBytes ?? 0)
    budget.take(heldBytes - this.#countedBytes)
    this.#countedBytes = heldBytes
    const isHolder = otherBytes > 0 || (this.#underWayBytes > 0 && !isGivenUp)
    if (isHolder === this.#isHolder) return
    this.#isHolder = isHolder
    if (isHolder) budget.enter(holder)
    else budget.leave(holder)
  }
}
