import type { KeepaliveOptions } from '../options.ts'

export interface KeepaliveState {
  readonly nowMs: number
  /** When the peer was last heard, whatever it said. */
  readonly lastHeardMs: number
  /** When the oldest ping without an answer went out. */
  readonly pingedAtMs: number | undefined
}

/**
 * The step that an open connection should take now: ping a peer that has been silent for the interval, and give one up that
 * stays silent for the timeout after a ping. Anything the peer sends proves it alive, not pongs alone.
 */
export function keepaliveStep(
  { intervalMs, timeoutMs }: Required<KeepaliveOptions>,
  { nowMs, lastHeardMs, pingedAtMs }: KeepaliveState,
): 'wait' | 'ping' | 'dead' {
  if (pingedAtMs === undefined) return nowMs - lastHeardMs >= intervalMs ? 'ping' : 'wait'
  return nowMs - Math.max(lastHeardMs, pingedAtMs) >= timeoutMs ? 'dead' : 'wait'
}
