import { constants } from 'node:buffer'
import { type OptionTable, whole } from './option-checks.ts'
import { applyRules, type OptionRules, oneOf, resolveOptions, wholeNumber, yesOrNo } from './option-rules.ts'

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
export interface ConnectionSettings
  extends Readonly<Required<Omit<ConnectionOptions, 'compression' | 'keepalive'>>> {
  readonly compression: false | Required<Readonly<CompressionOptions>>
  readonly keepalive: false | Required<Readonly<KeepaliveOptions>>
}

const MiB = 1024 * 1024

/** A longer text could not become a string. */
const largestMessageBytes = constants.MAX_STRING_LENGTH

const defaultMaxBufferedBytes = 16 * MiB

const compressionRules = (
  isServer: boolean,
): OptionRules<CompressionOptions, Required<CompressionOptions>> => ({
  level: wholeNumber(6, 1, 9),
  thresholdBytes: wholeNumber(1024),
  contextTakeover: yesOrNo(!isServer),
  peerContextTakeover: yesOrNo(!isServer),
  windowBits: wholeNumber(15, 9, 15),
  peerWindowBits: wholeNumber(15, 8, 15),
})

const keepaliveRules: OptionRules<KeepaliveOptions, Required<KeepaliveOptions>> = {
  intervalMs: wholeNumber(25_000, 1),
  timeoutMs: wholeNumber(20_000, 1),
}

const connectionRules = (isServer: boolean): OptionRules<ConnectionOptions, ConnectionSettings> => ({
  compression: ({ compression }, name) => {
    if (compression === false || (compression === undefined && isServer)) return false
    const options = compression === true || compression === undefined ? {} : compression
    return resolveOptions(name, options, compressionRules(isServer))
  },
  maxMessageBytes: wholeNumber((isServer ? 16 : 64) * MiB, 0, largestMessageBytes),
  messageTimeoutMs: wholeNumber(isServer ? 60_000 : Number.MAX_SAFE_INTEGER, 1),
  closeTimeoutMs: wholeNumber(5_000),
  keepalive: ({ keepalive }, name) =>
    keepalive === false ? false : resolveOptions(name, keepalive ?? {}, keepaliveRules),
  maxBufferedBytes: wholeNumber(defaultMaxBufferedBytes),
  whenBufferFull: oneOf('close', 'drop'),
  highWaterMarkBytes: (options, name) =>
    Math.min(whole(options, 'maxBufferedBytes', defaultMaxBufferedBytes), whole(options, name, 64 * 1024)),
  maxMessagesPerSecond: wholeNumber(Number.MAX_SAFE_INTEGER, 1),
  maxBytesPerSecond: wholeNumber(Number.MAX_SAFE_INTEGER, 1),
  whenTooFast: oneOf('wait', 'close'),
  transport: oneOf('auto', 'stream'),
})

const rulesOf = { server: connectionRules(true), client: connectionRules(false) }

export const connectionOptions: OptionTable<ConnectionOptions> = rulesOf.server

/**
 * Fills in the defaults of one side.
 *
 * @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION`
 */
export function resolveConnectionOptions(
  options: ConnectionOptions,
  role: 'server' | 'client',
): ConnectionSettings {
  return applyRules(options, rulesOf[role])
}
