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
/** No text, or not yet: RFC 3629 §4. */
const almostTexts = [
  ...['80', 'c0af', 'c3', 'c328', 'e08080', 'e09fbf', 'e0a0', 'eda080', 'edbfbf', 'ed9fbf', 'eda0', 'e282'],
  ...['f0808080', 'f08fbfbf', 'f0908080', 'f09f98', 'f48fbfbf', 'f4908080', 'f4', 'f5808080', 'ff', 'c1bf'],
].map(hex => Buffer.from(hex, 'hex'))
const limits = [0, 1, 5, 10, 125, 126, 1_000, 65_535, 65_536, 1_048_576]
const longLengths = [
  ...['8000000000000000', '80000000000000ff', '7fffffffffffffff', 'ffffffffffffffff', '0000000100000005'],
  ...['0000000100010000', '00000000ffffffff', '000000000000ffff', '0000000000010000', '000000000000007d'],
]
const closeCodes = [
  ...[0, 999, 1000, 1001, 1003, 1004, 1005, 1006, 1007, 1011, 1014, 1015, 1016, 2999, 3000, 4999, 5000],
  65_535,
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
  let bytes = random.oneIn(20)
    ? random.bytes(random.below(300))
    : Buffer.concat(frames(random, role, isDeflateNegotiated))
  for (let count = random.pick([0, 0, 1, 1, 2, 5]); count > 0; count--) bytes = damage(random, bytes)
  const limit = () => (random.oneIn(2) ? 1_048_576 : random.pick(limits))
  return {
    target: 'receiver',
    role,
    isDeflateNegotiated,
    maxMessageBytes: limit(),
    maxFrameBytes: random.oneIn(6) ? limit() : undefined,
    maxFragmentCount: random.oneIn(3) ? 1 + random.below(5) : undefined,
    delivers: random.oneIn(8) ? 'frames' : 'messages',
    checksUtf8: !random.oneIn(10),
    checksCloseCode: !random.oneIn(10),
    pausesEvery: random.oneIn(3) ? 1 + random.below(3) : 0,
    resumesAfter: random.below(3),
    bytes: bytes.toString('hex'),
    cuts: cutsOf(random, bytes.length),
  }
}

export function cutsOf(random, length) {
  const positions = Array.from({ length: random.below(12) }, () => random.below(length + 1))
  return [...new Set(positions)].sort((a, b) => a - b)
}

function frames(random, role, isDeflateNegotiated) {
  const list = []
  const push = (first, payload) => list.push(frame(random, role, first, payload))
  for (let count = 1 + random.below(5); count > 0; count--) {
    const isText = random.oneIn(2)
    const payload = isText ? textOf(random) : random.bytes(lengthOf(random))
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
  if (random.oneIn(5)) list.splice(random.below(list.length + 1), 0, unlawful(random, role))
  return list
}

/** A frame that breaks one rule, well formed otherwise. */
function unlawful(random, role) {
  const masked = role === 'server' ? 0x80 : 0
  const key = Buffer.alloc(masked === 0 ? 0 : 4)
  switch (random.below(7)) {
    case 0:
      return frame(
        random,
        role === 'server' ? 'client' : 'server',
        random.pick([0x81, 0x82, 0x89]),
        textOf(random),
      )
    case 1:
      return frame(
        random,
        role,
        random.pick([0x88, 0x89, 0x8a]),
        Buffer.alloc(random.pick([126, 127, 300]), 'a'),
      )
    case 2:
    case 3:
    case 4:
      // The sign bit, lengths at the edges of what a number or 32 or 16 bits hold.
      return Buffer.concat([
        Buffer.of(random.pick([0x01, 0x81, 0x82]), masked | 127),
        Buffer.from(random.pick(longLengths), 'hex'),
        key,
      ])
    case 5:
      return frame(random, role, random.pick([0x90, 0xa0, 0xc0, 0x10]) | random.below(3), textOf(random))
    default:
      return frame(
        random,
        role,
        random.pick([0x80, 0x00, 0x08, 0x09, 0x0a, 0x83, 0x87, 0x8b, 0x8f]),
        textOf(random),
      )
  }
}

export function textOf(random) {
  const text = Buffer.from(random.pick(texts))
  if (!random.oneIn(4)) return text
  const almost = random.pick(almostTexts)
  return Buffer.concat(random.oneIn(2) ? [text, almost] : [text, almost, Buffer.from(random.pick(texts))])
}

function lengthOf(random) {
  if (random.oneIn(20)) return random.pick([65_535, 65_536, 65_537])
  return random.oneIn(3) ? random.pick([0, 1, 5, 10, 125, 126, 127, 128]) : random.below(300)
}

export function piecesOf(random, payload) {
  const positions = cutsOf(random, payload.length)
  return [...positions, payload.length].map((end, index) => payload.subarray(positions[index - 1] ?? 0, end))
}

export function closeBody(random) {
  if (random.oneIn(4)) return random.bytes(random.below(4))
  const body = Buffer.alloc(2)
  body.writeUInt16BE(random.pick(closeCodes))
  return Buffer.concat([body, textOf(random).subarray(0, 123)])
}

/** A frame as the peer of a receiver of this role writes it. */
export function frame(random, role, first, payload) {
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
  return Buffer.concat([...head, key, maskPlainly(payload, key, 0)])
}

/** RFC 6455 §5.3, byte by byte. */
export function maskPlainly(payload, key, phase) {
  return Buffer.from(payload.map((byte, index) => byte ^ key[(phase + index) % 4]))
}

export function damage(random, bytes) {
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
