import type { Buffer } from 'node:buffer'

/** The bytes as an ArrayBuffer: their own memory where it holds nothing else, a copy otherwise. */
export function wholeArrayBuffer({ buffer, byteOffset, byteLength }: Buffer): ArrayBuffer {
  const isWhole = byteLength === buffer.byteLength
  return (isWhole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer
}
