import { BothwaysError } from '@bothways/protocol'

/**
 * The outcome of a send: `sent`, there is room for more; `queued`, taken, but the peer reads slower than this
 * side sends; `refused`, not taken, since the connection is closing or a bound was reached. Behind `queued`, and behind
 * `refused` on a connection that stays open, there will be a notice of room.
 */
export type SendOutcome = 'sent' | 'queued' | 'refused'

/** The connection ended before the operating system had taken what was sent. `cause` is the network's error, if any. */
export class NotSentError extends BothwaysError {
  override readonly name = 'NotSentError'
  readonly code = 'BW_NOT_SENT'

  constructor(cause: Error | undefined) {
    super('The connection ended before this was sent.', cause && { cause })
  }
}
