import { BothwaysError } from '@bothways/protocol'

/** The connection ended before the operating system had taken what was sent. `cause` is the network's error, if any. */
export class NotSentError extends BothwaysError {
  override readonly name = 'NotSentError'
  readonly code = 'BW_NOT_SENT'

  constructor(cause: Error | undefined) {
    super('The connection ended before this was sent.', cause && { cause })
  }
}
