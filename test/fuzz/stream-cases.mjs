import { Random } from './random.mjs'

const texts = [
  '',
  'a',
  'Hello',
  'κόσμε',
  '\ufeffBOM',
  '😀',
  '\u{10ffff}',
  'ascii '.repeat(30),
  '漢字'.repeat(40),
]
const limits = [0, 1, 10, 125, 126, 1_000, 65_535, 65_536, 1_048_576]
const closeCodes = [
  0, 999, 1000, 1001, 1004, 1005, 1006, 1011, 1014, 1015, 1016, 2999, 3000, 4999, 5000, 65_535,
]

/**
 * A stream of frames for a receiver: valid ones with some damage, or mere bytes.
 *
 * @param {number} seed
 * @returns {import('./cases.d.mts').ReceiverCase}
 */
export function streamCase(seed) {
  const random = new Random(seed)
  const role = random.pick(/** @type {const} */ (['server', 'client']))
  const isDeflateNegotiated = random.oneIn(2)
  let bytes = random.oneIn(10)
    ? random.bytes(random.below(300))
    : Buffer.concat(frames(random, role, isDeflateNegotiated))
  for (let count = random.pick([0, 0, 1, 1, 2, 5]); count > 0; count--) bytes = damage(random, bytes)
  return {
    target: 'receiver',
    role,
    isDeflateNegotiated,
    maxMessageBytes: random.oneIn(2) ? 1_048_576 : random.pick(limits),
    bytes: bytes.toString('hex'),
    cuts: cutsOf(random, bytes.length),
  }
}

function cutsOf(random, length) {
  const positions = Array.from({ length: random.below(12) }, () => random.below(length + 1))
  return [...new Set(positions)].sort((a, b) => a - b)
}

function frames(random, role, isDeflateNegotiated) {
  const list = []
  const push = (first, payload) => list.push(frame(random, role, first, payload))
  for (let count = 1 + random.below(5); count > 0; count--) {
    const isText = random.oneIn(2)
    const payload = isText ? Buffer.from(random.pick(texts)) : random.bytes(lengthOf(random))
    const pieces = random.oneIn(2) ? [payload] : piecesOf(random, payload)
    const rsv1 = isDeflateNegotiated && random.oneIn(3) ? 0x40 : 0
    for (const [index, piece] of pieces.entries()) {
      const fin = index === pieces.length - 1 ? 0x80 : 0
      push(fin | (index === 0 ? rsv1 | (isText ? 1 : 2) : 0), piece)
      if (random.oneIn(4)) push(random.pick([0x89, 0x8a]), random.bytes(random.pick([0, 4, 125])))
    }
  }
  if (random.oneIn(3)) push(0x88, closeBody(random))
  if (random.oneIn(6)) push(random.pick([0x81, 0x88, 0x89]), Buffer.alloc(0))
  return list
}

function lengthOf(random) {
  if (random.oneIn(20)) return random.pick([65_535, 65_536, 65_537])
  return random.oneIn(3) ? random.pick([0, 1, 125, 126, 127, 128]) : random.below(300)
}

function piecesOf(random, payload) {
  const positions = cutsOf(random, payload.length)
  return [...positions, payload.length].map((end, index) => payload.subarray(positions[index - 1] ?? 0, end))
}

function closeBody(random) {
  if (random.oneIn(4)) return random.bytes(random.below(4))
  const body = Buffer.alloc(2)
  body.writeUInt16BE(random.pick(closeCodes))
  return Buffer.concat([body, Buffer.from(random.pick(texts)).subarray(0, 123)])
}

function frame(random, role, first, payload) {
  const maskBit = role === 'server' ? 0x80 : 0
  const head = [Buffer.of(first)]
  // Now and then in a longer encoding than needed.
  const stretch = random.oneIn(60) ? random.below(3) : 0
  if (payload.length < 126 && stretch === 0) {
    head.push(Buffer.of(maskBit | payload.length))
  } else if (payload.length < 65_536 && stretch < 2) {
    head.push(Buffer.of(maskBit | 126, payload.length >>> 8, payload.length & 0xff))
  } else {
    const length = Buffer.alloc(8)
    length.writeBigUInt64BE(BigInt(payload.length))
    head.push(Buffer.of(maskBit | 127), length)
  }
  if (maskBit === 0) return Buffer.concat([...head, payload])
  const key = random.bytes(4)
  return Buffer.concat([
    ...head,
    key,
    Buffer.from(payload.map((byte, index) => byte ^ (key[index % 4] ?? 0))),
  ])
}

function damage(random, bytes) {
  const at = random.below(bytes.length + 1)
  const end = Math.min(bytes.length, at + 1 + random.below(random.pick([2, 8, 100])))
  const [before, hit, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)]
  switch (random.below(6)) {
    case 0:
      return Buffer.concat([before, random.bytes(hit.length), after])
    case 1:
      return Buffer.concat([before, hit.map(byte => byte ^ (1 << random.below(8))), after])
    case 2:
      return Buffer.concat([before, after])
    case 3:
      return Buffer.concat([before, hit, hit, after])
    case 4:
      return Buffer.concat([before, random.bytes(1 + random.below(8)), hit, after])
    default:
      return Buffer.from(before)
  }
}
