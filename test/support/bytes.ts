/** Bytes from hexadecimal digits; blanks are free. */
export function hex(digits: string): Uint8Array<ArrayBuffer> {
  const compact = digits.replaceAll(/\s/g, '')
  if (!/^([0-9a-f]{2})*$/i.test(compact)) throw new Error(`Not whole bytes in hexadecimal: ${digits}`)
  return Uint8Array.from(compact.match(/../g) ?? [], byte => Number.parseInt(byte, 16))
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

export function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** Copies of the pieces of `bytes` between ascending positions; the pieces share no memory. */
export function split(bytes: Uint8Array, positions: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const ends = [...positions, bytes.length]
  return ends.map((end, index) => bytes.slice(index === 0 ? 0 : ends[index - 1], end))
}

/** One piece for each byte. */
export function octets(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
  return Array.from(bytes, byte => Uint8Array.of(byte))
}
