import { HandshakeError } from 'bothways'

const firstMs = 1_000
const longestMs = 30_000
const longestAskedMs = 300_000

/** A connection that has lasted so long, in ms, was one: the next pause is the first again. */
export const steadyMs = 10_000

/** A refusal is not asked for again: 401 and 403 do not change by themselves. */
export function mayComeBack(failure: Error | undefined): boolean {
  const status = failure instanceof HandshakeError ? failure.answer?.status : undefined
  return status !== 401 && status !== 403
}

/**
 * The pause before an attempt, in ms: 0.5 to 1 s before the first, twice as long each time, 15 to 30 s at most, so that
 * many clients do not return at once. A server's Retry-After (RFC 9110 §10.2.3) is waited for, up to 5 minutes.
 *
 * @param attempt how many have failed before
 * @param random from 0 to 1
 */
export function reconnectDelayMs(attempt: number, random: number, failure?: Error): number {
  const highest = Math.min(firstMs * 2 ** Math.min(attempt, 20), longestMs)
  return Math.round(Math.max(highest * (0.5 + random / 2), askedMs(failure)))
}

function askedMs(failure: Error | undefined): number {
  const header = failure instanceof HandshakeError ? failure.answer?.headers['retry-after'] : undefined
  const seconds = typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : 0
  return Math.min(seconds * 1_000, longestAskedMs)
}
