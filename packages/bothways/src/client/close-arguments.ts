import { encodeUtf8, maxCloseReasonBytes } from '@bothways/protocol'

/**
 * Checks the code and the reason that a program closes with (WHATWG WebSockets §3.1, `close(code, reason)`).
 *
 * @param given the program's argument for the code
 * @throws DOMException `InvalidAccessError` for a code other than 1000 and 3000 to 4999, `SyntaxError` for a reason of
 *   more than 123 bytes of UTF-8
 */
export function checkCloseArguments(code: number | undefined, reason: string, given: unknown = code): void {
  if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999)) {
    throw new DOMException(
      `The close code must be 1000, or from 3000 to 4999, got ${given}.`,
      'InvalidAccessError',
    )
  }
  const reasonBytes = encodeUtf8(reason).length
  if (reasonBytes > maxCloseReasonBytes) {
    throw new DOMException(
      `The close reason must be at most ${maxCloseReasonBytes} bytes of UTF-8, got ${reasonBytes}.`,
      'SyntaxError',
    )
  }
}

/** The code to send: a reason needs one to stand behind (RFC 6455 §5.5.1). */
export function closeCodeFor(code: number | undefined, reason: string): number | undefined {
  return code ?? (reason === '' ? undefined : 1000)
}
