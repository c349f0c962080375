import { UsageError } from '../errors.ts'
import { copyMasked } from './masked-copy.ts'
import { isControlOpcode, type Opcode } from './opcode.ts'
import type { OwnBytes } from './own-bytes.ts'

/** The longest payload a control frame may carry (RFC 6455 §5.5). */
export const maxControlPayloadBytes = 125

/** The fields of a frame's header besides the payload's length (RFC 6455 §5.2). */
export interface FrameOptions {
  readonly opcode: Opcode
  /** Default true: the last or only frame of its message. */
  readonly isFinal?: boolean
  /** Sets RSV1: the message is compressed (RFC 7692 §6). Only on a message's first frame. Default false. */
  readonly isCompressed?: boolean
  /**
   * The four bytes of the masking key as one unsigned 32-bit integer, unpredictable and new for each frame.
   * A client must mask, a server must not (RFC 6455 §5.1).
   */
  readonly maskingKey?: number | undefined
}

/** The bytes of a header for a payload of `payloadBytes`: 2, 4 or 10, and 4 more when masked. */
export function frameHeaderBytes(payloadBytes: number, isMasked: boolean): number {
  const lengthBytes = payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10
  return isMasked ? lengthBytes + 4 : lengthBytes
}

/**
 * Writes a frame's header at `offset` of `target` and returns where the payload begins.
 * The payload's length takes the shortest of its three encodings (RFC 6455 §5.2).
 */
export function writeFrameHeader(
  target: Uint8Array,
  offset: number,
  payloadBytes: number,
  { opcode, isFinal = true, isCompressed = false, maskingKey }: FrameOptions,
): number {
  let at = offset
  target[at++] = (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode
  const maskBit = maskingKey === undefined ? 0 : 0x80
  if (payloadBytes < 126) {
    target[at++] = maskBit | payloadBytes
  } else if (payloadBytes < 65_536) {
    target[at++] = maskBit | 126
    target[at++] = payloadBytes >>> 8
    target[at++] = payloadBytes & 0xff
  } else {
    target[at++] = maskBit | 127
    at = writeUint32(target, at, Math.floor(payloadBytes / 2 ** 32))
    at = writeUint32(target, at, payloadBytes >>> 0)
  }
  return maskingKey === undefined ? at : writeUint32(target, at, maskingKey)
}

/**
 * One frame as bytes. The payload is copied, so the caller may reuse it.
 *
 * @throws UsageError `BW_CONTROL_FRAME_TOO_LONG` for a control frame whose payload exceeds 125 bytes
 */
export function serializeFrame(payload: Uint8Array, options: FrameOptions): OwnBytes {
  if (isControlOpcode(options.opcode)) checkControlPayload(payload.length)
  const { maskingKey } = options
  const frame = new Uint8Array(frameHeaderBytes(payload.length, maskingKey !== undefined) + payload.length)
  const payloadStart = writeFrameHeader(frame, 0, payload.length, options)
  if (maskingKey === undefined) frame.set(payload, payloadStart)
  else copyMasked(payload, frame, payloadStart, maskingKey)
  return frame
}

/** The body of a close frame: empty without a code, else the code and the reason as UTF-8 (RFC 6455 §5.5.1). */
export function serializeCloseBody(code: number | undefined, reason: Uint8Array): OwnBytes {
  if (code === undefined) return new Uint8Array(0)
  const body = new Uint8Array(2 + reason.length)
  body[0] = code >>> 8
  body[1] = code & 0xff
  body.set(reason, 2)
  return body
}

/** @throws UsageError `BW_CONTROL_FRAME_TOO_LONG` */
export function checkControlPayload(payloadBytes: number): void {
  if (payloadBytes <= maxControlPayloadBytes) return
  throw new UsageError(
    'BW_CONTROL_FRAME_TOO_LONG',
    `A ping, pong or close frame carries at most ${maxControlPayloadBytes} bytes, got ${payloadBytes}.`,
  )
}

function writeUint32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24
  target[at + 1] = (value >>> 16) & 0xff
  target[at + 2] = (value >>> 8) & 0xff
  target[at + 3] = value & 0xff
  return at + 4
}
