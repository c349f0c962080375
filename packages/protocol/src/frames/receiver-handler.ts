import type { LimitError, ProtocolViolation } from '../errors.ts'
import type { ReceivedMessage } from './received-message.ts'

/** The methods that a receiver calls; none may throw. Payloads of control frames are the handler's to keep. */
export interface ReceiverHandler {
  onMessage(message: ReceivedMessage): void
  /** Instead of `onMessage`, for a receiver that delivers `frames`. */
  onFrame?(frame: ReceivedFrame): void
  onPing(payload: Uint8Array): void
  onPong(payload: Uint8Array): void
  /** The peer's close frame; `code` is 1005 when it carried none. Bytes after it are discarded. */
  onClose(code: number, reason: string): void
  /** The peer broke a rule or a limit. Bytes after it are discarded; fail with `error`'s close code. */
  onViolation(error: ProtocolViolation | LimitError): void
  /**
   * Asked between two frames, when as much has been read as was allowed the last time: how much may be read before it is
   * asked again, in bytes, each frame with 64 more. 0: no frame more, and the handler has called `pause`.
   * Without it everything is read at once.
   */
  allowWork?(lastAllowed: number): number
}

/** One frame of a text or binary message (RFC 6455 §5.4). */
export interface ReceivedFrame {
  /** `Opcode.Continuation` for all but a message's first. */
  readonly opcode: number
  readonly isFinal: boolean
  /** RSV1 was set on the message's first frame. */
  readonly isCompressed: boolean
  /** Unmasked, the handler's to keep; of text, it may begin or end amid a character. */
  readonly payload: Uint8Array
}
