import { CloseCode, LimitError, type ProtocolViolation, type ViolationCode } from '@bothways/protocol'
import type { CloseFrame } from 'bothways/connection'

/** The description of each close code when nobody gives one. */
export const closeDescriptions: Readonly<Record<number, string>> = {
  1000: 'Normal connection closure',
  1001: 'Remote peer is going away',
  1002: 'Protocol error',
  1003: 'Unprocessable input',
  1004: 'Reserved',
  1005: 'Reason not provided',
  1006: 'Abnormal closure, no further detail available',
  1007: 'Invalid data received',
  1008: 'Policy violation',
  1009: 'Message too big',
  1010: 'Extension requested by client is required',
  1011: 'Internal Server Error',
  1015: 'TLS Handshake Failed',
}

/** The codes that `close` takes: those of RFC 6455 §7.4 that may be sent, and 1015. */
export function isCloseReason(code: number): boolean {
  if (code >= 3000) return code < 5000
  return (code >= 1000 && code <= 1003) || (Number.isInteger(code) && code >= 1007 && code <= 1015)
}

const violationTexts: Partial<Record<ViolationCode, string>> = {
  BW_FRAGMENTED_CONTROL_FRAME: 'Control frames must not be fragmented.',
  BW_LONG_CONTROL_FRAME: 'Illegal control frame longer than 125 bytes.',
  BW_LENGTH_SIGN_BIT: 'Unsupported 64-bit length frame received',
  BW_RESERVED_BITS: 'Unsupported usage of rsv bits without negotiated extension.',
  BW_UNEXPECTED_CONTINUATION: 'Unexpected Continuation Frame',
  BW_INVALID_UTF8: 'Invalid UTF-8 Data Received',
  BW_INVALID_CLOSE_REASON: 'Invalid UTF-8 Data Received',
}

/** The close frame for a rule or limit that the peer has broken. */
export function failureClose(error: ProtocolViolation | LimitError): CloseFrame {
  if (error instanceof LimitError) return limitClose(error)
  return { code: error.closeCode, reason: violationText(error) }
}

function limitClose({ code, actual }: LimitError): CloseFrame {
  if (code === 'BW_TOO_MANY_FRAGMENTS') {
    return { code: CloseCode.PolicyViolation, reason: 'Maximum fragment count exceeded.' }
  }
  if (code === 'BW_MESSAGE_TOO_BIG') {
    return { code: CloseCode.MessageTooBig, reason: 'Maximum message size exceeded.' }
  }
  if (actual >= 2 ** 32) {
    return { code: CloseCode.ProtocolError, reason: 'Unsupported 64-bit length frame received' }
  }
  const reason = `Frame size of ${actual} bytes exceeds maximum accepted frame size`
  return { code: CloseCode.MessageTooBig, reason }
}

function violationText({ code, value = 0, message }: ProtocolViolation): string {
  // A close frame that is wrong in itself is answered with a code alone.
  if (isWrongClose(code)) return ''
  if (code === 'BW_RESERVED_OPCODE') return `Unrecognized Opcode: 0x${value.toString(16)}`
  if (code === 'BW_EXPECTED_CONTINUATION') {
    return `Illegal frame opcode 0x${value.toString(16)} received in middle of fragmented message.`
  }
  return violationTexts[code] ?? message
}

/** True when the peer has closed, but with a body or code that it may not use. */
export function isWrongClose(code: string): boolean {
  return code === 'BW_CLOSE_BODY_OF_ONE_BYTE' || code === 'BW_INVALID_CLOSE_CODE'
}

/** A close frame is answered with 1000 and nothing else. */
export const closeAnswer: CloseFrame = { code: CloseCode.Normal, reason: '' }
