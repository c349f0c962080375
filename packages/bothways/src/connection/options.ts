import { constants } from 'node:buffer'
import { UsageError } from '@bothways/protocol'
import { foreignOption } from './foreign-options.ts'

/** permessage-deflate (RFC 7692) for one side of a connection. */
export interface CompressionOptions {
  /** zlib's level, 1 (fast) to 9 (small). Default 6. */
  level?: number
  /** Messages shorter than this many bytes are sent as they are. Default 1024. */
  thresholdBytes?: number
  /**
   * Whether this side's compressor may refer to earlier messages. It compresses better and costs one window of
   * memory per connection; a publish is then compressed for each such connection instead of once for all.
   * Default: false on a server, true on a client.
   */
  contextTakeover?: boolean
  /**
   * Whether the peer's compressor may do so. False saves one window of memory per connection.
   * Default: false on a server, true on a client.
   */
  peerContextTakeover?: boolean
  /** This side compresses with a window of 2 to this power bytes, 9 to 15. Default 15. */
  windowBits?: number
  /** The peer is asked for a window of at most 2 to this power bytes, 8 to 15. Default 15. */
  peerWindowBits?: number
}

/** How one connection behaves, on either side. */
export interface ConnectionOptions {
  /** Offer or accept permessage-deflate. Default: false on a server, true on a client. */
  compression?: boolean | CompressionOptions
  /**
   * The largest message received, in bytes, after inflating. A larger one closes with 1009, and the reason names
   * the size, the limit and this option. At most 512 MiB, the longest string. Default: 16 MiB on a server, 64 MiB on a client.
   */
  maxMessageBytes?: number
  /**
   * A message that is not finished must end, or grow by 64 KiB, within this time, again and again; one that does not
   * closes with 1008. Time in which this side does not read is not counted. Default 60,000 ms on a server, no limit on a
   * client.
   */
  messageTimeoutMs?: number
  /** How long to wait for the peer's part of the close handshake before TCP is cut, in ms. Default 5,000. */
  closeTimeoutMs?: number
  /**
   * A ping goes out when nothing has come for `intervalMs` (default 25,000); when nothing comes for `timeoutMs`
   * after it (default 20,000), the connection is dead and ends with 1006. While this side does not read, because
   * the application is busy, pings go out all the same, and only TCP can find the peer gone. `false` switches both off.
   */
  keepalive?: false | KeepaliveOptions
  /**
   * Bytes that may wait for a peer which reads slower than we send. A message is taken as long as no more than
   * this waits already. Default 16 MiB.
   */
  maxBufferedBytes?: number
  /** At that bound: `close` the connection with 1013 (default), or `drop` the message. */
  whenBufferFull?: 'close' | 'drop'
  /**
   * `send` answers false when more than this many bytes wait, and `drain` follows. Default 64 KiB; never more than
   * `maxBufferedBytes`.
   */
  highWaterMarkBytes?: number
  /**
   * Messages, pings and pongs that the peer may send in a second; as many may come at once. Default: no bound. A whole
   * number of at least 1.
   */
  maxMessagesPerSecond?: number
  /** Bytes that the peer may send in a second, frame headers included; as many may come at once. Default: no bound. */
  maxBytesPerSecond?: number
  /** Over one of these bounds: the peer has to `wait`, nothing is read meanwhile (default), or is closed with 1008. */
  whenTooFast?: 'wait' | 'close'
  /**
   * `auto` reads and writes plain TCP connections on Node past the stream classes, which is about twice as fast;
   * `stream` goes by public interfaces of Node only, as TLS and every other runtime do. The environment variable
   * `BOTHWAYS_TRANSPORT=stream` says so for the process. Default `auto`.
   */
  transport?: 'auto' | 'stream'
}

export interface KeepaliveOptions {
  intervalMs?: number
  timeoutMs?: number
}

/** {@link ConnectionOptions} with every default filled in. */
export interface ConnectionSettings {
  readonly compression: false | Required<Readonly<CompressionOptions>>
  readonly maxMessageBytes: number
  readonly messageTimeoutMs: number
  readonly closeTimeoutMs: number
  readonly keepalive: false | Required<Readonly<KeepaliveOptions>>
  readonly maxBufferedBytes: number
  readonly whenBufferFull: 'close' | 'drop'
  readonly highWaterMarkBytes: number
  readonly maxMessagesPerSecond: number
  readonly maxBytesPerSecond: number
  readonly whenTooFast: 'wait' | 'close'
  readonly transport: 'auto' | 'stream'
}

export const connectionOptionNames: readonly (keyof ConnectionOptions)[] = [
  'compression',
  'maxMessageBytes',
  'messageTimeoutMs',
  'closeTimeoutMs',
  'keepalive',
  'maxBufferedBytes',
  'whenBufferFull',
  'highWaterMarkBytes',
  'maxMessagesPerSecond',
  'maxBytesPerSecond',
  'whenTooFast',
  'transport',
]

const MiB = 1024 * 1024

/**
 * Fills in the defaults of one side.
 *
 * @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION`
 */
export function resolveConnectionOptions(
  options: ConnectionOptions,
  role: 'server' | 'client',
): ConnectionSettings {
  const isServer = role === 'server'
  const { keepalive, compression = !isServer, whenBufferFull = 'close', transport = 'auto' } = options
  if (whenBufferFull !== 'close' && whenBufferFull !== 'drop') {
    throw invalidOption('whenBufferFull', "'close' or 'drop'", whenBufferFull)
  }
  const { whenTooFast = 'wait' } = options
  if (whenTooFast !== 'wait' && whenTooFast !== 'close') {
    throw invalidOption('whenTooFast', "'wait' or 'close'", whenTooFast)
  }
  if (transport !== 'auto' && transport !== 'stream') {
    throw invalidOption('transport', "'auto' or 'stream'", transport)
  }
  const maxBufferedBytes = whole(options, 'maxBufferedBytes', 16 * MiB)
  return {
    compression: compression === false ? false : resolveCompression(compression, isServer),
    maxMessageBytes: whole(options, 'maxMessageBytes', (isServer ? 16 : 64) * MiB, 0, largestMessageBytes),
    messageTimeoutMs: whole(options, 'messageTimeoutMs', isServer ? 60_000 : Number.MAX_SAFE_INTEGER, 1),
    closeTimeoutMs: whole(options, 'closeTimeoutMs', 5_000),
    keepalive: keepalive === false ? false : resolveKeepalive(keepalive ?? {}),
    maxBufferedBytes,
    whenBufferFull,
    highWaterMarkBytes: Math.min(maxBufferedBytes, whole(options, 'highWaterMarkBytes', 64 * 1024)),
    maxMessagesPerSecond: whole(options, 'maxMessagesPerSecond', Number.MAX_SAFE_INTEGER, 1),
    maxBytesPerSecond: whole(options, 'maxBytesPerSecond', Number.MAX_SAFE_INTEGER, 1),
    whenTooFast,
    transport,
  }
}

/** A longer text could not become a string. */
const largestMessageBytes = constants.MAX_STRING_LENGTH

function resolveCompression(
  option: true | CompressionOptions,
  isServer: boolean,
): Required<Readonly<CompressionOptions>> {
  const options = option === true ? {} : option
  checkOptionNames('compression', options, [
    'level',
    'thresholdBytes',
    'contextTakeover',
    'peerContextTakeover',
    'windowBits',
    'peerWindowBits',
  ])
  return {
    level: whole(options, 'level', 6, 1, 9),
    thresholdBytes: whole(options, 'thresholdBytes', 1024),
    contextTakeover: options.contextTakeover ?? !isServer,
    peerContextTakeover: options.peerContextTakeover ?? !isServer,
    windowBits: whole(options, 'windowBits', 15, 9, 15),
    peerWindowBits: whole(options, 'peerWindowBits', 15, 8, 15),
  }
}

function resolveKeepalive(options: KeepaliveOptions): Required<KeepaliveOptions> {
  checkOptionNames('keepalive', options, ['intervalMs', 'timeoutMs'])
  return {
    intervalMs: whole(options, 'intervalMs', 25_000, 1),
    timeoutMs: whole(options, 'timeoutMs', 20_000, 1),
  }
}

/** `setTimeout` takes a longer time for no time at all. */
export const longestTimerMs: number = 2 ** 31 - 1

/** A whole-number option, checked to lie in its range. */
export function whole<Options extends object, Name extends keyof Options & string>(
  options: Options,
  name: Name,
  byDefault: number,
  lowest = 0,
  highest: number = Number.MAX_SAFE_INTEGER,
): number {
  const value: unknown = options[name]
  if (value === undefined) return byDefault
  if (
    typeof value === 'number' &&
    value >= lowest &&
    (value <= highest || value === Number.POSITIVE_INFINITY)
  ) {
    if (Number.isInteger(value)) return value
    if (value === Number.POSITIVE_INFINITY) return highest
  }
  const range = highest === Number.MAX_SAFE_INTEGER ? `of at least ${lowest}` : `from ${lowest} to ${highest}`
  throw invalidOption(name, `a whole number ${range}`, value)
}

export function invalidOption(name: string, expected: string, actual: unknown): UsageError {
  return new UsageError('BW_INVALID_OPTION', `Option ${name} must be ${expected}, got ${shown(actual)}.`)
}

/**
 * Refuses options that do not exist, so that a misspelt one does not silently do nothing.
 *
 * @throws UsageError `BW_UNKNOWN_OPTION`, naming ours where it is an option of another library, or else the nearest;
 *   `BW_INVALID_OPTION` for what is no object
 */
export function checkOptionNames(what: string, options: object, known: readonly string[]): void {
  checkIsObject(what, options)
  if (what === 'createServer' && typeof Reflect.get(options, 'listen') === 'function') {
    throw new UsageError(
      'BW_INVALID_OPTION',
      'createServer takes options, got a server: createServer().attach(httpServer).',
    )
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const ours = foreignOption(what, name)
    if (ours !== undefined) {
      throw new UsageError('BW_UNKNOWN_OPTION', `${what} has no option ${name}. Here: ${ours}.`)
    }
    const nearest = known.toSorted((a, b) => editDistance(a, name) - editDistance(b, name))[0]
    throw new UsageError('BW_UNKNOWN_OPTION', `Unknown option ${name} of ${what}; did you mean ${nearest}?`)
  }
}

const examples: Readonly<Record<string, string>> = {
  listen: 'listen({ port: 8080 })',
  createServer: 'createServer({ maxConnections: 100 })',
  'a route': "route('/chat', { message(socket, message) { socket.send(message) } })",
  publish: 'publish(topic, message, { except: socket })',
  close: "close({ code: 1001, reason: 'bye' })",
  keepalive: 'keepalive: { intervalMs: 30_000 }, or false',
  compression: 'compression: true, or { level: 6 }',
  'a subprotocol': "protocols: ['chat'], or { chat: { message(socket, message) {} } }",
}

function checkIsObject(what: string, options: unknown): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return
  const example = examples[what]
  throw new UsageError(
    'BW_INVALID_OPTION',
    `${what} takes an object, got ${kindOf(options)}${example === undefined ? '.' : `: ${example}.`}`,
  )
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  const isLong = typeof value === 'function' || (typeof value === 'object' && !(value instanceof RegExp))
  return isLong ? kindOf(value) : String(value)
}

/** What somebody has given instead, in a word. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object') return `a ${typeof value}`
  const name: unknown = value.constructor?.name
  return typeof name !== 'string' || name === 'Object' ? 'an object' : `an object of class ${name}`
}

/** @throws UsageError `BW_INVALID_ARGUMENT` for a callback that nobody would call */
export function checkNoCallback(value: unknown, instead: string): void {
  if (typeof value !== 'function') return
  throw new UsageError('BW_INVALID_ARGUMENT', `A callback was given, and would never be called: ${instead}.`)
}

/** @throws UsageError `BW_INVALID_ARGUMENT` */
export function checkTopic(topic: unknown): void {
  if (typeof topic === 'string') return
  throw new UsageError(
    'BW_INVALID_ARGUMENT',
    `A topic is a string, and comes first: publish('news', message), subscribe('news'); got ${kindOf(topic)}.`,
  )
}

function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, change))
    }
    row = next
  }
  return row[to.length] ?? 0
}
