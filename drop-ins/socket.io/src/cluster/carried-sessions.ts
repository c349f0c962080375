import type { BudgetHolder, ByteBudget } from 'bothways/connection'
import type { CarriedSession, Mark } from './carried-session.ts'

/** The bytes that a session takes, besides its texts and the names of its rooms. */
const sessionBytes = 768
/** The bytes that a room takes, besides its name. */
const roomBytes = 64

interface Kept {
  readonly session: CarriedSession
  readonly at: number
  readonly bytes: number
}

/** The clients of other servers, which may have to be taken over. The oldest go when there is no room. */
export class CarriedSessions implements BudgetHolder {
  readonly #budget: ByteBudget
  readonly #maxCount: number
  readonly #isKnown: (mark: Mark) => boolean
  readonly #kept = new Map<string, Kept>()
  #heldBytes = 0

  /** @param isKnown whether it is known what had come round by then */
  constructor(budget: ByteBudget, maxCount: number, isKnown: (mark: Mark) => boolean) {
    this.#budget = budget
    this.#maxCount = maxCount
    this.#isKnown = isKnown
    budget.enter(this)
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  giveUp(): void {
    const enough = this.#heldBytes / 2
    for (const pid of this.#kept.keys()) {
      if (this.#heldBytes <= enough) return
      this.delete(pid)
    }
  }

  /** @returns false for one that was taken over by another server since */
  set(session: CarriedSession): boolean {
    const { pid, log, returnCount } = session
    const before = this.#kept.get(pid)?.session
    if (before !== undefined && before.returnCount > returnCount) return false
    this.delete(pid)
    // The first that was heard of it reaches farthest back, if that is known here.
    const isSame = before?.log === log && before.returnCount === returnCount && this.#isKnown(before.base)
    const merged = isSame ? { ...session, base: before.base } : session
    const bytes = bytesOf(merged)
    this.#kept.set(pid, { session: merged, at: Date.now(), bytes })
    this.#heldBytes += bytes
    this.#budget.take(bytes)
    this.#budget.relieve()
    if (this.#kept.size > this.#maxCount) this.delete(this.#kept.keys().next().value as string)
    return true
  }

  get(pid: string): { readonly session: CarriedSession; readonly at: number } | undefined {
    return this.#kept.get(pid)
  }

  delete(pid: string): void {
    const kept = this.#kept.get(pid)
    if (kept === undefined) return
    this.#kept.delete(pid)
    this.#heldBytes -= kept.bytes
    this.#budget.giveBack(kept.bytes)
  }

  /** Forgets those that nobody can come back to any more. */
  retain(isWanted: (session: CarriedSession, at: number) => boolean): void {
    for (const [pid, { session, at }] of this.#kept) if (!isWanted(session, at)) this.delete(pid)
  }

  of(log: string): CarriedSession[] {
    return Array.from(this.#kept.values(), it => it.session).filter(it => it.log === log)
  }

  close(): void {
    for (const pid of [...this.#kept.keys()]) this.delete(pid)
    this.#budget.leave(this)
  }
}

function bytesOf({ rooms, data }: CarriedSession): number {
  let bytes = sessionBytes + data.length
  for (const room of rooms) bytes += roomBytes + room.length
  return bytes
}
