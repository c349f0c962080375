import { LimitError, limits, ProtocolViolation, type ViolationCode } from '../errors.ts'
import { closeBodyOfOneByte } from './close-body.ts'
import { maxControlPayloadBytes } from './frame-serializer.ts'
import { isControlOpcode, Opcode } from './opcode.ts'
import type { ReceiverRules } from './receiver-rules.ts'
import { nextMessageNumber, type Unfinished } from './unfinished.ts'

// The fields of a frame's header (RFC 6455 §5.2), and every rule and limit that it can break.

/** Two bytes, eight of length, four of masking key. */
export const longestHeaderBytes = 14

/** How long a header is, judged by its second byte. */
export function headerBytes(bytes: Uint8Array, start: number): number {
  const second = bytes[start + 1]!
  const lengthBits = second & 0x7f
  const lengthBytes = lengthBits === 126 ? 2 : lengthBits === 127 ? 8 : 0
  return 2 + lengthBytes + ((second & 0x80) === 0 ? 0 : 4)
}

/** Makes the whole header at `start` that of the frame at hand. Returns what it breaks. */
export function takeHeader(
  frame: Unfinished,
  bytes: Uint8Array,
  start: number,
  rules: ReceiverRules,
): ProtocolViolation | LimitError | undefined {
  const first = bytes[start]!
  const second = bytes[start + 1]!
  const violation = checkStart(frame, first, second, rules)
  if (violation !== undefined) return violation

  let at = start + 2
  let payloadBytes = second & 0x7f
  if (payloadBytes === 126) {
    payloadBytes = (bytes[at]! << 8) | bytes[at + 1]!
    at += 2
    if (payloadBytes < 126) return lengthNotMinimal(payloadBytes)
  } else if (payloadBytes === 127) {
    const high = readUint32(bytes, at)
    payloadBytes = high * 2 ** 32 + readUint32(bytes, at + 4)
    at += 8
    if (high >= 2 ** 31) {
      return broken('BW_LENGTH_SIGN_BIT', 'A 64-bit payload length must not have its highest bit set.')
    }
    if (payloadBytes < 65_536) return lengthNotMinimal(payloadBytes)
  }

  const opcode = first & 0x0f
  frame.isFinal = (first & 0x80) !== 0
  frame.opcode = opcode
  frame.payloadBytes = payloadBytes
  frame.payloadCame = 0
  frame.maskingKey = rules.isServer ? readUint32(bytes, at) : 0
  if (isControlOpcode(opcode)) return undefined

  if (opcode !== Opcode.Continuation) {
    frame.isInMessage = true
    frame.messageNumber = nextMessageNumber()
    frame.fragmentCount = 0
    frame.isText = opcode === Opcode.Text
    frame.isCompressed = (first & 0x40) !== 0
  }
  frame.fragmentCount++
  return checkLimits(frame, rules)
}

/** The rules that a frame's first two bytes can break. */
export function checkStart(
  { isInMessage }: Unfinished,
  first: number,
  second: number,
  { isServer, isDeflateNegotiated }: ReceiverRules,
): ProtocolViolation | undefined {
  const opcode = first & 0x0f

  // RFC 6455 §5.2: reserved bits are 0 unless an extension says otherwise. RFC 7692 §6 gives RSV1 to the
  // first frame of a data message, and to nothing else.
  const allowed = isDeflateNegotiated && (opcode === Opcode.Text || opcode === Opcode.Binary) ? 0x40 : 0
  const reserved = first & 0x70 & ~allowed
  if (reserved !== 0)
    return broken('BW_RESERVED_BITS', reservedBitsMessage(reserved, first, second), reserved)
  if ((opcode > 0x2 && opcode < 0x8) || opcode > 0xa) {
    return broken('BW_RESERVED_OPCODE', `Opcode 0x${opcode.toString(16)} is reserved.`, opcode)
  }
  if (((second & 0x80) !== 0) !== isServer) {
    return isServer
      ? broken('BW_UNMASKED_FRAME', 'A client must mask every frame it sends; this one was not masked.')
      : broken('BW_MASKED_FRAME', 'A server must not mask the frames it sends; this one was masked.')
  }
  if (isControlOpcode(opcode)) {
    if ((first & 0x80) === 0) {
      return broken('BW_FRAGMENTED_CONTROL_FRAME', 'A ping, pong or close frame must not be fragmented.')
    }
    if ((second & 0x7f) > maxControlPayloadBytes) {
      return broken(
        'BW_LONG_CONTROL_FRAME',
        `A ping, pong or close frame carries at most ${maxControlPayloadBytes} bytes.`,
        second & 0x7f,
      )
    }
    return opcode === Opcode.Close && (second & 0x7f) === 1 ? closeBodyOfOneByte() : undefined
  }
  // RFC 6455 §5.4: a message's first frame has its opcode, all others are continuations.
  if (opcode === Opcode.Continuation && !isInMessage) {
    return broken(
      'BW_UNEXPECTED_CONTINUATION',
      'A continuation frame came, but there is no message to continue.',
      opcode,
    )
  }
  if (opcode !== Opcode.Continuation && isInMessage) {
    return broken(
      'BW_EXPECTED_CONTINUATION',
      'A new message began before the fragmented one had ended.',
      opcode,
    )
  }
  return undefined
}

/** Checked on the announced length, before any memory is taken for it. */
function checkLimits(frame: Unfinished, rules: ReceiverRules): LimitError | undefined {
  const { maxFragmentCount, maxFrameBytes, maxMessageBytes } = rules
  if (frame.fragmentCount > maxFragmentCount) return tooManyFragments(frame.fragmentCount, maxFragmentCount)
  if (frame.payloadBytes > maxFrameBytes) return frameTooBig(frame.payloadBytes, maxFrameBytes)
  const total = frame.messageLength + frame.payloadBytes
  return total > longestMessage(frame, rules) ? messageTooBig(total, maxMessageBytes) : undefined
}

/** How long the message at hand may become, in bytes as they come. */
export function longestMessage({ isCompressed }: Unfinished, { maxMessageBytes }: ReceiverRules): number {
  // A message of the largest size that does not compress grows by its blocks' headers (RFC 1951 §3.2.4).
  return isCompressed ? maxMessageBytes + Math.floor(maxMessageBytes / 64) + 64 : maxMessageBytes
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

function broken(code: ViolationCode, message: string, value?: number): ProtocolViolation {
  return new ProtocolViolation(code, message, value)
}

function lengthNotMinimal(payloadBytes: number): ProtocolViolation {
  return broken(
    'BW_LENGTH_NOT_MINIMAL',
    `A payload of ${payloadBytes} bytes must use the shortest encoding of its length.`,
    payloadBytes,
  )
}

function reservedBitsMessage(reserved: number, first: number, second: number): string {
  const names = [reserved & 0x40 && 'RSV1', reserved & 0x20 && 'RSV2', reserved & 0x10 && 'RSV3'].filter(
    Boolean,
  )
  const isHttp = first === 0x48 && second === 0x54
  const hint = isHttp ? ' The bytes read "HT": the peer wrote an HTTP answer after the handshake.' : ''
  return `Reserved bits ${names.join(', ')} were set without an extension that uses them.${hint}`
}

/** The error for a message over the limit; also for one that inflates beyond it. */
export function messageTooBig(actualBytes: number, maxMessageBytes: number): LimitError {
  return new LimitError(
    limits.maxMessageBytes,
    maxMessageBytes,
    actualBytes,
    `Message of ${actualBytes} bytes is over the limit of ${maxMessageBytes} (option maxMessageBytes).`,
  )
}

function frameTooBig(actualBytes: number, maxFrameBytes: number): LimitError {
  return new LimitError(
    limits.maxFrameBytes,
    maxFrameBytes,
    actualBytes,
    `Frame of ${actualBytes} bytes is over the limit of ${maxFrameBytes} (option maxFrameBytes).`,
  )
}

function tooManyFragments(actual: number, maxFragmentCount: number): LimitError {
  return new LimitError(
    limits.maxFragmentCount,
    maxFragmentCount,
    actual,
    `A message came in more than ${maxFragmentCount} frames (option maxFragmentCount).`,
  )
}
