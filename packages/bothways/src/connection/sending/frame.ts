import { Buffer } from 'node:buffer'
import { copyMasked, frameHeaderBytes, Opcode, writeFrameHeader } from '@bothways/protocol'

const finalBit = 0x80
const compressedBit = 0x40
const opcodeBits = 0x0f

/** A frame's FIN and RSV1 bits and its opcode, as on the wire (RFC 6455 §5.2). */
export type FirstOctet = number

/** A whole text message in one frame, not compressed. */
export const textFrame: FirstOctet = firstOctet(Opcode.Text)
/** As {@link textFrame}, of bytes. */
export const binaryFrame: FirstOctet = firstOctet(Opcode.Binary)

export function firstOctet(opcode: Opcode, isFinal = true, isCompressed = false): FirstOctet {
  return (isFinal ? finalBit : 0) | (isCompressed ? compressedBit : 0) | opcode
}

/** Writes a frame's header at `at` and returns where the payload begins. */
export function writeHeader(
  target: Uint8Array,
  at: number,
  payloadBytes: number,
  first: FirstOctet,
  maskingKey: number | undefined,
): number {
  if (payloadBytes < 126 && maskingKey === undefined) {
    target[at] = first
    target[at + 1] = payloadBytes
    return at + 2
  }
  if (payloadBytes < 65_536 && maskingKey === undefined) {
    target[at] = first
    target[at + 1] = 126
    target[at + 2] = payloadBytes >> 8
    target[at + 3] = payloadBytes & 0xff
    return at + 4
  }
  return writeFrameHeader(target, at, payloadBytes, {
    opcode: (first & opcodeBits) as Opcode,
    isFinal: (first & finalBit) !== 0,
    isCompressed: (first & compressedBit) !== 0,
    maskingKey,
  })
}

/** How long the payload of a frame of so many bytes is, which is less than 64 KiB. */
export function payloadBytesIn(frameBytes: number, isMasked: boolean): number {
  const unmaskedBytes = isMasked ? frameBytes - 4 : frameBytes
  return unmaskedBytes < 128 ? unmaskedBytes - 2 : unmaskedBytes - 4
}

/** One frame in one buffer, the payload copied into it: the caller may reuse its memory at once. */
export function frame(payload: Uint8Array, first: FirstOctet, maskingKey?: number): Buffer {
  const bytes = Buffer.allocUnsafe(
    frameHeaderBytes(payload.length, maskingKey !== undefined) + payload.length,
  )
  const payloadStart = writeHeader(bytes, 0, payload.length, first, maskingKey)
  if (maskingKey === undefined) bytes.set(payload, payloadStart)
  else copyMasked(payload, bytes, payloadStart, maskingKey)
  return bytes
}
