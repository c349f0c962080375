import { longestTimerMs } from '../connection/option-checks.ts'

/** How often the clocks are looked at, at least, in the time that counts as an absence. */
const beatsPerLimit = 16

/** For how long after an absence what comes on new connections may have been sent before it ended, in ms. */
const backlogMs = 1000

export interface ProcessAbsenceInit {
  /** A process that did not run for longer was away, in ms. */
  readonly limitMs: number
  /** The process is back: nothing has been read since. */
  readonly onReturn: () => void
}

/**
 * Notices that this process did not run for long: it was stopped (SIGSTOP, a debugger), or its machine slept. Messages that
 * clients sent meanwhile lie unread in the system, and the clients have given them up: they may have sent them again elsewhere,
 * with a key that is forgotten by now. So they must not be read any more.
 */
export class ProcessAbsence {
  readonly #limitMs: number
  readonly #onReturn: () => void
  readonly #timer: NodeJS.Timeout
  /** When the process was last seen running: the one clock stands still while the machine sleeps, the other can be set. */
  #seenMs = performance.now()
  #seenAt = Date.now()
  #returnedMs = -Infinity

  constructor({ limitMs, onReturn }: ProcessAbsenceInit) {
    this.#limitMs = limitMs
    this.#onReturn = onReturn
    this.#timer = setInterval(
      () => void this.look(),
      Math.min(limitMs / beatsPerLimit, longestTimerMs),
    ).unref()
  }

  /**
   * To be called before anything is done about what was read: sockets can be read before any timer runs.
   *
   * @returns whether an absence was noticed now; {@link ProcessAbsenceInit.onReturn} has been called
   */
  look(): boolean {
    const nowMs = performance.now()
    const now = Date.now()
    const isBack = Math.max(nowMs - this.#seenMs, now - this.#seenAt) > this.#limitMs
    this.#seenMs = nowMs
    this.#seenAt = now
    if (!isBack) return false
    this.#returnedMs = nowMs
    this.#onReturn()
    return true
  }

  /** Requests on connections that the system had accepted during an absence may still come. */
  get isJustOver(): boolean {
    return performance.now() - this.#returnedMs < backlogMs
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
