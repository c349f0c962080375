/** The fields that a member of a {@link Roster} keeps for it: its neighbours there, which only the roster sets. */
export interface Listed<Member> {
  before: Member | undefined
  after: Member | undefined
}

/**
 * The members that are there, in the order in which they came; a member of one roster is in no other of its kind.
 *
 * A `Set` of those who come and go keeps them longer than they live: each time it makes room, V8 leaves an old table
 * behind, and a young member that stands in it is moved to where only the next full garbage collection frees it.
 */
export class Roster<Member extends Listed<Member>> {
  #first: Member | undefined
  #last: Member | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The member that has been there longest; from there on `after` leads to all others. */
  get first(): Member | undefined {
    return this.#first
  }

  /** For a member of no other roster. */
  has(member: Member): boolean {
    return member.before !== undefined || this.#first === member
  }

  /** Behind all others. */
  add(member: Member): void {
    if (this.has(member)) return
    const last = this.#last
    member.before = last
    if (last === undefined) this.#first = member
    else last.after = member
    this.#last = member
    this.#size++
  }

  /** Returns whether it was there. */
  delete(member: Member): boolean {
    if (!this.has(member)) return false
    const { before, after } = member
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    // A member that is gone must not keep those that are there, nor those that come later.
    member.before = undefined
    member.after = undefined
    this.#size--
    return true
  }
}
