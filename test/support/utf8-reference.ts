/** Every character outside ASCII as its bytes read as one number, and every proper beginning of one. */
const characters = new Set<number>()
const beginnings = new Set<number>()

// Brute force: the encoder is asked for each Unicode scalar value.
const encoder = new TextEncoder()
const target = new Uint8Array(4)
for (let codePoint = 0x80; codePoint <= 0x10ffff; codePoint++) {
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue
  const { written } = encoder.encodeInto(String.fromCodePoint(codePoint), target)
  let value = 0
  for (const [index, byte] of target.subarray(0, written).entries()) {
    value = value * 256 + byte
    if (index < written - 1) beginnings.add(value)
  }
  characters.add(value)
}

/** How far `bytes` is text or the beginning of one: the index of the first byte that nothing can follow, or -1. */
export function firstHopelessByte(bytes: Uint8Array): number {
  let value = 0
  for (const [index, byte] of bytes.entries()) {
    value = value * 256 + byte
    if (value < 0x80 || characters.has(value)) value = 0
    else if (!beginnings.has(value)) return index
  }
  return -1
}

/** True when nothing is missing from a text that has no hopeless byte. */
export function endsWithWholeCharacter(bytes: Uint8Array): boolean {
  let value = 0
  for (const byte of bytes) {
    value = value * 256 + byte
    if (value < 0x80 || characters.has(value)) value = 0
  }
  return value === 0
}

/** All ways to go on from a beginning by one byte, from no byte up to four. */
export function* shortSequences(beginning: readonly number[] = []): Generator<Uint8Array> {
  for (let byte = 0; byte < 256; byte++) {
    const sequence = [...beginning, byte]
    yield Uint8Array.from(sequence)
    if (beginnings.has(sequence.reduce((value, next) => value * 256 + next, 0)))
      yield* shortSequences(sequence)
  }
}

/** Pieces from which random text, almost-text and rubbish are put together. */
export const adversarialPieces: readonly Uint8Array[] = [
  ...[
    'a',
    'ASCII of more than thirty-two bytes, in one piece',
    '\0',
    '\x7f',
    '\x80',
    'é',
    '\u07ff',
    '\u0800',
  ],
  ...['漢字', '\ud7ff', '\ue000', '\ufeff', '\uffff', '😀', '\u{10000}', '\u{10ffff}'],
]
  .map(text => encoder.encode(text))
  .concat(
    [
      [0x80],
      [0xbf],
      [0xc0],
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xc2],
      [0xdf],
      [0xe0],
      [0xe0, 0x9f, 0xbf],
      [0xe2, 0x82],
      [0xed, 0xa0, 0x80],
      [0xed, 0xbf, 0xbf],
      [0xef, 0xbf],
      [0xf0],
      [0xf0, 0x8f, 0xbf, 0xbf],
      [0xf0, 0x9f, 0x98],
      [0xf4, 0x8f],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf5],
      [0xf8, 0x88, 0x80, 0x80, 0x80],
      [0xfe],
      [0xff],
    ].map(bytes => Uint8Array.from(bytes)),
  )
