import { Buffer, isUtf8 as isNodeUtf8 } from 'node:buffer'
import type { OwnBytes } from '../frames/own-bytes.ts'

/** The functions that `toString` calls after it has looked at its arguments; any byte array may be `this`. */
interface Slices {
  readonly utf8Slice: (this: Uint8Array, start: number, end: number) => string
  readonly latin1Slice: (this: Uint8Array, start: number, end: number) => string
  readonly ucs2Slice: (this: Uint8Array, start: number, end: number) => string
}

const { utf8Slice, latin1Slice, ucs2Slice } = Buffer.prototype as unknown as Slices

/** True when `bytes` is one whole piece of well-formed UTF-8 (RFC 3629). */
export function isUtf8(bytes: Uint8Array): boolean {
  return isNodeUtf8(bytes)
}

/** Text of bytes that {@link isUtf8} has accepted. A byte order mark is kept (RFC 6455 §5.6 knows none). */
export function decodeUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  return utf8Slice.call(bytes, start, end)
}

/** As {@link decodeUtf8}, faster, for bytes below 0x80. */
export function decodeAscii(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end)
}

/** Text of UTF-16 code units, the lower byte first. */
export function decodeUtf16(bytes: Uint8Array, start: number, end: number): string {
  return ucs2Slice.call(bytes, start, end)
}

/** UTF-8 of a text; a lone surrogate becomes U+FFFD, as the WHATWG `USVString` conversion says. */
export function encodeUtf8(text: string): OwnBytes {
  return Buffer.from(text, 'utf8')
}
