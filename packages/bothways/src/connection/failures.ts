import { LimitError, maxCloseReasonBytes, ProtocolViolation } from '@bothways/protocol'

/** An error's message as the reason of a close frame, cut to what fits, at a whole character. */
export function shortReason(message: string): string {
  const bytes = Buffer.from(message)
  if (bytes.length <= maxCloseReasonBytes) return message
  let end = maxCloseReasonBytes
  while (end > 0 && (bytes[end] ?? 0) >>> 6 === 0b10) end--
  return bytes.toString('utf8', 0, end)
}

export function invalidText(): ProtocolViolation {
  return new ProtocolViolation(
    'BW_INVALID_UTF8',
    'A compressed text message was not UTF-8; send bytes as a binary message.',
  )
}

export function sendQueueFull(limit: number, actual: number): LimitError {
  return new LimitError(
    'BW_SEND_QUEUE_FULL',
    limit,
    actual,
    'bytes',
    `The peer reads too slowly: ${actual} bytes wait, over the limit of ${limit} (option maxBufferedBytes).`,
  )
}

export function peerIsSilent(limitMs: number, silentMs: number): LimitError {
  return new LimitError(
    'BW_PEER_SILENT',
    limitMs,
    Math.round(silentMs),
    'milliseconds',
    `The peer has not answered a ping within ${limitMs} ms (option keepalive.timeoutMs): the network or the peer is gone.`,
  )
}
