/** Somebody who works on the data that a client has sent. */
export interface TurnMember {
  /** A later turn of the event loop has come: the work may go on. */
  onTurn(): void
}

/** How long a member may work in one turn at least, and all together that wait from earlier turns, in ms. */
const leastShareMs = 0.5

/**
 * While much is to be written at the turn's end, everybody waits for that anyway, and frames added now are written along
 * with it. So work goes on until all together have taken this part of what the writing will take, and so many ms at most.
 */
const partOfWriting = 1 / 2
const longestWorkMs = 16

/** A member that has worked for so long in a turn leaves to other threads what they can do, in ms. */
const earlyMs = leastShareMs / 4

/** How many of those that wait go on in one turn at most: work that they set off in later ticks takes time as well. */
const membersPerTurn = 4

/** A stretch of work that took longer than this is followed by a shorter one, in ms. */
const longStretchMs = leastShareMs / 4

/** The most work between two looks at the clock, in the units of {@link FairTime.goOn}. */
const longestStretch = 8 * 1024

/** The least work between two looks at the clock, in the same units. */
const shortestStretch = 1

// As they were when this was loaded: tests put a clock of their own in its place.
const { setImmediate } = globalThis
const now = performance.now.bind(performance)

/**
 * The time of one turn of the event loop, shared: a member that has used up its share stops, and goes on in a later turn, behind
 * those that wait already. In each turn those who wait get one share together, so that everybody else waits for about one
 * share, however many there are that want more.
 *
 * The clock is looked at seldom while the work is cheap, and for each piece of it when it is not. A member that needs little
 * in a turn costs nothing: no turn is watched for it.
 */
export class FairTime {
  readonly #now: () => number
  readonly #waiting = new Set<TurnMember>()
  /** How many of them, the first, have waited since an earlier turn. */
  #dueCount = 0
  /** The member that works; since when, less the time it had used of this turn before; and when the clock was last looked at. */
  #member: TurnMember | undefined
  #begunMs = 0
  #lookedMs = 0
  /** The end of this turn will be noticed; until then, the time used by members that worked before the present one. */
  #isTurnWatched = false
  readonly #usedMs = new Map<TurnMember, number>()
  /** When the turn that is watched has begun. */
  #turnBegunMs = 0
  #dueWritingMs = 0
  #writeNow: () => void = () => {}

  /** @param clock in ms */
  constructor(clock: () => number = now) {
    this.#now = clock
  }

  /** The frames that have been sent and are to be written when this turn ends will take so long; 0: they have been written. */
  expectWriting(ms: number): void {
    this.#dueWritingMs = ms
  }

  /** `write` writes the frames that have been sent: those for members that did little do not wait for members that go on. */
  writeFirst(write: () => void): void {
    this.#writeNow = write
  }

  /** `member` begins to work, or goes on in the same turn. */
  begin(member: TurnMember, nowMs: number = this.#now()): void {
    if (this.#isTurnWatched) {
      if (member === this.#member) return
      if (this.#member !== undefined) this.#usedMs.set(this.#member, nowMs - this.#begunMs)
    }
    this.#member = member
    this.#begunMs = nowMs - (this.#usedMs.get(member) ?? 0)
    this.#lookedMs = nowMs
  }

  /**
   * `member` goes on with the work that it began in an earlier turn. Unlike {@link begin} this counts also when it begins once
   * more in this turn before it has asked whether it may go on.
   */
  rejoin(member: TurnMember): void {
    const nowMs = this.#now()
    this.begin(member, nowMs)
    if (!this.#isTurnWatched) this.#watchTurn(nowMs)
  }

  /**
   * How much work `member` may do before it asks again, given how much it was allowed the last time; 0: its share of
   * this turn is used up, {@link wait} for another. Work is counted in any unit of which a few are done in a
   * microsecond, such as bytes.
   */
  goOn(member: TurnMember, lastStretch: number, nowMs: number = this.#now()): number {
    // Another has worked in between, called by this one.
    if (member !== this.#member) this.begin(member, nowMs)
    if (!this.#isTurnWatched) this.#watchTurn(nowMs)
    if (nowMs - this.#begunMs >= leastShareMs && nowMs >= this.#longWorkEndMs) return 0
    const wasLong = nowMs - this.#lookedMs > longStretchMs
    this.#lookedMs = nowMs
    return wasLong ? Math.max(shortestStretch, lastStretch >> 3) : Math.min(longestStretch, lastStretch * 2)
  }

  /** Whether `member`, who works, has used less than a quarter of its share of this turn, and all together less than one. */
  isEarly(member: TurnMember, nowMs: number = this.#now()): boolean {
    if (member !== this.#member) this.begin(member, nowMs)
    if (this.#isTurnWatched && nowMs - this.#turnBegunMs >= leastShareMs) return false
    return nowMs - this.#begunMs < earlyMs
  }

  /** Calls {@link TurnMember.onTurn} in a later turn, once. */
  wait(member: TurnMember): void {
    this.#waiting.add(member)
    if (this.#isTurnWatched) return
    // The one that worked last may have done so in an earlier turn.
    if (this.#member !== member) this.#member = undefined
    this.#watchTurn(this.#now())
  }

  /** `member` waits no longer. */
  leave(member: TurnMember): void {
    this.#waiting.delete(member)
    this.#usedMs.delete(member)
    if (this.#member === member) this.#member = undefined
  }

  /** Until when everybody may work in this turn, however much each has worked. */
  get #longWorkEndMs(): number {
    return this.#turnBegunMs + Math.min(longestWorkMs, this.#dueWritingMs * partOfWriting)
  }

  #watchTurn(nowMs: number): void {
    this.#isTurnWatched = true
    this.#turnBegunMs = nowMs
    setImmediate(endTurn, this)
  }

  static endTurn(time: FairTime): void {
    time.#isTurnWatched = false
    time.#member = undefined
    time.#usedMs.clear()
    if (time.#waiting.size === 0) return
    const nowMs = time.#now()
    // First, so that nobody is forgotten when somebody throws.
    time.#watchTurn(nowMs)
    const count = Math.min(time.#dueCount, membersPerTurn)
    if (count > 0 && time.#dueWritingMs === 0) time.#writeNow()
    time.#serve(count, nowMs)
    time.#dueCount = time.#waiting.size
  }

  #serve(count: number, begunMs: number): void {
    let left = count
    for (const member of this.#waiting) {
      if (left-- === 0) return
      this.#waiting.delete(member)
      this.begin(member)
      member.onTurn()
      const nowMs = this.#now()
      if (nowMs >= begunMs + leastShareMs && nowMs >= this.#longWorkEndMs) return
    }
  }
}

function endTurn(time: FairTime): void {
  FairTime.endTurn(time)
}

/** The process's own. */
export const fairTime: FairTime = new FairTime()
