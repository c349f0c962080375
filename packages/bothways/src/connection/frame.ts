import { Buffer } from 'node:buffer'
import { copyMasked, type FrameOptions, frameHeaderBytes, writeFrameHeader } from '@bothways/protocol'

/** One frame in one buffer, the payload copied into it: the caller may reuse its memory at once. */
export function frame(payload: Uint8Array, options: FrameOptions): Buffer {
  const isMasked = options.maskingKey !== undefined
  const bytes = Buffer.allocUnsafe(frameHeaderBytes(payload.length, isMasked) + payload.length)
  const payloadStart = writeFrameHeader(bytes, 0, payload.length, options)
  if (options.maskingKey === undefined) bytes.set(payload, payloadStart)
  else copyMasked(payload, bytes, payloadStart, options.maskingKey)
  return bytes
}
