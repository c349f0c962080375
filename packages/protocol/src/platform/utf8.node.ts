import { Buffer, isUtf8 as isNodeUtf8 } from 'node:buffer'

/** True when `bytes` is one whole piece of well-formed UTF-8 (RFC 3629). */
export function isUtf8(bytes: Uint8Array): boolean {
  return isNodeUtf8(bytes)
}

/** Text of bytes that {@link isUtf8} has accepted. A byte order mark is kept (RFC 6455 §5.6 knows none). */
export function decodeUtf8(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString('utf8')
}

/** UTF-8 of a text; a lone surrogate becomes U+FFFD, as the WHATWG `USVString` conversion says. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return Buffer.from(text, 'utf8')
}
