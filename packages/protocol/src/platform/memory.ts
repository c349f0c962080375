/** A copy of the bytes from `start` to `end`, in memory that holds nothing else. */
export function copyBytes(source: Uint8Array, start: number, end: number): Uint8Array {
  return copyOf(source.subarray(start, end))
}

/** A copy in memory that holds nothing else. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy
}

/** Memory that may hold anything: only for bytes that are written before they are read. */
export function allocate(byteLength: number): Uint8Array {
  return new Uint8Array(byteLength)
}
