import { Random } from './random.mjs'
import { cutsOf, textOf } from './stream-cases.mjs'

/**
 * Bytes in pieces, for what masks, checks and writes them.
 *
 * @param {number} seed
 * @returns {import('./cases.d.mts').BytesCase}
 */
export function bytesCase(seed) {
  const random = new Random(seed)
  const parts = Array.from({ length: random.below(6) }, () => textOf(random))
  const bytes = random.oneIn(4)
    ? random.bytes(random.pick([0, 16, 20, 54, 55, 56, 63, 64, 200]))
    : Buffer.concat(parts)
  return {
    target: 'bytes',
    bytes: bytes.toString('hex'),
    cuts: cutsOf(random, bytes.length),
    key: random.bytes(4).toString('hex'),
    phase: random.below(9),
    offset: random.below(9),
    first: random.pick([0x01, 0x02, 0x81, 0x82, 0xc1, 0x42, 0x80, 0x00, 0x89, 0x8a]),
    length: random.pick([
      0,
      1,
      125,
      126,
      127,
      128,
      65_535,
      65_536,
      65_537,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32 + 5,
    ]),
    code: random.below(5_200),
  }
}
