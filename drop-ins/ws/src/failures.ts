import { LimitError, type ProtocolViolation } from '@bothways/protocol'

/** An error that programs tell by its `code`. */
export interface CodedError extends Error {
  code: string
}

/** The error of `ws` for a rule or a limit that the peer broke. */
export function wsError(error: ProtocolViolation | LimitError): Error {
  if (error instanceof LimitError) return limitError(error)
  const { code, value, cause } = error
  switch (code) {
    case 'BW_RESERVED_BITS':
      return (value ?? 0) & 0x30
        ? invalidFrame('RSV2 and RSV3 must be clear', 'WS_ERR_UNEXPECTED_RSV_2_3')
        : invalidFrame('RSV1 must be clear', 'WS_ERR_UNEXPECTED_RSV_1')
    case 'BW_RESERVED_OPCODE':
    case 'BW_UNEXPECTED_CONTINUATION':
    case 'BW_EXPECTED_CONTINUATION':
      return invalidFrame(`invalid opcode ${value}`, 'WS_ERR_INVALID_OPCODE')
    case 'BW_UNMASKED_FRAME':
      return invalidFrame('MASK must be set', 'WS_ERR_EXPECTED_MASK')
    case 'BW_MASKED_FRAME':
      return invalidFrame('MASK must be clear', 'WS_ERR_UNEXPECTED_MASK')
    case 'BW_FRAGMENTED_CONTROL_FRAME':
      return invalidFrame('FIN must be set', 'WS_ERR_EXPECTED_FIN')
    case 'BW_LONG_CONTROL_FRAME':
    case 'BW_CLOSE_BODY_OF_ONE_BYTE':
      return invalidFrame(`invalid payload length ${value ?? 1}`, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH')
    case 'BW_INVALID_CLOSE_CODE':
      return invalidFrame(`invalid status code ${value}`, 'WS_ERR_INVALID_CLOSE_CODE')
    case 'BW_INVALID_UTF8':
    case 'BW_INVALID_CLOSE_REASON':
      return withCode(new Error('Invalid WebSocket frame: invalid UTF-8 sequence'), 'WS_ERR_INVALID_UTF8')
    case 'BW_LENGTH_NOT_MINIMAL':
      return invalidFrame('payload length not in its shortest form', unsupportedLength)
    case 'BW_LENGTH_SIGN_BIT':
      return tooLongForNumbers()
    case 'BW_INFLATE_FAILED':
      return cause instanceof Error ? cause : withCode(new Error(error.message), 'Z_DATA_ERROR')
  }
}

const unsupportedLength = 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH'

function limitError({ code, actual }: LimitError): CodedError {
  if (code === 'BW_TOO_MANY_FRAGMENTS') {
    return withCode(new RangeError('Too many message fragments'), 'WS_ERR_TOO_MANY_BUFFERED_PARTS')
  }
  if (actual > Number.MAX_SAFE_INTEGER) return tooLongForNumbers()
  return withCode(new RangeError('Max payload size exceeded'), 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
}

function tooLongForNumbers(): CodedError {
  const message = 'Unsupported WebSocket frame: payload length > 2^53 - 1'
  return withCode(new RangeError(message), unsupportedLength)
}

function invalidFrame(message: string, code: string): CodedError {
  return withCode(new RangeError(`Invalid WebSocket frame: ${message}`), code)
}

function withCode(error: Error, code: string): CodedError {
  return Object.assign(error, { code })
}
