import { Buffer } from 'node:buffer'
import process from 'node:process'

/**
 * Node's own subclass of `Uint8Array`, which makes bytes without looking at its arguments first. Up to 64 of them lie
 * in V8's own heap, without an `ArrayBuffer` until somebody asks for it.
 */
const FastBuffer = (Buffer as unknown as Record<symbol, unknown>)[Symbol.species] as new (
  byteLength: number,
) => Buffer

/** Pieces of at least this size make the heap of the C library grow and shrink by much. */
const largeBytes = 4 * 1024

/** Just below the largest block that glibc learns from; none of its pages is touched. */
const lessonBytes = 31 * 1024 * 1024

let hasTaught = process.platform !== 'linux'

/**
 * glibc gives the top of its heap back to the system as soon as 128 KiB of it are free, and takes it again page by page for the
 * next messages: nearly half the processor time of an echo of 16 KiB. How much may stay follows the largest block that was
 * ever freed, twice its size (mallopt(3), M_MMAP_THRESHOLD). So one is taken, once, and left to the garbage collector: up to
 * 62 MiB that are free stay with the process from then on.
 */
function teachHeap(): void {
  hasTaught = true
  try {
    Buffer.allocUnsafeSlow(lessonBytes)
  } catch {
    // A process that may not have so much goes without.
  }
}

/** A copy of the bytes from `start` to `end`, in memory that holds nothing else. */
export function copyBytes(source: Uint8Array, start: number, end: number): Uint8Array {
  return copyOf(source.subarray(start, end))
}

/** A copy in memory that holds nothing else. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= largeBytes && !hasTaught) teachHeap()
  const copy = new FastBuffer(bytes.length)
  copy.set(bytes)
  return copy
}

/** Memory that may hold anything: only for bytes that are written before they are read. */
export function allocate(byteLength: number): Uint8Array {
  if (byteLength >= largeBytes && !hasTaught) teachHeap()
  return Buffer.allocUnsafeSlow(byteLength)
}
