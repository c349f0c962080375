import { type RetryTimes, retryDelay, waitAsTold } from './backoff.ts'
import { type DisconnectReason, type Ending, isLasting, reasonOf } from './reason.ts'

export type Status = 'connecting' | 'open' | 'waiting' | 'offline' | 'closed'

/** What has to be done, asked of the owner of clock and network. */
export interface LinkHandler {
  /** Opens a connection. */
  connect(): void
  /** Lets go of the connection, open or not. */
  disconnect(): void
  /** Looks whether the connection still lives. */
  probe(): void
  /** Calls `due()` in so many ms, in place of what was asked before; undefined: not at all. */
  wakeIn(ms: number | undefined): void
  onStatus(): void
}

/** A connection that lasted so long was a good one: the next failure is the first. In ms. */
export const stableMs = 10_000

/**
 * Whether there is a connection, and when the next is tried: without clock, socket and timer. Each event is a method; what
 * has to be done is asked of the handler.
 */
export class Link {
  readonly #handler: LinkHandler
  readonly #times: RetryTimes
  readonly #random: () => number
  #status: Status = 'closed'
  #reason: DisconnectReason | undefined
  #failedCount = 0
  #isOnline = true
  /** The server said when to come back: nothing else makes it earlier. */
  #isAppointed = false

  constructor(handler: LinkHandler, times: RetryTimes, random: () => number) {
    this.#handler = handler
    this.#times = times
    this.#random = random
  }

  get status(): Status {
    return this.#status
  }

  /** Of the last end, until there is a connection again. */
  get reason(): DisconnectReason | undefined {
    return this.#reason
  }

  /** The first try, or one at once, also after it gave up. */
  start(): void {
    if (this.#status === 'connecting' || this.#status === 'open') return
    this.#failedCount = 0
    this.#connect()
  }

  opened(): void {
    if (this.#status === 'connecting') this.#become('open')
  }

  /** @param lastedMs how long the connection was open, 0 if it never was */
  lost(ending: Ending, lastedMs: number): void {
    if (this.#status !== 'connecting' && this.#status !== 'open') return
    if (isLasting(ending)) {
      this.#end(ending)
      return
    }
    this.#failedCount = lastedMs >= stableMs ? 1 : this.#failedCount + 1
    const { retryAfterMs } = ending
    this.#isAppointed = retryAfterMs !== undefined && !ending.isOtherNext
    const ownMs = this.#isOnline
      ? retryDelay(this.#failedCount, this.#times, this.#random())
      : this.#times.maxRetryMs
    const delay = ending.isOtherNext ? 0 : waitAsTold(retryAfterMs, this.#failedCount, ownMs)
    this.#handler.wakeIn(delay)
    this.#become(this.#isOnline ? 'waiting' : 'offline', reasonOf(ending, delay))
  }

  /** The time of the next try has come. */
  due(): void {
    if (this.#status === 'waiting' || this.#status === 'offline') this.#connect()
  }

  online(): void {
    this.#isOnline = true
    this.woke()
  }

  /** Also where a device is wrong about itself it is tried, seldom. */
  offline(): void {
    this.#isOnline = false
    if (this.#status === 'open') this.#handler.probe()
    if (this.#status !== 'waiting' || this.#isAppointed) return
    this.#handler.wakeIn(this.#times.maxRetryMs)
    this.#become('offline', reasonOf({ code: 'offline' }, this.#times.maxRetryMs))
  }

  /** After sleep, and whenever the network may be another: what waits is tried, what is open is looked at. */
  woke(): void {
    if (this.#status === 'open') this.#handler.probe()
    if ((this.#status === 'waiting' || this.#status === 'offline') && !this.#isAppointed) this.#connect()
  }

  close(): void {
    if (this.#status === 'closed') {
      this.#handler.wakeIn(undefined)
      return
    }
    this.#end({ code: 'closed' })
  }

  #end(ending: Ending): void {
    this.#handler.wakeIn(undefined)
    this.#handler.disconnect()
    this.#become('closed', reasonOf(ending, 'no'))
  }

  #connect(): void {
    this.#isAppointed = false
    this.#handler.wakeIn(undefined)
    this.#become('connecting', this.#reason)
    this.#handler.connect()
  }

  #become(status: Status, reason?: DisconnectReason): void {
    this.#status = status
    this.#reason = reason
    this.#handler.onStatus()
  }
}
