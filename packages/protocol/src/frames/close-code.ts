/** Close codes of RFC 6455 §7.4.1 and of the IANA registry that it founded. */
export const CloseCode = {
  Normal: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  UnsupportedData: 1003,
  /** Never on the wire: the close frame had no code. */
  NoStatusReceived: 1005,
  /** Never on the wire: the connection ended without a close frame. */
  Abnormal: 1006,
  InvalidPayload: 1007,
  PolicyViolation: 1008,
  MessageTooBig: 1009,
  MandatoryExtension: 1010,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
  BadGateway: 1014,
  /** Never on the wire: the TLS handshake failed. */
  TlsHandshakeFailed: 1015,
} as const
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode]

/** The longest reason a close frame can carry: 125 bytes of a control frame less 2 of the code (RFC 6455 §5.5). */
export const maxCloseReasonBytes = 123

/**
 * True when `code` may stand in a close frame, sent or received: 1000–1003, 1007–1014 and 3000–4999
 * (RFC 6455 §7.4.1, §7.4.2 and the IANA registry). 1004 is reserved; 1005, 1006 and 1015 are local only.
 */
export function isSendableCloseCode(code: number): boolean {
  return (
    ((code >= 3000 && code <= 4999) ||
      (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006)) &&
    Number.isInteger(code)
  )
}
