/** The facts known when the input has ended, for deciding how long to listen on. Times in ms. */
export interface HeardSoFar {
  readonly lineCount: number
  readonly replyCount: number
  /** Whether the server has answered a ping that went out behind the last line. */
  readonly hasPong: boolean
  /** The end of the input, or the last message if that was later. */
  readonly lastAtMs: number
  /** Since when there have been a pong and as many messages as lines; undefined before. */
  readonly answeredAtMs: number | undefined
  /** `--wait` */
  readonly waitMs: number
}

/** As many messages as lines may still leave one out: a server greets, or answers a line twice. */
export const settleMs = 200

export function isAnswered({ lineCount, replyCount, hasPong }: HeardSoFar): boolean {
  return lineCount > 0 && replyCount >= lineCount && hasPong
}

/** How much longer to listen; 0 or less: it is enough. */
export function waitLeftMs(heard: HeardSoFar, nowMs: number): number {
  const { lastAtMs, answeredAtMs, waitMs } = heard
  if (answeredAtMs === undefined) return lastAtMs + waitMs - nowMs
  // A server that never stops sending must not keep it for ever.
  return Math.min(lastAtMs + Math.min(settleMs, waitMs), answeredAtMs + waitMs) - nowMs
}
