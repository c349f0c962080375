export type ParsedHex =
  | { readonly bytes: Uint8Array<ArrayBuffer>; readonly error?: never }
  | { readonly error: HexError; readonly bytes?: never }

export type HexError =
  /** 1-based, counted in the text as it was written. */
  { readonly kind: 'digit'; readonly position: number } | { readonly kind: 'odd' }

const separators = /[\s,:;_-]/

/** `48 65`, `4865`, `0x48, 0x65` and `48:65` are the same two bytes. */
export function parseHex(text: string): ParsedHex {
  const digits: number[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ''
    if (separators.test(character)) continue
    if (character === '0' && /[xX]/.test(text[at + 1] ?? '')) {
      at++
      continue
    }
    const digit = /[0-9a-fA-F]/.test(character) ? Number.parseInt(character, 16) : undefined
    if (digit === undefined) return { error: { kind: 'digit', position: at + 1 } }
    digits.push(digit)
  }
  if (digits.length % 2 !== 0) return { error: { kind: 'odd' } }
  const bytes = new Uint8Array(digits.length / 2)
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = (digits[2 * at] ?? 0) * 16 + (digits[2 * at + 1] ?? 0)
  }
  return { bytes }
}

/** `48 65 6c` */
export function formatHex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(' ')
}

/** Rows of sixteen bytes with their offset, as digits and as ASCII. */
export function formatHexDump(bytes: Uint8Array): string {
  const rows: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16)
    const ascii = Array.from(row, byte =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·',
    ).join('')
    rows.push(`${at.toString(16).padStart(6, '0')}  ${formatHex(row).padEnd(47)}  ${ascii}`)
  }
  return rows.join('\n')
}
