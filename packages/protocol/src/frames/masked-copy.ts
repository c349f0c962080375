import { createReadMemory, type ReadMemory } from './read-memory.ts'

/** Below this length the way through other memory costs more than it saves. */
const longestDirectBytes = 64

let scratch: ReadMemory | undefined

/**
 * Copies `source` masked into `target` from `at` on; they may be the same bytes (RFC 6455 §5.3).
 *
 * @param key the four bytes of the masking key as one big-endian unsigned 32-bit integer
 * @param phase how many bytes of the same payload came before `source`
 */
export function copyMasked(source: Uint8Array, target: Uint8Array, at: number, key: number, phase = 0): void {
  const { length } = source
  if (length <= longestDirectBytes) {
    for (let index = 0; index < length; index++) {
      target[at + index] = source[index]! ^ (key >>> (24 - 8 * ((phase + index) & 3)))
    }
    return
  }
  // Wide steps need memory of their own (see read-memory.ts); both copies are cheap beside masking without them.
  scratch ??= createReadMemory(64 * 1024)
  const { bytes } = scratch
  for (let start = 0; start < length; start += bytes.length) {
    const end = Math.min(length, start + bytes.length)
    bytes.set(start === 0 && end === length ? source : source.subarray(start, end))
    scratch.mask(0, end - start, key, phase + start)
    target.set(bytes.subarray(0, end - start), at + start)
  }
}
