import { deflateDirections } from '@bothways/protocol'
import { MemoryLink } from '@bothways/test-support/memory-transport'
import { Connection, resolveConnectionOptions } from 'bothways/connection'
import { assert, assertSame, show } from './assert.mjs'
import { inflateEvents } from './plain-messages.mjs'
import { receivePlainly } from './plain-receiver.mjs'

const opposite = { server: 'client', client: 'server' }
/** A connection whose peer has ended is over after some turns. */
const longestMs = 5_000
const noLimit = 2 ** 40

/**
 * An open connection that sends each message back, at the end of a wire in memory: it reports what a plain receiver and
 * a plain inflater make of the bytes, and a plain peer can read what it answers.
 */
export async function checkConnection(it) {
  const { role, agreement, maxMessageBytes } = it
  const settings = { role, maxMessageBytes, isDeflateNegotiated: agreement !== undefined, ...always }
  const received = receivePlainly(Buffer.from(it.bytes, 'hex'), {
    ...settings,
    maxFragmentCount: it.maxFragmentCount,
  })
  const expected = inflateEvents(received, { ...directionOf(opposite[role], agreement), maxMessageBytes })
  const { events, output, disconnect } = await run(it)
  if (!isEitherFailure(events, expected))
    assertSame(events, expected, `a ${role} with ${show(agreement)} reports`)
  checkOutput(output, events, it)
  checkEnd(disconnect, events.at(-1) ?? '')
}

const always = { delivers: 'messages', checksUtf8: true, checksCloseCode: true }

function directionOf(sender, agreement) {
  if (agreement === undefined) return {}
  const windowBits = agreement[`${sender}MaxWindowBits`]
  return { windowBits, forgets: agreement[`${sender}NoContextTakeover`] }
}

/** Data that are too long and broken behind that may be refused for either. */
function isEitherFailure(events, expected) {
  const failures = ['violation BW_MESSAGE_TOO_BIG', 'violation BW_INFLATE_FAILED']
  return (
    failures.includes(events.at(-1)) &&
    expected.at(-1) === failures[1] &&
    show(events.slice(0, -1)) === show(expected.slice(0, -1))
  )
}

async function run({
  role,
  agreement,
  maxMessageBytes,
  maxFragmentCount,
  thresholdBytes,
  pausesEvery,
  ...wire
}) {
  const link = new MemoryLink()
  const events = []
  const output = []
  let disconnect
  let isPaused = false
  const push = event => {
    assert(!isPaused, () => `while paused came ${event}`)
    events.push(event)
    if (pausesEvery === 0 || events.length % pausesEvery !== 0) return
    isPaused = true
    connection.pause()
    setImmediate(() => {
      isPaused = false
      connection.resume()
    })
  }
  const guarded = failures(report => report)
  const handler = {
    onMessage: guarded((message, byteLength, isText) => {
      const bytes = Buffer.from(message)
      assert(
        isText || message.buffer.byteLength === byteLength,
        () => 'a message that lies among other things',
      )
      assert(isText === (typeof message === 'string'), () => `isText is ${isText}`)
      assert(byteLength === bytes.length, () => `byteLength is ${byteLength} of ${bytes.length}`)
      push(`${isText ? 'text' : 'binary'} ${bytes.toString('hex')}`)
      connection.send(message)
    }),
    onPing: guarded(payload => push(`ping ${payload.toString('hex')}`)),
    onPong: guarded(payload => push(`pong ${payload.toString('hex')}`)),
    onClosing: guarded(close => close && events.push(`close ${close.code} ${close.reason}`)),
    onViolation: guarded(error => events.push(`violation ${error.code}`)),
    onClose: guarded(its => {
      assert(disconnect === undefined, () => 'onClose was called twice')
      disconnect = its
    }),
  }
  const connection = new Connection(handler, {
    role,
    transport: link[role],
    settings: resolveConnectionOptions(
      { maxMessageBytes, keepalive: false, compression: { thresholdBytes, level: 1 } },
      role,
    ),
    deflate: agreement && deflateDirections(agreement, role),
    compat: { receiver: { maxFragmentCount: maxFragmentCount ?? Number.POSITIVE_INFINITY } },
  })
  const peer = link[opposite[role]]
  const ignore = () => {}
  peer.start({ onData: chunk => output.push(chunk), onTaken: ignore, onEnd: ignore, onDestroyed: ignore })
  connection.start()
  const whole = Buffer.from(wire.bytes, 'hex')
  let start = 0
  for (const end of [...wire.cuts, whole.length]) {
    peer.write(whole.subarray(start, end), false)
    start = end
    if (wire.cuts.length < 6) await link.settle()
  }
  peer.end()
  const deadline = performance.now() + longestMs
  while (disconnect === undefined && performance.now() < deadline) await link.settle()
  if (disconnect === undefined) connection.terminate()
  guarded.check()
  assert(disconnect !== undefined, () => `not over after ${longestMs} ms, with ${show(events)}`)
  return { events, output: Buffer.concat(output), disconnect }
}

/** Errors that handlers throw must not reach the connection: the first is kept, and thrown by `check`. */
function failures() {
  let first
  const guard =
    handle =>
    (...args) => {
      try {
        handle(...args)
      } catch (error) {
        first ??= error
      }
    }
  guard.check = () => {
    if (first !== undefined) throw first
  }
  return guard
}

function checkOutput(output, events, { role, agreement, thresholdBytes }) {
  const settings = {
    role: opposite[role],
    maxMessageBytes: noLimit,
    isDeflateNegotiated: agreement !== undefined,
    ...always,
  }
  const sent = receivePlainly(output, settings)
  const direction = directionOf(role, agreement)
  const maxDistance = 2 ** (direction.windowBits ?? 15)
  const read = inflateEvents(sent, { ...direction, maxDistance, maxMessageBytes: noLimit })
  const isMessage = event => /^(?:text|binary|compressed) /.test(event)
  const echoes = events.filter(isMessage)
  assertSame(read.filter(isMessage), echoes, `what a ${role} with ${show(agreement)} sends back`)

  // zlib cannot compress with a window of 8 bits.
  const canCompress = agreement !== undefined && direction.windowBits > 8
  const wereCompressed = sent.filter(isMessage).map(event => event.startsWith('compressed'))
  const worthIt = echoes.map(event => canCompress && bytesIn(event) >= thresholdBytes)
  assertSame(wereCompressed, worthIt, 'which messages are compressed')

  const pings = events.filter(event => event.startsWith('ping')).map(event => event.replace('ping', 'pong'))
  const pongs = read.filter(event => event.startsWith('pong'))
  // RFC 6455 §5.5.3: of several pings that wait, the last is answered.
  const isQuick = echoes.reduce((sum, event) => sum + bytesIn(event), 0) < 32 * 1024
  assert(
    isQuick ? show(pongs) === show(pings) : isSubsequence(pongs, pings),
    () => `${show(pings)}: ${show(pongs)}`,
  )
  const closes = read.filter(event => event.startsWith('close'))
  assertSame(closes.map(codeOf), closesDue(events.at(-1) ?? ''), 'the close frame')
}

function bytesIn(event) {
  return event.split(' ')[1].length / 2
}

function isSubsequence(some, all) {
  const left = [...some]
  for (const it of all) if (it === left[0]) left.shift()
  return left.length === 0
}

const codeOf = event => Number(event.split(' ')[1])

/** The codes of the close frames that the last event asks for. */
function closesDue(event) {
  if (event.startsWith('close')) return [codeOf(event)]
  return event.startsWith('violation') ? [closeCodes[event.split(' ')[1]] ?? 1002] : []
}

const closeCodes = {
  BW_INVALID_UTF8: 1007,
  BW_INVALID_CLOSE_REASON: 1007,
  BW_INFLATE_FAILED: 1007,
  BW_TOO_MANY_FRAGMENTS: 1008,
  BW_MESSAGE_TOO_BIG: 1009,
}

function checkEnd({ code, by, wasClean }, lastEvent) {
  const isClosed = lastEvent.startsWith('close')
  const expected = isClosed
    ? { code: codeOf(lastEvent), by: 'peer', wasClean: true }
    : { code: 1006, by: lastEvent.startsWith('violation') ? 'policy' : 'network', wasClean: false }
  assertSame({ code, by, wasClean }, expected, 'how the connection ended')
}
