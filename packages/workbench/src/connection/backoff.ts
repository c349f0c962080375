const firstMs = 500
const longestMs = 10_000

/**
 * How long to wait before the next attempt: doubling, with half of it left to chance so that the readers of one
 * server do not all come back in the same moment.
 *
 * @param attempt 0 for the first one after a connection was lost
 * @param random 0 to 1
 */
export function backoffMs(attempt: number, random: number): number {
  const fullMs = Math.min(longestMs, firstMs * 2 ** attempt)
  return fullMs / 2 + (fullMs / 2) * random
}
