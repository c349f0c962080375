import { type Channel, channel } from 'node:diagnostics_channel'

/** The channels of `node:diagnostics_channel` on which all servers of the process report. */
export const channels: Readonly<Record<'refusal' | 'violation', Channel>> = {
  /** A request was refused: the argument of `connection_error`. */
  refusal: channel('bothways:socket.io:refusal'),
  /** A client that is connected by WebSocket broke a rule or a bound: `{ error }`. */
  violation: channel('bothways:socket.io:violation'),
}
