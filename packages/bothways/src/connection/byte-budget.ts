/** A holder of bytes of a {@link ByteBudget}. */
export interface BudgetHolder {
  /** How full it is, in bytes: the fullest give up first. */
  readonly heldBytes: number
  /** Its connection has ended: such a one gives up before all others. */
  readonly isOver?: boolean
  /** Frees what it holds and {@link ByteBudget.leave leaves}: the budget is used up. */
  giveUp(budget: ByteBudget): void
}

/** This part of a budget is free again when the fullest have given up, so that they are not looked for at every byte. */
const freePart = 1 / 4

/**
 * A bound on the memory that many hold together. To take and to give back costs an addition, however many there are.
 * The holders are looked at only when the bound has been passed, and the holder that takes asks for that: at a moment
 * when others may go.
 */
export class ByteBudget {
  readonly limitBytes: number
  #usedBytes = 0
  readonly #holders = new Set<BudgetHolder>()

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Negative when the bound has been passed. */
  get freeBytes(): number {
    return this.limitBytes - this.#usedBytes
  }

  get isExceeded(): boolean {
    return this.#usedBytes > this.limitBytes
  }

  take(bytes: number): void {
    this.#usedBytes += bytes
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes
  }

  /** From here on `holder` may be asked to give up. */
  enter(holder: BudgetHolder): void {
    this.#holders.add(holder)
  }

  leave(holder: BudgetHolder): void {
    this.#holders.delete(holder)
  }

  /**
   * When the bound has been passed: those that are over give up, then the fullest, one after the other, until a quarter
   * of the budget is free.
   */
  relieve(): void {
    if (!this.isExceeded) return
    const enough = this.limitBytes * freePart
    for (const holder of [...this.#holders].sort(byUrgency)) {
      if (this.freeBytes >= enough) return
      holder.giveUp(this)
    }
  }
}

function byUrgency(a: BudgetHolder, b: BudgetHolder): number {
  return Number(b.isOver ?? false) - Number(a.isOver ?? false) || b.heldBytes - a.heldBytes
}
