/** A frame as the plain reader sees it. */
export interface ReadFrame {
  readonly isFinal: boolean
  readonly isCompressed: boolean
  readonly opcode: number
  readonly isMasked: boolean
  readonly payload: Buffer
}

/** More of a frame may still come. */
export class FrameCutShort extends Error {
  constructor(at: number) {
    super(`The last frame is cut short at byte ${at}`)
  }
}

/**
 * Reads the frames in `bytes` by the letter of RFC 6455 §5.2, independent of the parser under test, and says with an
 * error what no endpoint may write.
 */
export function readFrames(bytes: Buffer): ReadFrame[] {
  const frames: ReadFrame[] = []
  let at = 0
  const take = (count: number): Buffer => {
    if (at + count > bytes.length) throw new FrameCutShort(at)
    at += count
    return bytes.subarray(at - count, at)
  }
  while (at < bytes.length) {
    const [first = 0, second = 0] = take(2)
    if ((first & 0x30) !== 0) throw new Error('RSV2 or RSV3 is set')
    const lengthBits = second & 0x7f
    let length = lengthBits
    if (lengthBits === 126) length = take(2).readUInt16BE()
    if (lengthBits === 127) length = Number(take(8).readBigUInt64BE())
    if (lengthBits > 125 && length < 126) throw new Error(`${length} bytes in a long length`)
    if (lengthBits > 126 && length < 65_536) throw new Error(`${length} bytes in the longest length`)
    const isMasked = (second & 0x80) !== 0
    const key = isMasked ? take(4) : Buffer.alloc(4)
    const payload = isMasked ? Buffer.from(take(length)) : take(length)
    for (let index = 0; isMasked && index < length; index++) {
      payload[index] = (payload[index] ?? 0) ^ (key[index & 3] ?? 0)
    }
    const opcode = first & 0x0f
    const isFinal = (first & 0x80) !== 0
    if (opcode >= 8 && (!isFinal || length > 125)) throw new Error('A control frame is fragmented or long')
    frames.push({ isFinal, isCompressed: (first & 0x40) !== 0, opcode, isMasked, payload })
  }
  return frames
}
