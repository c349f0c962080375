/** A copy of the bytes from `start` to `end`, in memory that holds nothing else. */
export function copyBytes(source: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start)
  copy.set(source.subarray(start, end))
  return copy
}

/** Memory that may hold anything: only for what is written before it is read. */
export function allocate(byteLength: number): Uint8Array {
  return new Uint8Array(byteLength)
}
