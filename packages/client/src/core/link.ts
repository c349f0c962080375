import { type RetryTimes, retryDelay, waitAsTold } from './backoff.ts'
import { type DisconnectReason, type Ending, isLasting, reasonOf } from './reason.ts'

export type Status = 'connecting' | 'open' | 'waiting' | 'offline' | 'closed'

/** The actions that a link asks of the owner of clock and network. */
export interface LinkHandler {
  /** Opens a connection. */
  connect(): void
  /** Lets go of the connection, open or not. */
  disconnect(): void
  /** Looks whether the connection still lives. */
  probe(): void
  /** Calls `due()` in so many ms, in place of what was asked before; undefined: not at all. */
  wakeIn(ms?: number): void
  onStatus(): void
}

/** A connection that lasted so long was a good one: the next failure is the first. In ms. */
export const stableMs = 10_000

/**
 * Whether there is a connection, and when the next is tried: without clock, socket and timer. Each event is a method; the
 * handler is asked for every action.
 */
export interface Link {
  readonly status: Status
  /** Of the last end, until there is a connection again. */
  readonly reason: DisconnectReason | undefined
  /** The first try, or one at once, also after it gave up. */
  start(): void
  opened(): void
  /** @param lastedMs how long the connection was open, 0 if it never was */
  lost(ending: Ending, lastedMs: number): void
  /** The time of the next try has come. */
  due(): void
  online(): void
  /** Also where a device is wrong about itself it is tried, seldom. */
  offline(): void
  /** After sleep, and whenever the network may be another: a try that waits is made, a connection that is open is looked at. */
  woke(): void
  close(): void
}

export function createLink(handler: LinkHandler, times: RetryTimes, random: () => number): Link {
  let status: Status = 'closed'
  let reason: DisconnectReason | undefined
  let failedCount = 0
  let isOnline = true
  /** The server said when to come back: nothing else makes it earlier. */
  let isAppointed = false

  const become = (next: Status, why?: DisconnectReason) => {
    status = next
    reason = why
    handler.onStatus()
  }
  let tries = 0
  const connect = () => {
    const mine = ++tries
    isAppointed = false
    handler.wakeIn()
    become('connecting', reason)
    // A listener may have closed it, or begun anew.
    if (mine === tries && status === 'connecting') handler.connect()
  }
  const end = (ending: Ending) => {
    handler.wakeIn()
    handler.disconnect()
    become('closed', reasonOf(ending, 'no'))
  }
  const waits = () => status === 'waiting' || status === 'offline'
  const woke = () => {
    if (status === 'open') handler.probe()
    if (waits() && !isAppointed) connect()
  }

  return {
    get status() {
      return status
    },
    get reason() {
      return reason
    },
    start() {
      if (status !== 'closed' && !waits()) return
      failedCount = 0
      connect()
    },
    opened() {
      if (status === 'connecting') become('open')
    },
    lost(ending, lastedMs) {
      if (status === 'closed' || waits()) return
      if (isLasting(ending)) return end(ending)
      failedCount = lastedMs >= stableMs ? 1 : failedCount + 1
      const { retryAfterMs, isOtherNext } = ending
      isAppointed = retryAfterMs !== undefined && !isOtherNext
      const ownMs = isOnline ? retryDelay(failedCount, times, random()) : times.maxRetryMs
      const delay = isOtherNext ? 0 : waitAsTold(retryAfterMs, failedCount, ownMs)
      handler.wakeIn(delay)
      become(isOnline ? 'waiting' : 'offline', reasonOf(ending, delay))
    },
    due() {
      if (waits()) connect()
    },
    online() {
      isOnline = true
      woke()
    },
    offline() {
      isOnline = false
      if (status === 'open') handler.probe()
      if (status !== 'waiting' || isAppointed) return
      handler.wakeIn(times.maxRetryMs)
      become('offline', reasonOf({ code: 'offline' }, times.maxRetryMs))
    },
    woke,
    close() {
      if (status === 'closed') handler.wakeIn()
      else end({ code: 'closed' })
    },
  }
}
