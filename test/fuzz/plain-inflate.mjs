const lengthBases = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
]
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const distanceBases = Array.from({ length: 30 }, (_, code) =>
  code < 4 ? code + 1 : 1 + (2 + (code & 1)) * 2 ** ((code >> 1) - 1),
)
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const fixedLengths = [...Array(144).fill(8), ...Array(112).fill(9), ...Array(24).fill(7), ...Array(8).fill(8)]

/** Data that are not what RFC 1951 says. */
export class NotDeflate extends Error {}

/**
 * Inflates by the letter of RFC 1951, bit by bit.
 *
 * @param {Buffer} input
 * @param {Buffer} history what references may reach back to
 * @param {number} maxDistance how far back a reference may reach at all
 * @returns {{ output: Buffer, end: number, isFinal: boolean }} up to the end of a final block, or of the input where
 *   that is the end of a block; `end` is the first byte that was not read
 * @throws NotDeflate
 */
export function inflatePlainly(input, history, maxDistance) {
  const output = Array.from(history)
  let at = 0
  const bit = () => {
    if (at >= input.length * 8) throw new NotDeflate('the data end amid a block')
    const value = (input[at >> 3] >> (at & 7)) & 1
    at++
    return value
  }
  const bits = count => {
    let value = 0
    for (let index = 0; index < count; index++) value |= bit() << index
    return value
  }
  const symbol = codes => {
    let code = 1
    for (;;) {
      code = code * 2 + bit()
      const found = codes.get(code)
      if (found !== undefined) return found
      if (code > 2 ** 16) throw new NotDeflate('no such code')
    }
  }
  const copyBlock = (literals, distances) => {
    for (;;) {
      const value = symbol(literals)
      if (value === 256) return
      if (value < 256) {
        output.push(value)
        continue
      }
      if (value > 285) throw new NotDeflate('no such length')
      const length = lengthBases[value - 257] + bits(lengthExtra[value - 257])
      const code = symbol(distances)
      if (code > 29) throw new NotDeflate('no such distance')
      const distance = distanceBases[code] + bits(code < 4 ? 0 : (code >> 1) - 1)
      if (distance > output.length || distance > maxDistance) throw new NotDeflate('a reference to nothing')
      for (let count = 0; count < length; count++) output.push(output[output.length - distance])
    }
  }
  const storedBlock = () => {
    at = Math.ceil(at / 8) * 8
    const length = bits(16)
    if (bits(16) !== 0xffff - length) throw new NotDeflate('a length that is not its complement')
    for (let count = 0; count < length; count++) output.push(bits(8))
  }
  const dynamicBlock = () => {
    const [literalCount, distanceCount, lengthCount] = [257 + bits(5), 1 + bits(5), 4 + bits(4)]
    if (literalCount > 286 || distanceCount > 30) throw new NotDeflate('too many codes')
    const codeLengths = Array(19).fill(0)
    for (const index of codeLengthOrder.slice(0, lengthCount)) codeLengths[index] = bits(3)
    const codes = codesOf(codeLengths, false)
    const lengths = []
    while (lengths.length < literalCount + distanceCount) {
      const value = symbol(codes)
      if (value === 16 && lengths.length === 0) throw new NotDeflate('nothing to repeat')
      if (value < 16) lengths.push(value)
      else if (value === 16) lengths.push(...Array(3 + bits(2)).fill(lengths.at(-1)))
      else lengths.push(...Array(value === 17 ? 3 + bits(3) : 11 + bits(7)).fill(0))
    }
    if (lengths.length > literalCount + distanceCount) throw new NotDeflate('too many lengths')
    if (lengths[256] === 0) throw new NotDeflate('no code for the end of the block')
    copyBlock(codesOf(lengths.slice(0, literalCount), true), codesOf(lengths.slice(literalCount), true))
  }

  let isFinal = false
  // Less than a byte left is padding.
  while (!isFinal && at < input.length * 8) {
    isFinal = bit() === 1
    const type = bits(2)
    if (type === 0) storedBlock()
    else if (type === 1) copyBlock(codesOf(fixedLengths, true), codesOf(Array(30).fill(5), true, true))
    else if (type === 2) dynamicBlock()
    else throw new NotDeflate('a reserved type of block')
  }
  return { output: Buffer.from(output.slice(history.length)), end: Math.ceil(at / 8), isFinal }
}

/** RFC 1951 §3.2.2: codes as numbers that begin with a 1, so that their length is in them. */
function codesOf(lengths, mayBeSingle, isFixed = false) {
  const codes = new Map()
  let code = 0
  let space = 0
  for (let length = 1; length <= 15; length++) {
    code *= 2
    for (const [symbol, its] of lengths.entries()) {
      if (its !== length) continue
      codes.set(2 ** length + code, symbol)
      code++
      space += 2 ** (15 - length)
    }
  }
  // As zlib: each beginning of bits means something, but for one code of one bit, or none at all.
  const isSingle = mayBeSingle && (codes.size === 0 || (codes.size === 1 && codes.has(2)))
  if (!isFixed && space !== 2 ** 15 && !isSingle) throw new NotDeflate('codes that do not fill their space')
  return codes
}
