import { bytesCase } from './bytes-cases.mjs'
import { checkBytes } from './bytes-check.mjs'
import { connectionCase } from './connection-cases.mjs'
import { checkConnection } from './connection-check.mjs'
import { handshakeCase } from './handshake-cases.mjs'
import { checkHandshakeRequest, checkHandshakeResponse } from './handshake-check.mjs'
import { headCase } from './head-cases.mjs'
import { checkHead } from './head-check.mjs'
import { originCase } from './origin-cases.mjs'
import { checkOrigin } from './origin-check.mjs'
import { packetsCase } from './packet-cases.mjs'
import { checkPackets } from './packet-check.mjs'
import { parserCase } from './parser-cases.mjs'
import { checkParser } from './parser-check.mjs'
import { Random } from './random.mjs'
import { streamCase } from './stream-cases.mjs'
import { checkStream } from './stream-check.mjs'

/** No case may take longer, in ms: a case that does has met a loop that is not linear. */
const slowestMs = 8_000

/** The makers of cases, each taken as often as it stands here. */
const makers = [
  ...[streamCase, streamCase, streamCase, streamCase],
  ...[bytesCase, bytesCase, connectionCase, connectionCase],
  ...[handshakeCase, handshakeCase, handshakeCase, headCase, headCase, originCase, packetsCase, parserCase],
]

const checks = {
  bytes: checkBytes,
  connection: checkConnection,
  head: checkHead,
  origin: checkOrigin,
  packets: checkPackets,
  parser: checkParser,
  receiver: checkStream,
  request: checkHandshakeRequest,
  response: checkHandshakeResponse,
}

/** @type {typeof import('./cases.d.mts').makeCase} */
export function makeCase(seed, index) {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index, 0x85ebca6b))
  const caseSeed = random.below(2 ** 32)
  // As the corpus has it: a case has no values that a file cannot hold.
  return JSON.parse(JSON.stringify(random.pick(makers)(caseSeed)))
}

/** @type {typeof import('./cases.d.mts').checkCase} */
export async function checkCase(it) {
  const start = performance.now()
  try {
    await checks[it.target](it)
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
  const tookMs = performance.now() - start
  return tookMs > slowestMs ? `took ${Math.round(tookMs)} ms` : undefined
}

/** @type {typeof import('./cases.d.mts').shrink} */
export async function shrink(it) {
  if (!('bytes' in it)) return it
  let smallest = it
  const deadline = performance.now() + 20_000
  for (let size = Math.ceil(it.bytes.length / 4); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at * 2 < smallest.bytes.length && performance.now() < deadline; ) {
      const bytes = smallest.bytes.slice(0, at * 2) + smallest.bytes.slice((at + size) * 2)
      const cuts = smallest.cuts?.filter(cut => cut <= bytes.length / 2)
      const smaller = { ...smallest, bytes, ...(cuts && { cuts }) }
      if ((await checkCase(smaller)) !== undefined) smallest = smaller
      else at += size
    }
  }
  return smallest
}
