import { type Channel, channel } from 'node:diagnostics_channel'

/**
 * The events inside, for listeners of `node:diagnostics_channel`: `subscribe('bothways:refusal', …)`. Their messages
 * are described in docs/reference/server.md; a channel without listeners costs no more than a look.
 */
export const channels: Readonly<Record<'refusal' | 'violation' | 'descriptors', Channel>> = {
  /** A connection or request was refused before it became a WebSocket: a `RefusalReport`. */
  refusal: channel('bothways:refusal'),
  /** A client broke a rule or a bound: `{ error, socket }`. */
  violation: channel('bothways:violation'),
  /** The process has run out of file descriptors: `{ error }`. */
  descriptors: channel('bothways:descriptors'),
}
