import { constants, deflateRawSync } from 'node:zlib'
import { deflateOptions } from './handshake-cases.mjs'
import { Random } from './random.mjs'
import { closeBody, cutsOf, damage, frame, piecesOf, textOf } from './stream-cases.mjs'

const limits = [0, 1, 10, 100, 1_000, 65_536]

/**
 * The frames that the peer of an open connection sends, compressed and not, with some damage.
 *
 * @param {number} seed
 * @returns {import('./cases.d.mts').ConnectionCase}
 */
export function connectionCase(seed) {
  const random = new Random(seed)
  const role = random.pick(/** @type {const} */ (['server', 'client']))
  const agreement = random.oneIn(5) ? undefined : deflateOptions(random)
  let bytes = Buffer.concat(frames(random, role, agreement))
  for (let count = random.pick([0, 0, 0, 1, 2]); count > 0; count--) bytes = damage(random, bytes)
  return {
    target: 'connection',
    role,
    agreement,
    maxMessageBytes: random.oneIn(3) ? random.pick(limits) : 1_048_576,
    maxFragmentCount: random.oneIn(4) ? 1 + random.below(4) : undefined,
    thresholdBytes: random.pick([0, 1, 10, 100, 1_024]),
    pausesEvery: random.oneIn(2) ? 1 + random.below(3) : 0,
    bytes: bytes.toString('hex'),
    cuts: cutsOf(random, bytes.length),
  }
}

function frames(random, role, agreement) {
  const list = []
  const push = (first, payload) => list.push(frame(random, role, first, payload))
  const deflate = agreement && compressor(random, role === 'server' ? 'client' : 'server', agreement)
  const earlier = []
  for (let count = 1 + random.below(6); count > 0; count--) {
    const isText = random.oneIn(2)
    const message = isText ? textOf(random) : bytesOf(random, earlier)
    earlier.push(message)
    const isCompressed = deflate !== undefined && !random.oneIn(4)
    let payload = isCompressed ? deflate(message) : message
    // Data that stop early, in frames that are whole.
    if (isCompressed && random.oneIn(12)) payload = payload.subarray(0, random.below(payload.length + 1))
    const pieces = random.oneIn(2) ? [payload] : piecesOf(random, payload)
    for (const [index, piece] of pieces.entries()) {
      const fin = index === pieces.length - 1 ? 0x80 : 0
      push(fin | (index === 0 ? (isCompressed ? 0x40 : 0) | (isText ? 1 : 2) : 0), piece)
      if (random.oneIn(6)) push(random.pick([0x89, 0x8a]), random.bytes(random.pick([0, 4, 125])))
    }
  }
  if (random.oneIn(2)) push(0x88, closeBody(random))
  return list
}

/** Some of it seen before, so that references go far back. */
function bytesOf(random, earlier) {
  const fresh = random.bytes(random.pick([0, 1, 40, 300, 300, 600]))
  switch (random.below(12)) {
    case 0:
      return Buffer.alloc(random.pick([1_001, 40_000, 65_537]), 'a')
    case 1:
      return random.bytes(random.oneIn(3) ? 40_000 : 3_000)
    default:
      return earlier.length > 0
        ? Buffer.concat([fresh, random.pick(earlier).subarray(0, 2_000), fresh])
        : fresh
  }
}

/** RFC 7692 §7.2.1, in the ways in which implementations differ. */
function compressor(random, side, agreement) {
  const bits = agreement[`${side}MaxWindowBits`]
  const forgets = agreement[`${side}NoContextTakeover`]
  let history = Buffer.alloc(0)
  return message => {
    const settings = {
      ...(bits === 8 ? { level: 0 } : { windowBits: bits, level: random.pick([0, 1, 6, 9]) }),
    }
    settings.strategy = random.pick([
      constants.Z_DEFAULT_STRATEGY,
      constants.Z_FIXED,
      constants.Z_HUFFMAN_ONLY,
    ])
    if (history.length > 0) settings.dictionary = history
    if (!forgets) history = Buffer.concat([history, message]).subarray(-(2 ** bits))
    // §7.2.3.4: a block that says it is the last.
    if (random.oneIn(10)) return Buffer.concat([deflateRawSync(message, settings), Buffer.of(0)])
    return deflateRawSync(message, { ...settings, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  }
}
