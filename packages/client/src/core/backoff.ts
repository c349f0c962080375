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

/**
 * How long to wait when the other side may have said for how long. Its word counts the first time; a client that is told so
 * again and again waits longer each time, as if nothing had been said.
 */
export function waitAsTold(toldMs: number | undefined, failedCount: number, ownMs: number): number {
  if (toldMs === undefined) return ownMs
  return Math.max(0, toldMs, failedCount > 1 ? ownMs : 0)
}

const longestHeaderSeconds = 300

/**
 * The wait that a `Retry-After` in seconds asks for (RFC 9110 §10.2.3), five minutes of it at most. All clients that are refused are
 * told the same: each waits up to as long again, so that they do not come back together.
 */
export function retryAfterOf(header: string | null | undefined, random: number): number | undefined {
  const seconds = Math.min(Number(header), longestHeaderSeconds)
  return seconds > 0 ? Math.round(seconds * 1_000 * (1 + random)) : undefined
}

const longestCallRetryMs = 10_000

/** How long a call waits that was refused for now: between half of it and all of 200 ms, 400 ms … up to 10 s. */
export function callRetryDelay(toldMs: number | undefined, failedCount: number, random: number): number {
  const ownMs = Math.min(longestCallRetryMs, 100 * 2 ** failedCount) * (0.5 + random / 2)
  return waitAsTold(toldMs, failedCount, ownMs)
}
