import { Buffer } from 'node:buffer'

/** Copies of small messages lie in one piece of memory, as many as it holds, as Node's small `Buffer`s do. */
const poolBytes = 16 * 1024
const longestPooledBytes = 4 * 1024

/** Node's own subclass of `Uint8Array`, which makes a view without looking at its arguments first. */
const FastBuffer = (Buffer as unknown as Record<symbol, unknown>)[Symbol.species] as new (
  memory: ArrayBufferLike,
  start: number,
  length: number,
) => Buffer

let pool = Buffer.allocUnsafeSlow(poolBytes)
let used = 0

/** A copy of the bytes from `start` to `end`. */
export function copyBytes(source: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start
  const bytes = source.subarray(start, end)
  if (length > longestPooledBytes) return Buffer.from(bytes)
  if (used + length > poolBytes) {
    pool = Buffer.allocUnsafeSlow(poolBytes)
    used = 0
  }
  pool.set(bytes, used)
  const copy = new FastBuffer(pool.buffer, used, length)
  // The next one begins where any kind of number may lie.
  used = (used + length + 7) & ~7
  return copy
}

/** Memory that may hold anything: only for what is written before it is read. */
export function allocate(byteLength: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(byteLength).buffer)
}
