import { Buffer } from 'node:buffer'

/** A copy of the bytes from `start` to `end`; small ones share memory with others, as Node's `Buffer`s do. */
export function copyBytes(source: Uint8Array, start: number, end: number): Uint8Array {
  const copy = Buffer.allocUnsafe(end - start)
  copy.set(source.subarray(start, end))
  return copy
}
