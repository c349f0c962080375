import type { Buffer } from 'node:buffer'
import { Opcode } from '@bothways/protocol'
import { Deflater } from '../deflate.ts'
import { firstOctet, frame } from './frame.ts'
import { type Publication, WireFormat } from './publication.ts'
import { SharedBytes } from './shared-bytes.ts'

/** One frame of a server, as it is: not masked and not compressed (RFC 6455 §5.2). */
export const wholeFrame: WireFormat<SharedBytes> = new WireFormat(publication =>
  frameOf(publication, publication.payload, false),
)

const deflatedFrames: WireFormat<SharedBytes | Promise<SharedBytes>>[] = []

/**
 * One compressed frame of a server, for a window of 2 to the power of `windowBits` and zlib's `level`; a promise of it
 * when it is long.
 *
 * It refers to nothing before it, so it may go only to connections that agreed on no context takeover in this direction:
 * on any other the peer's window would then hold what our compressor's does not, and the next message would inflate to
 * something else (RFC 7692 §7.1.1.1).
 */
export function deflatedFrame(
  windowBits: number,
  level: number,
): WireFormat<SharedBytes | Promise<SharedBytes>> {
  const at = windowBits * levelCount + level
  deflatedFrames[at] ??= new WireFormat(publication => {
    const deflater = new Deflater({ windowBits, noContextTakeover: true }, { level, thresholdBytes: 0 })
    const deflated = deflater.deflate(publication.payload)
    if (deflated instanceof Promise) return deflated.then(it => frameOf(publication, it, true))
    return frameOf(publication, deflated, true)
  })
  return deflatedFrames[at]
}

/** zlib's levels are 0 to 9. */
const levelCount = 10

function frameOf({ isText }: Publication, payload: Buffer, isCompressed: boolean): SharedBytes {
  const opcode = isText ? Opcode.Text : Opcode.Binary
  return new SharedBytes(frame(payload, firstOctet(opcode, true, isCompressed)))
}
