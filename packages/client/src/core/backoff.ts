export interface RetryTimes {
  /** The longest wait before the first new try, in ms. It doubles with each that fails. */
  readonly firstRetryMs: number
  /** Where the doubling ends, in ms. */
  readonly maxRetryMs: number
}

/**
 * How long to wait before the next try: with full jitter, since clients that lost one server would else come back together.
 *
 * @param failedCount tries that failed in a row, from 1
 * @param random from 0 to 1
 */
export function retryDelay(
  failedCount: number,
  { firstRetryMs, maxRetryMs }: RetryTimes,
  random: number,
): number {
  return Math.round(random * Math.min(maxRetryMs, firstRetryMs * 2 ** (failedCount - 1)))
}
