import { TokenBucket, TokenBuckets } from '../../connection/token-bucket.ts'
import { HubError } from '../hub-error.ts'

/** How many seconds' worth of publications may come at once after a pause. */
const burstSeconds = 10

/** Publications of one client, or of all together. Its clock is `performance.now()`. */
export function publishRate(perSecond: number): TokenBucket {
  return new TokenBucket(perSecond, performance.now(), perSecond * burstSeconds)
}

/** The same of each caller that holds no connection. */
export function publishRates(perSecond: number): TokenBuckets {
  return new TokenBuckets(perSecond, perSecond * burstSeconds)
}

/**
 * Takes one publication of a rate.
 *
 * @throws HubError `rate_limited` with `text`, when none is due
 */
export function spendPublish(rate: TokenBucket, text: string): void {
  const nowMs = performance.now()
  if (rate.tryTake(nowMs)) return
  const retryAfterMs = Math.max(1_000, Math.ceil(rate.waitMs(nowMs, 1)))
  throw new HubError('rate_limited', text, { retryAfterMs })
}
