export interface WorkGateOptions {
  /** How much memory all jobs may hold together, in bytes. Default: no bound. */
  readonly maxBytes?: number
  /** How many jobs may run at once. Default: no bound. */
  readonly maxCount?: number
}

/** A job in the line of a {@link WorkGate}. */
export interface WorkTicket {
  readonly proceed: () => void
  heldBytes: number
  /** The bytes that it waits for; 0: it waits for nothing. */
  wantedBytes: number
  isRunning: boolean
}

/**
 * A bound on what jobs hold at once that would together take too much. They are let in in the order in which they came.
 * The first in line is never kept waiting for memory: it may pass the bound, so that a job that needs more than all of it is
 * done, too, and no two jobs wait for each other.
 */
export class WorkGate {
  readonly #maxBytes: number
  readonly #maxCount: number
  readonly #line = new Set<WorkTicket>()
  #heldBytes = 0
  #runningCount = 0
  #waitingCount = 0

  constructor({ maxBytes = Number.POSITIVE_INFINITY, maxCount = Number.POSITIVE_INFINITY }: WorkGateOptions) {
    this.#maxBytes = maxBytes
    this.#maxCount = maxCount
  }

  /** The bytes that the running jobs hold. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** How many jobs run. */
  get runningCount(): number {
    return this.#runningCount
  }

  /** Whether a job that holds `bytes` would begin at once. */
  isOpen(bytes: number): boolean {
    const hasRoom = this.#runningCount < this.#maxCount && this.#heldBytes + bytes <= this.#maxBytes
    return hasRoom && this.#waitingCount === 0
  }

  /**
   * A job joins the line.
   *
   * @param bytes that it will hold when it begins
   * @param proceed begins it, now or later; called again whenever {@link take} has let it wait
   */
  enter(bytes: number, proceed: () => void): WorkTicket {
    const ticket: WorkTicket = { proceed, heldBytes: 0, wantedBytes: bytes, isRunning: false }
    this.#line.add(ticket)
    this.#waitingCount++
    this.#advance()
    return ticket
  }

  /** The job is about to hold `bytes` more. False: it must wait until it is told to proceed, and then holds them. */
  take(ticket: WorkTicket, bytes: number): boolean {
    if (bytes === 0) return true
    ticket.wantedBytes = bytes
    this.#waitingCount++
    if (this.#mayHold(ticket)) {
      this.#grant(ticket)
      return true
    }
    return false
  }

  /** The job is over, or given up. A second call does nothing. */
  leave(ticket: WorkTicket): void {
    if (!this.#line.delete(ticket)) return
    if (ticket.wantedBytes > 0) this.#waitingCount--
    this.#heldBytes -= ticket.heldBytes
    if (ticket.isRunning) this.#runningCount--
    this.#advance()
  }

  #advance(): void {
    let next = this.#next()
    while (next !== undefined) {
      this.#grant(next)
      next.proceed()
      next = this.#next()
    }
  }

  /** The first that waits, if it need not. */
  #next(): WorkTicket | undefined {
    for (const ticket of this.#line) {
      if (ticket.wantedBytes === 0) continue
      if (!ticket.isRunning && this.#runningCount >= this.#maxCount) return undefined
      return this.#mayHold(ticket) ? ticket : undefined
    }
    return undefined
  }

  #mayHold(ticket: WorkTicket): boolean {
    const [first] = this.#line
    return ticket === first || this.#heldBytes + ticket.wantedBytes <= this.#maxBytes
  }

  #grant(ticket: WorkTicket): void {
    this.#waitingCount--
    this.#heldBytes += ticket.wantedBytes
    ticket.heldBytes += ticket.wantedBytes
    ticket.wantedBytes = 0
    if (ticket.isRunning) return
    ticket.isRunning = true
    this.#runningCount++
  }
}
