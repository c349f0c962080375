import { sha1Base64 } from '#sha1'
import { UsageError } from '../errors.ts'
import { encodeBase64 } from './base64.ts'

/** RFC 6455 §1.3: proves that the server knows WebSocket and did not just repeat what came. */
const handshakeGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** The random bytes in a `Sec-WebSocket-Key` (RFC 6455 §4.1). */
export const keyBytes = 16

/** 22 characters for 128 bits, and the padding. */
const keyPattern = /^[A-Za-z0-9+/]{22}==$/

/**
 * True when `key` is base64 that decodes to exactly 16 bytes (RFC 6455 §4.2.1). The 4 bits that are left over need
 * not be zero (RFC 4648 §3.5 leaves that to the decoder): small clients draw 22 characters by chance.
 */
export function isValidKey(key: string): boolean {
  return keyPattern.test(key)
}

/**
 * The `Sec-WebSocket-Key` of a client (RFC 6455 §4.1) from 16 random bytes.
 *
 * @throws UsageError `BW_INVALID_OPTION` for another number of bytes
 */
export function createKey(randomBytes: Uint8Array): string {
  if (randomBytes.length !== keyBytes) {
    throw new UsageError(
      'BW_INVALID_OPTION',
      `A Sec-WebSocket-Key is made of ${keyBytes} random bytes, got ${randomBytes.length}.`,
    )
  }
  return encodeBase64(randomBytes)
}

/** The `Sec-WebSocket-Accept` that answers `key` (RFC 6455 §4.2.2). */
export function acceptKey(key: string): string {
  return sha1Base64(key + handshakeGuid)
}
