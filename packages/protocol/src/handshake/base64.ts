const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base64 with padding (RFC 4648 §4), for the few bytes of a handshake. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const remaining = bytes.length - at
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    text += alphabet.charAt(group >>> 18) + alphabet.charAt((group >>> 12) & 0x3f)
    text += remaining > 1 ? alphabet.charAt((group >>> 6) & 0x3f) : '='
    text += remaining > 2 ? alphabet.charAt(group & 0x3f) : '='
  }
  return text
}
