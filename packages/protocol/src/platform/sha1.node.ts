import { createHash } from 'node:crypto'

/** SHA-1 of `bytes` (FIPS 180-4): 20 bytes. The opening handshake needs it; it protects nothing. */
export function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest()
}
