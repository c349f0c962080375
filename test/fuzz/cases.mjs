import { isUtf8 } from 'node:buffer'
import { isDeepStrictEqual } from 'node:util'
import { handshakeCase } from './handshake-cases.mjs'
import { receivePlainly } from './plain-receiver.mjs'
import { Random } from './random.mjs'
import { streamCase } from './stream-cases.mjs'

/** No case may take longer, in ms: one that does has met a loop that is not linear. */
const slowestMs = 2_000

/** @type {typeof import('./cases.d.mts').makeCase} */
export function makeCase(seed, index) {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index, 0x85ebca6b))
  const caseSeed = random.below(2 ** 32)
  return random.oneIn(4) ? handshakeCase(caseSeed) : streamCase(caseSeed)
}

/** @type {typeof import('./cases.d.mts').checkCase} */
export function checkCase(protocol, it) {
  const start = performance.now()
  try {
    if (it.target === 'receiver') checkReceiver(protocol, it)
    else if (it.target === 'request') checkHandshakeRequest(protocol, it)
    else checkHandshakeResponse(protocol, it)
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
  const tookMs = performance.now() - start
  return tookMs > slowestMs ? `took ${Math.round(tookMs)} ms` : undefined
}

function checkReceiver(protocol, { bytes, cuts, ...settings }) {
  const whole = Buffer.from(bytes, 'hex')
  const expected = receivePlainly(whole, settings)
  const everywhere = Array.from({ length: Math.min(whole.length, 2_000) }, (_, at) => at + 1)
  for (const positions of [[], cuts, everywhere]) {
    for (const isBorrowed of [false, true]) {
      const events = receive(protocol, whole, positions, settings, isBorrowed)
      assert(isDeepStrictEqual(events, expected), () => {
        const where = `${isBorrowed ? 'borrowed, ' : ''}cut at [${positions.slice(0, 20)}]`
        return `${where}, expected ${show(expected)}, got ${show(events)}`
      })
    }
  }
}

function receive(protocol, whole, positions, settings, isBorrowed) {
  const { maxMessageBytes } = settings
  const events = []
  let isOver = false
  const push = event => {
    assert(!isOver, () => `after the end came ${show([event])}`)
    events.push(event)
  }
  const receiver = new protocol.Receiver(
    {
      onMessage(message) {
        const { isText, isCompressed } = message
        const payload = message.bytes()
        if (isText && !isCompressed) {
          assert(message.text() === Buffer.from(payload).toString(), () => 'text that is not the bytes')
        }
        assert(
          isCompressed || payload.length <= maxMessageBytes,
          () => `a message of ${payload.length} bytes`,
        )
        assert(isCompressed || !isText || isUtf8(payload), () => 'text that is not UTF-8')
        // Memory follows what has come: a view into a chunk, or a buffer of at most twice the message.
        const capacity = payload.buffer.byteLength
        assert(
          capacity <= Math.max(isBorrowed ? poolBytes : 4096, whole.length, payload.length * 2),
          () => `${capacity} bytes of memory`,
        )
        push(`${isCompressed ? 'compressed ' : ''}${isText ? 'text' : 'binary'} ${hexOf(payload)}`)
      },
      onPing: payload => push(`ping ${hexOf(payload)}`),
      onPong: payload => push(`pong ${hexOf(payload)}`),
      onClose(code, reason) {
        push(`close ${code} ${reason}`)
        isOver = true
      },
      onViolation(error) {
        assert(protocol.isBothwaysError(error), () => `an error of another kind: ${error}`)
        push(`violation ${error.closeCode ?? 1009}`)
        isOver = true
      },
    },
    settings,
  )
  let start = 0
  for (const end of [...positions, whole.length]) {
    const chunk = Uint8Array.from(whole.subarray(start, end))
    if (isBorrowed) readBorrowed(protocol, receiver, chunk)
    else receiver.push(chunk)
    start = end
  }
  assert(receiver.isDone === isOver, () => `isDone is ${receiver.isDone}`)
  return events
}

/** Small messages from borrowed memory share pieces of this size (platform/memory.node.ts). */
const poolBytes = 16 * 1024
let memory

/** The chunk lies in memory that is used again, at once, for something else. */
function readBorrowed(protocol, receiver, chunk) {
  memory ??= protocol.createReadMemory(64 * 1024)
  for (let start = 0; start < chunk.length; start += memory.bytes.length) {
    const part = chunk.subarray(start, start + memory.bytes.length)
    memory.bytes.set(part)
    receiver.read(memory, part.length)
    memory.bytes.fill(0xee, 0, part.length)
  }
}

function checkHandshakeRequest(protocol, { line, httpVersion, headers }) {
  const result = protocol.checkRequest({ method: String(line), httpVersion, headers })
  if (!result.ok) {
    const answer = protocol.serializeRefusal(result.refusal)
    assert(/^HTTP\/1\.1 4\d\d [\x20-\x7e]+\r\n/.test(answer), () => `refused with ${show([answer])}`)
    return
  }
  protocol.serverResponseHeaders({ key: result.key, subprotocol: result.subprotocols[0] })
  checkExtensions(protocol, result.extensions)
}

/** What a server makes of an offer, the client that made the offer must take. */
function checkExtensions(protocol, offers) {
  const text = protocol.serializeExtensions(offers)
  assert(isDeepStrictEqual(protocol.parseExtensions(text), offers.length > 0 ? offers : undefined), () => {
    return `extensions read again as other ones: ${text}`
  })
  for (const options of [
    {},
    { serverNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 10 },
  ]) {
    const accepted = protocol.acceptDeflateOffer(offers, protocol.resolveDeflateOptions(options))
    if (accepted === undefined) continue
    const checked = protocol.checkDeflateResponse(accepted.response, offers)
    assert(checked.ok, () => `the client refuses ${show([accepted.response])}: ${checked.problem}`)
  }
}

function checkHandshakeResponse(protocol, { line, headers }) {
  const offers = [protocol.createDeflateOffer(protocol.resolveDeflateOptions())]
  const result = protocol.checkResponse(
    { status: Number(line), headers, body: 'body' },
    { key: 'dGhlIHNhbXBsZSBub25jZQ==', subprotocols: ['chat', 'superchat'], extensions: offers },
  )
  if (result.ok) assert(line === 101, () => `status ${line} was accepted`)
  else assert(result.error instanceof protocol.HandshakeError, () => 'an error of another kind')
}

function hexOf(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

function show(events) {
  return JSON.stringify(events).slice(0, 500)
}

function assert(isTrue, describe) {
  if (!isTrue) throw new Error(describe())
}

/** @type {typeof import('./cases.d.mts').shrink} */
export function shrink(protocol, it) {
  if (it.target !== 'receiver') return it
  let smallest = { ...it, cuts: [...it.cuts] }
  const deadline = performance.now() + 20_000
  for (let size = Math.ceil(it.bytes.length / 4); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at * 2 < smallest.bytes.length && performance.now() < deadline; ) {
      const bytes = smallest.bytes.slice(0, at * 2) + smallest.bytes.slice((at + size) * 2)
      const smaller = { ...smallest, bytes, cuts: smallest.cuts.filter(cut => cut <= bytes.length / 2) }
      if (checkCase(protocol, smaller) !== undefined) smallest = smaller
      else at += size
    }
  }
  return smallest
}
