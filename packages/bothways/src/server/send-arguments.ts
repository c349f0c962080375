import { Buffer } from 'node:buffer'
import { encodeUtf8, isSendableCloseCode, maxCloseReasonBytes, UsageError } from '@bothways/protocol'
import {
  isBlob,
  isByteSource,
  isDetached,
  type MessageData,
  messageBytes,
} from '../connection/message-data.ts'
import { Publication } from '../connection/sending/publication.ts'

/** @throws UsageError `BW_INVALID_MESSAGE` */
export function publicationOf(data: Exclude<MessageData, Blob>): Publication {
  checkMessageData(data)
  if (isBlob(data)) {
    throw new UsageError(
      'BW_INVALID_MESSAGE',
      'A Blob cannot be published; publish its bytes: await blob.arrayBuffer().',
    )
  }
  // Subscribers that are not ready send it later: changes of the caller to its memory must not matter.
  return new Publication(typeof data === 'string' ? data : Buffer.from(messageBytes(data)))
}

/** @throws UsageError `BW_INVALID_MESSAGE` */
export function checkMessageData(data: unknown): void {
  if (typeof data === 'string') return
  // Most messages, by a length that is read without a call. A `DataView` has none, and what was transferred has 0.
  if (ArrayBuffer.isView(data) && (data as Uint8Array).length > 0) return
  if (isByteSource(data)) {
    if (!isDetached(data)) return
    throw new UsageError(
      'BW_INVALID_MESSAGE',
      'The memory of this message is gone: it was transferred, or its buffer made smaller. Send before that, or a copy.',
    )
  }
  if (isBlob(data)) return
  throw new UsageError(
    'BW_INVALID_MESSAGE',
    `A message is a string, an ArrayBuffer, a view of one or a Blob, got ${data === null ? 'null' : typeof data}; send objects as JSON.stringify(object).`,
  )
}

/** @throws UsageError `BW_INVALID_CLOSE_ARGUMENT` */
export function checkCloseArguments(code: number | undefined, reason: string): void {
  if (code === undefined ? reason !== '' : !isSendableCloseCode(code)) {
    throw new UsageError(
      'BW_INVALID_CLOSE_ARGUMENT',
      code === undefined
        ? 'A reason needs a code: close(1000, reason).'
        : `Close code ${code} may not be sent: use 1000-1003, 1007-1014 or 3000-4999.`,
    )
  }
  const reasonBytes = encodeUtf8(reason).length
  if (reasonBytes > maxCloseReasonBytes) {
    throw new UsageError(
      'BW_INVALID_CLOSE_ARGUMENT',
      `A close reason is at most ${maxCloseReasonBytes} bytes of UTF-8, got ${reasonBytes}.`,
    )
  }
}
