import { CloseCode, LimitError, limits, maxCloseReasonBytes, ProtocolViolation } from '@bothways/protocol'
import { connectionLimits } from './error-codes.ts'
import { leastGrowthBytes } from './receiving/message-progress.ts'

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
    connectionLimits.maxBufferedBytes,
    limit,
    actual,
    `The peer reads too slowly: ${actual} bytes wait, over the limit of ${limit} (option maxBufferedBytes).`,
  )
}

export function receivedTooMuch(limit: number, actual: number): LimitError {
  return new LimitError(
    connectionLimits.maxTotalIncomingBytes,
    limit,
    actual,
    `${actual} bytes are unfinished or unread in all, over the limit of ${limit} (option maxTotalIncomingBytes), and most of them from this peer.`,
  )
}

export function messageTooSlow(limitMs: number, actualMs: number): LimitError {
  return new LimitError(
    connectionLimits.messageTimeoutMs,
    limitMs,
    Math.round(actualMs),
    `A message neither ended nor grew by ${leastGrowthBytes / 1024} KiB within ${limitMs} ms (option messageTimeoutMs).`,
  )
}

export function sendQueuesFull(limit: number, actual: number): LimitError {
  return new LimitError(
    connectionLimits.maxTotalBufferedBytes,
    limit,
    actual,
    `${actual} bytes wait for all peers together, over the limit of ${limit} (option maxTotalBufferedBytes), and among those that read too slowly this peer has most.`,
  )
}

export function peerIsSilent(limitMs: number, silentMs: number): LimitError {
  return new LimitError(
    connectionLimits['keepalive.timeoutMs'],
    limitMs,
    Math.round(silentMs),
    `The peer has not answered a ping within ${limitMs} ms (option keepalive.timeoutMs): the network or the peer is gone.`,
  )
}

const closeCodes: ReadonlyMap<string, CloseCode> = new Map(
  Object.values(limits).map(({ code, closeCode }) => [code, closeCode]),
)

/** The status of the close frame for the rule or limit that a peer broke (RFC 6455 §7.4.1). */
export function closeCodeOf(error: ProtocolViolation | LimitError): CloseCode {
  if (error instanceof ProtocolViolation) return error.closeCode
  return closeCodes.get(error.code) ?? CloseCode.PolicyViolation
}
