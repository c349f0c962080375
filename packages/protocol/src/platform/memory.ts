/** A copy of the bytes from `start` to `end`. */
export function copyBytes(source: Uint8Array, start: number, end: number): Uint8Array {
  return source.slice(start, end)
}

/** Memory that may hold anything: only for what is written before it is read. */
export function allocate(byteLength: number): Uint8Array {
  return new Uint8Array(byteLength)
}
