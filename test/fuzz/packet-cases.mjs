import { Random } from './random.mjs'
import { damage } from './stream-cases.mjs'

const types = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop']
const texts = [
  '',
  'a',
  'probe',
  'Hello',
  '漢字 é',
  '😀',
  '2["chat","hi"]',
  '{"sid":"x"}',
  'b',
  '4',
  '1:4',
  '\ud800',
  'x'.repeat(1_000),
]
const pieces = [
  '\x1e',
  ':',
  'b',
  '0',
  '4',
  '7',
  '10:',
  '00001:',
  '00000000001:4',
  '99999999999:',
  '\0',
  '\x01',
  '\xff',
  '4a',
  'bAQID',
  '2:',
  '1:2',
]

/**
 * Packets of Engine.IO to be written and read again, and payloads that may be none.
 *
 * @param {number} seed
 * @returns {import('./cases.d.mts').PacketsCase}
 */
export function packetsCase(seed) {
  const random = new Random(seed)
  const protocol = random.pick(/** @type {const} */ ([3, 4]))
  const packets = Array.from({ length: 1 + random.below(5) }, () => packet(random))
  let payload = Buffer.from(Array.from({ length: random.below(6) }, () => random.pick(pieces)).join(''))
  if (random.oneIn(3)) payload = Buffer.from(random.pick(texts))
  if (random.oneIn(3)) payload = damage(random, binaryPayload(random))
  return {
    target: 'packets',
    protocol,
    packets,
    takesBytes: random.oneIn(2),
    payload: payload.toString('hex'),
    damage: random.oneIn(2) ? random.below(2 ** 32) : undefined,
  }
}

function packet(random) {
  if (random.oneIn(5))
    return { type: 'message', hex: random.bytes(random.pick([0, 1, 9, 10, 99, 300])).toString('hex') }
  return { type: random.pick(types), text: random.oneIn(4) ? undefined : random.pick(texts) }
}

function binaryPayload(random) {
  const parts = Array.from({ length: random.below(4) }, () => {
    const bytes = random.oneIn(2)
      ? Buffer.from(`4${random.pick(texts)}`)
      : Buffer.concat([Buffer.of(random.below(8)), random.bytes(random.below(20))])
    const digits = [...String(bytes.length + (random.oneIn(8) ? random.below(3) - 1 : 0))].map(Number)
    return Buffer.concat([Buffer.from([random.below(random.oneIn(8) ? 3 : 2), ...digits, 255]), bytes])
  })
  return Buffer.concat(parts)
}
