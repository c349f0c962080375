import { CloseCode } from '@bothways/protocol'
import { shortReason } from 'bothways/connection'

/**
 * The code and reason that go out for what a program has given to `close`: any number of 16 bits, as the original does,
 * and as much of a reason as a close frame may carry (RFC 6455 §5.5).
 *
 * @throws RangeError for a number that does not fit
 */
export function closeFrameOf(code: unknown, reason: unknown): { code: number; reason: string } {
  if (code === undefined || code === CloseCode.NoStatusReceived)
    return { code: CloseCode.NoStatusReceived, reason: '' }
  const number = Math.trunc(Number(code)) || 0
  if (number < 0 || number > 0xffff)
    throw new RangeError(`A close code is a number of 16 bits, got ${String(code)}`)
  return { code: number, reason: reason === undefined ? '' : shortReason(String(reason)) }
}
