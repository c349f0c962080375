const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

/** Below this length setting up a word view costs more than it saves. */
const wordThresholdBytes = 48

/**
 * XORs `bytes` with the masking key, in place; masking and unmasking are the same operation (RFC 6455 §5.3).
 *
 * @param key the four bytes of the masking key as one big-endian unsigned 32-bit integer
 * @param phase how many bytes of the same payload came before `bytes`; only its remainder by 4 matters
 */
export function applyMask(bytes: Uint8Array, key: number, phase = 0): void {
  const rotated = rotateLeft(key, (phase & 3) * 8)
  const length = bytes.length
  if (length < wordThresholdBytes) {
    maskBytes(bytes, rotated, 0, length)
    return
  }

  // The ends that do not fill an aligned word go byte by byte, the middle word by word.
  const headLength = -bytes.byteOffset & 3
  const wordCount = (length - headLength) >>> 2
  const tailStart = headLength + wordCount * 4
  maskBytes(bytes, rotated, 0, headLength)
  const wordKey = rotateLeft(rotated, headLength * 8)
  maskWords(new Uint32Array(bytes.buffer, bytes.byteOffset + headLength, wordCount), wordKey)
  maskBytes(bytes, wordKey, tailStart, length)
}

/** `key` applies to the byte at `start` with its most significant byte. */
function maskBytes(bytes: Uint8Array, key: number, start: number, end: number): void {
  const k0 = key >>> 24
  const k1 = (key >>> 16) & 0xff
  const k2 = (key >>> 8) & 0xff
  const k3 = key & 0xff
  let at = start
  for (; at + 3 < end; at += 4) {
    bytes[at]! ^= k0
    bytes[at + 1]! ^= k1
    bytes[at + 2]! ^= k2
    bytes[at + 3]! ^= k3
  }
  if (at < end) bytes[at++]! ^= k0
  if (at < end) bytes[at++]! ^= k1
  if (at < end) bytes[at]! ^= k2
}

function maskWords(words: Uint32Array, key: number): void {
  const word = isLittleEndian ? swapBytes(key) : key
  for (let at = 0; at < words.length; at++) words[at]! ^= word
}

function rotateLeft(word: number, bits: number): number {
  return bits === 0 ? word : (word << bits) | (word >>> (32 - bits))
}

function swapBytes(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}
