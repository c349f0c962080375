/** A copy of the bytes from `start` to `end`. */
export function copyBytes(source: Uint8Array, start: number, end: number): Uint8Array {
  return source.slice(start, end)
}
