import { Buffer } from 'node:buffer'
import { types } from 'node:util'
import { isSendableCloseCode, maxCloseReasonBytes } from '@bothways/protocol'
import { toBuffer } from './payload.ts'

/** @throws TypeError for a code that may not be sent */
export function checkCloseCode(code: unknown): number | undefined {
  if (code === undefined) return undefined
  if (typeof code === 'number' && isSendableCloseCode(code)) return code
  throw new TypeError('First argument must be a valid error code number')
}

/**
 * The reason as text; without a code there is none (RFC 6455 §5.5.1).
 *
 * @throws TypeError for data that are neither text nor bytes, RangeError for more than 123 bytes
 */
export function closeReason(code: number | undefined, data: unknown): string {
  if (code === undefined || data === undefined || !(data as string).length) return ''
  if (Buffer.byteLength(data as string) > maxCloseReasonBytes) {
    throw new RangeError(`The message must not be greater than ${maxCloseReasonBytes} bytes`)
  }
  if (typeof data === 'string') return data
  if (types.isUint8Array(data)) return toBuffer(data).toString()
  throw new TypeError('Second argument must be a string or a Uint8Array')
}
