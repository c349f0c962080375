import { type Channel, channel } from 'node:diagnostics_channel'

/** What happens inside, for listeners of `node:diagnostics_channel`, for all servers of the process. */
export const channels: Readonly<Record<'refusal' | 'violation', Channel>> = {
  /** A request was refused: what `connection_error` comes with. */
  refusal: channel('bothways:socket.io:refusal'),
  /** A client that is connected by WebSocket broke a rule or a bound: `{ error }`. */
  violation: channel('bothways:socket.io:violation'),
}
