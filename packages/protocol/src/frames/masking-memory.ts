import { applyMask } from './masking.ts'
import { maskingModule } from './masking-module.ts'

const pageBytes = 64 * 1024

/** Memory of a fixed length in which masking is several times faster than elsewhere, where the runtime can do that. */
export interface MaskingMemory {
  readonly bytes: Uint8Array<ArrayBuffer>
  /**
   * As {@link applyMask}, for the part of `bytes` from `start` to `end`.
   *
   * @returns true when all that came out is ASCII; false when it is not, or is not known to be
   */
  mask(start: number, end: number, key: number, phase: number): boolean
}

/**
 * @param byteLength rounded up to 64 KiB
 * @returns memory of a WebAssembly instance, or ordinary memory where that is not to be had (a page whose Content
 *   Security Policy forbids it, a runtime without SIMD)
 */
export function createMaskingMemory(byteLength: number): MaskingMemory {
  const pages = Math.max(1, Math.ceil(byteLength / pageBytes))
  try {
    return wasmMemory(pages)
  } catch {
    return ordinaryMemory(new Uint8Array(pages * pageBytes))
  }
}

/** What is used of it; the types of the language do not have it, those of each runtime do. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
      readonly mask: (start: number, end: number, key: number) => number
    }
  }
}

function wasmMemory(pages: number): MaskingMemory {
  const { memory, mask } = new WebAssembly.Instance(new WebAssembly.Module(maskingModule)).exports
  memory.grow(pages - 1)
  return {
    bytes: new Uint8Array(memory.buffer),
    mask: (start, end, key, phase) => mask(start, end, littleEndian(key, phase)) === 0,
  }
}

export function ordinaryMemory(bytes: Uint8Array<ArrayBuffer>): MaskingMemory {
  return {
    bytes,
    mask(start, end, key, phase) {
      applyMask(bytes.subarray(start, end), key, phase)
      return false
    },
  }
}

/** The key's byte for `phase` becomes the lowest. */
function littleEndian(key: number, phase: number): number {
  const bits = (phase & 3) * 8
  const rotated = bits === 0 ? key : (key << bits) | (key >>> (32 - bits))
  return (rotated << 24) | ((rotated & 0xff00) << 8) | ((rotated >>> 8) & 0xff00) | (rotated >>> 24)
}
