import { copyBytes, copyOf } from '#memory'
import { decodeAscii, decodeUtf8, decodeUtf16 } from '#utf8'
import { applyMask } from './masking.ts'
import type { OwnBytes } from './own-bytes.ts'
import { readMemoryModule } from './read-memory-module.ts'

const pageBytes = 64 * 1024

/** Up to this length text is decoded in the memory, which has room for twice as much behind what is read. */
const longestTextBytes = 64 * 1024

/**
 * Up to this length a part is copied by way of a fixed place, of which there is a view of each length: to make one for each
 * copy takes as long as the copy, and a third more of the garbage collector's time.
 */
const longestPlacedBytes = 256

/** The wide steps of the routines may touch so much behind the end. */
const slackBytes = 16

/**
 * Memory to read into, one chunk after the other, in which unmasking and decoding are several times faster than
 * elsewhere, where the runtime can do that.
 */
export interface ReadMemory {
  readonly bytes: OwnBytes
  /**
   * As {@link applyMask}, for the part of `bytes` from `start` to `end`.
   *
   * @returns true when all that came out is ASCII; false when it is not, or is not known to be
   */
  mask(start: number, end: number, key: number, phase: number): boolean
  /** The text of a part of `bytes` that is known to be UTF-8. */
  text(start: number, end: number, isAscii: boolean): string
  /** A copy of a part of `bytes`, in memory that holds nothing else. */
  copy(start: number, end: number): Uint8Array
}

/**
 * @param byteLength of `bytes`; rounded up to 64 KiB
 * @returns memory of a WebAssembly instance, or ordinary memory where that is not to be had (a page whose Content
 *   Security Policy forbids it, a runtime without SIMD)
 */
export function createReadMemory(byteLength: number): ReadMemory {
  const capacity = Math.max(1, Math.ceil(byteLength / pageBytes)) * pageBytes
  try {
    return wasmMemory(capacity)
  } catch {
    return ordinaryMemory(new Uint8Array(capacity))
  }
}

/** The part of WebAssembly that is used; the types of the language do not have it, those of each runtime do. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
      readonly mask: (start: number, end: number, key: number) => number
      readonly decode: (start: number, end: number, target: number) => number
    }
  }
}

function wasmMemory(capacity: number): ReadMemory {
  const { memory, mask, decode } = new WebAssembly.Instance(new WebAssembly.Module(readMemoryModule)).exports
  const targetStart = capacity + slackBytes
  const neededBytes = targetStart + 2 * longestTextBytes + slackBytes
  memory.grow(Math.ceil(neededBytes / pageBytes) - 1)
  const all = new Uint8Array(memory.buffer)
  const placed: (Uint8Array | undefined)[] = new Array(longestPlacedBytes + 1).fill(undefined)
  return {
    bytes: new Uint8Array(memory.buffer, 0, capacity),
    mask: (start, end, key, phase) => mask(start, end, littleEndian(key, phase)) === 0,
    text(start, end, isAscii) {
      if (isAscii) return decodeAscii(all, start, end)
      if (end - start > longestTextBytes) return decodeUtf8(all, start, end)
      return decodeUtf16(all, targetStart, decode(start, end, targetStart))
    },
    copy(start, end) {
      const byteLength = end - start
      if (byteLength > longestPlacedBytes) return copyBytes(all, start, end)
      all.copyWithin(targetStart, start, end)
      placed[byteLength] ??= new Uint8Array(memory.buffer, targetStart, byteLength)
      return copyOf(placed[byteLength])
    },
  }
}

export function ordinaryMemory(bytes: OwnBytes): ReadMemory {
  return {
    bytes,
    mask(start, end, key, phase) {
      applyMask(bytes.subarray(start, end), key, phase)
      return false
    },
    text: (start, end) => decodeUtf8(bytes, start, end),
    copy: (start, end) => copyBytes(bytes, start, end),
  }
}

/** The key's byte for `phase` becomes the lowest. */
function littleEndian(key: number, phase: number): number {
  const bits = (phase & 3) * 8
  const rotated = bits === 0 ? key : (key << bits) | (key >>> (32 - bits))
  return (rotated << 24) | ((rotated & 0xff00) << 8) | ((rotated >>> 8) & 0xff00) | (rotated >>> 24)
}
