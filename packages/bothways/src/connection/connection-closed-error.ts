import { BothwaysError } from '@bothways/protocol'
import type { Disconnect } from './disconnect.ts'

/** An open connection was lost: TCP ended without a close frame. Its `cause` is what the network said, if anything. */
export class ConnectionClosedError extends BothwaysError {
  override readonly name = 'ConnectionClosedError'
  readonly code = 'BW_CONNECTION_LOST'
  /** Both close frames, if any, and who was first. */
  readonly disconnect: Disconnect

  constructor(disconnect: Disconnect) {
    super(
      'The connection ended without a close frame: the other side crashed, or something on the way cut it.',
      disconnect.error && { cause: disconnect.error },
    )
    this.disconnect = disconnect
  }
}
