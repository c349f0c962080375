import { isUtf8 } from 'node:buffer'
import { createReadMemory, isBothwaysError, Receiver } from '@bothways/protocol'
import { assert, assertSame, show } from './assert.mjs'
import { frameEvent, messageEvent, receivePlainly } from './plain-receiver.mjs'

/** However the bytes are cut, wherever they lie and whenever reading pauses, a receiver reports what it must. */
export function checkStream({ bytes, cuts, pausesEvery, resumesAfter, ...settings }) {
  const whole = Buffer.from(bytes, 'hex')
  const expected = receivePlainly(whole, settings)
  const everywhere = Array.from({ length: Math.min(whole.length, 1_000) }, (_, at) => at + 1)
  const pauses = { every: pausesEvery, resumesAfter }
  for (const positions of [[], cuts, everywhere]) {
    const chunks = split(whole, positions)
    for (const way of ['own', 'borrowed', 'from inside']) {
      const events = receive(whole, chunks, settings, way, pauses)
      assertSame(events, expected, `${way}, cut at [${positions.slice(0, 20)}], pauses ${show(pauses)}`)
    }
  }
}

function split(whole, positions) {
  return [...positions, whole.length].map((end, index) => whole.subarray(positions[index - 1] ?? 0, end))
}

/** @param way whose memory the chunks are; or each is pushed by the handler of the events of the one before it */
function receive(whole, chunks, settings, way, pauses) {
  const events = []
  /** Payloads are the handler's to keep: their contents, to be compared when everything has been read. */
  const kept = []
  const keep = bytes => {
    const payload = asBuffer(bytes)
    // Nothing else lies in its memory, so that the handler may give it away.
    assert(
      payload.buffer.byteLength === payload.length,
      () => `${payload.length} bytes in ${payload.buffer.byteLength}`,
    )
    kept.push({ payload, copy: Buffer.from(payload) })
    return payload
  }
  const isBorrowed = way === 'borrowed'
  let isPaused = false
  let isOver = false
  const pause = () => {
    isPaused = true
    receiver.pause()
  }
  const push = event => {
    assert(!isOver, () => `after the end came ${event}`)
    assert(!isPaused, () => `while paused came ${event}`)
    events.push(event)
    isOver = event.startsWith('close') || event.startsWith('violation')
    if (pauses.every > 0 && events.length % pauses.every === 0) pause()
    if (way === 'from inside') feed()
  }
  const handler = {
    onMessage(message) {
      const payload = keep(payloadOf(message, settings))
      push(messageEvent(message.isText, message.isCompressed, payload))
    },
    onFrame({ opcode, isFinal, isCompressed, payload }) {
      push(frameEvent(opcode, isFinal, isCompressed, keep(payload)))
    },
    onPing: payload => push(`ping ${keep(payload).toString('hex')}`),
    onPong: payload => push(`pong ${keep(payload).toString('hex')}`),
    onClose: (code, reason) => push(`close ${code} ${reason}`),
    onViolation(error) {
      assert(isBothwaysError(error), () => `an error of another kind: ${error}`)
      push(`violation ${error.code}`)
    },
  }
  // A handler with work of its own lets the receiver read so much at a time, or makes it wait.
  let asked = 0
  const allowWork = () => {
    if (asked++ % 3 !== 2) return 1 + ((asked * 37) % 200)
    pause()
    return 0
  }
  const receiver = new Receiver(pauses.every > 1 ? { ...handler, allowWork } : handler, settings)
  const left = [...chunks]
  const feed = () => {
    const chunk = left.shift()
    if (chunk === undefined) return
    const copy = Uint8Array.from(chunk)
    if (isBorrowed) readBorrowed(receiver, copy)
    else receiver.push(copy)
  }
  const resume = () => {
    isPaused = false
    receiver.resume()
  }
  for (let count = 0, waited = 0; left.length > 0; count++) {
    // Also where no frame ends.
    if (pauses.every > 0 && count % 7 === 3) pause()
    feed()
    if (isPaused && waited++ >= pauses.resumesAfter) {
      waited = 0
      resume()
    }
  }
  for (let count = 0; isPaused && count <= whole.length; count++) resume()
  assert(receiver.isDone === isOver, () => `isDone is ${receiver.isDone}`)
  for (const { payload, copy } of kept)
    assert(payload.equals(copy), () => 'a payload has changed since it came')
  return events
}

/** The payload of a message, looked at from all sides. */
function payloadOf(message, { maxMessageBytes, checksUtf8, role }) {
  const { isText, isCompressed } = message
  const text = isText && !isCompressed ? message.text() : undefined
  const payload = asBuffer(message.bytes())
  assert(
    message.byteLength === payload.length,
    () => `byteLength is ${message.byteLength} of ${payload.length}`,
  )
  assert(isCompressed || payload.length <= maxMessageBytes, () => `a message of ${payload.length} bytes`)
  if (text !== undefined) {
    assert(text === payload.toString(), () => `${role}: text that is not the bytes`)
    assert(!checksUtf8 || isUtf8(payload), () => 'text that is not UTF-8')
  }
  return payload
}

let memory

/** The chunk lies in memory that is used again, at once, for something else. */
function readBorrowed(receiver, chunk) {
  memory ??= createReadMemory(64 * 1024)
  for (let start = 0; start < chunk.length; start += memory.bytes.length) {
    const part = chunk.subarray(start, start + memory.bytes.length)
    memory.bytes.set(part)
    receiver.read(memory, part.length)
    memory.bytes.fill(0xee, 0, part.length)
  }
}

function asBuffer(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
