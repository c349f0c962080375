import { decodeUtf8, isUtf8 } from '#utf8'
import { ProtocolViolation } from '../errors.ts'
import { CloseCode, isSendableCloseCode } from './close-code.ts'

/** The code and the reason of a close frame. `code` is 1005 when it carried none (RFC 6455 §7.1.5). */
export interface CloseBody {
  readonly code: number
  readonly reason: string
}

/**
 * Reads the body of a close frame (RFC 6455 §5.5.1, §7.4); a violation is returned, not thrown.
 *
 * @param checksUtf8 false lets any bytes pass for a reason
 * @param checksCloseCode false lets any code pass
 */
export function parseCloseBody(
  body: Uint8Array,
  checksUtf8 = true,
  checksCloseCode = true,
): CloseBody | ProtocolViolation {
  if (body.length === 0) return { code: CloseCode.NoStatusReceived, reason: '' }
  if (body.length === 1) return closeBodyOfOneByte()
  const [high = 0, low = 0] = body
  const code = (high << 8) | low
  if (checksCloseCode && !isSendableCloseCode(code)) {
    return new ProtocolViolation(
      'BW_INVALID_CLOSE_CODE',
      `Close code ${code} may not be sent: use 1000-1003, 1007-1014 or 3000-4999.`,
      code,
    )
  }
  const reason = body.subarray(2)
  if (checksUtf8 && !isUtf8(reason)) {
    return new ProtocolViolation('BW_INVALID_CLOSE_REASON', 'The reason of a close frame was not UTF-8.')
  }
  return { code, reason: decodeUtf8(reason) }
}

/** The length alone is wrong, so a frame's header is enough to say so. */
export function closeBodyOfOneByte(): ProtocolViolation {
  return new ProtocolViolation(
    'BW_CLOSE_BODY_OF_ONE_BYTE',
    'A close frame carries nothing or a code of two bytes and a reason; it carried one byte.',
    1,
  )
}
