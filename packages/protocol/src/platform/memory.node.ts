import { Buffer } from 'node:buffer'

/**
 * Node's own subclass of `Uint8Array`, which makes bytes without looking at its arguments first. Up to 64 of them lie
 * in V8's own heap, without an `ArrayBuffer` until somebody asks for it.
 */
const FastBuffer = (Buffer as unknown as Record<symbol, unknown>)[Symbol.species] as new (
  byteLength: number,
) => Buffer

/** A copy of the bytes from `start` to `end`, in memory that holds nothing else. */
export function copyBytes(source: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new FastBuffer(end - start)
  copy.set(source.subarray(start, end))
  return copy
}

/** Memory that may hold anything: only for what is written before it is read. */
export function allocate(byteLength: number): Uint8Array {
  return Buffer.allocUnsafeSlow(byteLength)
}
