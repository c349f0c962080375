import type { OwnBytes } from '../frames/own-bytes.ts'
import { Utf8Scanner } from '../text/utf8-scanner.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true })

/** True when `bytes` is one whole piece of well-formed UTF-8 (RFC 3629). */
export function isUtf8(bytes: Uint8Array): boolean {
  const scanner = new Utf8Scanner()
  return scanner.scan(bytes, 0, bytes.length) && scanner.isComplete
}

/** Text of bytes that {@link isUtf8} has accepted. A byte order mark is kept (RFC 6455 §5.6 knows none). */
export function decodeUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  return decoder.decode(bytes.subarray(start, end))
}

/** As {@link decodeUtf8}, faster where the platform can, for bytes below 0x80. */
export function decodeAscii(bytes: Uint8Array, start: number, end: number): string {
  return decodeUtf8(bytes, start, end)
}

/** Text of UTF-16 code units, the lower byte first. */
export function decodeUtf16(bytes: Uint8Array, start: number, end: number): string {
  return utf16.decode(bytes.subarray(start, end))
}

/** UTF-8 of a text; a lone surrogate becomes U+FFFD, as the WHATWG `USVString` conversion says. */
export function encodeUtf8(text: string): OwnBytes {
  return encoder.encode(text)
}
