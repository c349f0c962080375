/** Every error class of Bothways in one place; the network part's own is {@link ConnectionClosedError}. */
export {
  type HandshakeAnswer,
  type HandshakeCode,
  HandshakeError,
  isBothwaysError,
  type LimitCode,
  LimitError,
  ProtocolViolation,
  type UsageCode,
  UsageError,
  type ViolationCode,
} from '@bothways/protocol'
