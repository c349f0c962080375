import { Buffer } from 'node:buffer'
import { createDeflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib'
import { KeptZlib } from './kept-zlib.ts'

/** Longer messages are compressed in zlib's thread pool; shorter ones would take longer for the way there. */
export const longestShortBytes: number = 32 * 1024

export interface DeflateOptions extends ZlibOptions {
  readonly windowBits: number
  readonly level: number
  /** The flush of zlib that is to come behind the bytes. */
  readonly finishFlush: number
}

/** The largest window, which nearly all agree on (RFC 7692 §7.1.2). For others no zlib is kept. */
const keptWindowBits = 15

/** Bytes that cannot be compressed become a little longer. */
const outputBytes = longestShortBytes + 1024

let output: Buffer | undefined

/** By their level: ten at most. */
const kept: (KeptZlib | undefined)[] = []

/** Compresses at most {@link longestShortBytes} within the call. The result is the caller's. */
export function deflateShort(bytes: Uint8Array, options: DeflateOptions): Buffer {
  return deflateKept(bytes, options) ?? deflateRawSync(bytes, options)
}

function deflateKept(bytes: Uint8Array, options: DeflateOptions): Buffer | undefined {
  const { windowBits, level, finishFlush, dictionary } = options
  // A dictionary is for a zlib's whole life.
  if (windowBits !== keptWindowBits || dictionary !== undefined) return undefined
  if (!(level in kept)) kept[level] = KeptZlib.of(() => createDeflateRaw({ windowBits, level }))
  const zlib = kept[level]
  if (zlib === undefined) return undefined
  output ??= Buffer.allocUnsafeSlow(outputBytes)
  try {
    const length = zlib.write(finishFlush, bytes, output, 0, outputBytes)
    return length < outputBytes ? Buffer.from(output.subarray(0, length)) : undefined
  } finally {
    zlib.reset()
  }
}
