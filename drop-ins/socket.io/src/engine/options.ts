import type { IncomingMessage } from 'node:http'
import type { Broker } from 'bothways'
import { busOf } from '../cluster/broker-bus.ts'
import type { ClusterBus } from '../cluster/cluster-bus.ts'
import type { HttpCompressionOptions } from './content-encoding.ts'
import { type CookieOptions, cookieDefaults } from './cookie.ts'
import type { CorsOptions, CorsOptionsDelegate } from './cors.ts'
import type { RawData } from './packet.ts'
import type { TransportName } from './transport.ts'

/** permessage-deflate (RFC 7692), with the names of npm's `ws`. */
export interface PerMessageDeflateOptions {
  /** Shorter messages are sent as they are. Default 1024. */
  threshold?: number | undefined
  serverNoContextTakeover?: boolean | undefined
  clientNoContextTakeover?: boolean | undefined
  serverMaxWindowBits?: number | undefined
  clientMaxWindowBits?: number | undefined
  zlibDeflateOptions?: { level?: number | undefined } | undefined
}

/** Asks the program whether a client may connect. */
export type AllowRequest = (
  request: IncomingMessage,
  callback: (error: string | null | undefined, isAllowed: boolean) => void,
) => void

export interface ServerOptions {
  /** How long the answer to a ping may take, in ms. Default 20,000. */
  pingTimeout?: number
  /** How long after an answer the next ping follows, in ms. Default 25,000. */
  pingInterval?: number
  /** How long a client may take to move to another transport, in ms. Default 10,000. */
  upgradeTimeout?: number
  /** The largest body of a request, and the largest message, in bytes. Default 1,000,000. */
  maxHttpBufferSize?: number
  /**
   * The most bytes that may wait for a client that does not take them; with more, the session ends with `transport error`.
   * Default 64 MiB. npm's `engine.io` has no such bound.
   */
  maxBufferedBytes?: number
  /**
   * The most bytes that may wait for all clients together; with more, the sessions end, with `transport error`, for which most
   * waits. Default 1 GiB. npm's `engine.io` has no such bound.
   */
  maxTotalBufferedBytes?: number
  /**
   * The most bytes that the bodies of requests, and messages of which parts are still to come, may take together; with more,
   * the longest are refused: requests with 503. Default 256 MiB. npm's `engine.io` has no such bound.
   */
  maxTotalIncomingBytes?: number
  /** One more is refused with 503. Default 100,000; npm's `engine.io` has no such bound, nor the three that follow. */
  maxSessions?: number
  /** From one address, of IPv6 from one network of 64 bits; one more is refused with 429. Default: no bound. */
  maxSessionsPerAddress?: number
  /** From one address; more are refused with 429. Default: no bound. */
  maxHandshakesPerSecond?: number
  /**
   * How long a client that polls may take for the request behind its handshake, in ms; then the session ends. Until it
   * has come, the session is the first to go when there are too many. Default 10,000.
   */
  firstRequestTimeout?: number
  /** Default `polling` and `websocket`; there is no `webtransport`, and a program that names it does without. */
  transports?: readonly (TransportName | 'webtransport')[]
  /** Whether clients may move from long polling to WebSocket. Default true. */
  allowUpgrades?: boolean
  /** Default false. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions
  /** Default: gzip or deflate for bodies of 1024 bytes and more. */
  httpCompression?: boolean | HttpCompressionOptions
  /** A message that follows the handshake at once. */
  initialPacket?: RawData | undefined
  /** Default false. */
  cookie?: boolean | CookieOptions
  /** Default false: no headers for scripts of other origins. */
  cors?: false | CorsOptions | CorsOptionsDelegate
  /** Whether clients of version 3 are welcome. Default false. */
  allowEIO3?: boolean
  allowRequest?: AllowRequest | undefined
  /**
   * Joins several servers: a broker of topics, such as those of `@bothways/redis` and `@bothways/nats` and `workerBroker()`, or a
   * bus of the program's own. Then any of them answers any request of a session that polls.
   */
  cluster?: ClusterBus | Broker | undefined
  /** For programs that have it: the WebSocket server is always that of Bothways. */
  wsEngine?: unknown
}

export interface AttachOptions {
  /** Default `/engine.io`. */
  path?: string
  /** Default true. */
  addTrailingSlash?: boolean
  /** Ends the connections of requests to upgrade that nobody takes. Default true. */
  destroyUpgrade?: boolean
  /** How long somebody has to take them, in ms. Default 1,000. */
  destroyUpgradeTimeout?: number
}

/** The options that are given in another form than they are kept, or need not be given at all. */
type Prepared =
  | 'perMessageDeflate'
  | 'httpCompression'
  | 'cookie'
  | 'initialPacket'
  | 'allowRequest'
  | 'cluster'

/** {@link ServerOptions} with every default filled in. */
export interface ServerSettings extends Required<Omit<ServerOptions, Prepared | 'wsEngine'>> {
  perMessageDeflate: false | PerMessageDeflateOptions
  httpCompression: false | HttpCompressionOptions
  cookie: false | CookieOptions
  initialPacket: RawData | undefined
  allowRequest: AllowRequest | undefined
  cluster: ClusterBus | undefined
}

const defaultThreshold = 1024

const mebibyte = 1024 * 1024

/** Fills in the defaults. Options that are undefined count as not given. */
export function resolveServerOptions(options: ServerOptions): ServerSettings {
  const { perMessageDeflate = false, httpCompression = true, cookie = false } = options
  return {
    pingTimeout: options.pingTimeout ?? 20_000,
    pingInterval: options.pingInterval ?? 25_000,
    upgradeTimeout: options.upgradeTimeout ?? 10_000,
    maxHttpBufferSize: options.maxHttpBufferSize ?? 1e6,
    maxBufferedBytes: options.maxBufferedBytes ?? 64 * mebibyte,
    maxTotalBufferedBytes: options.maxTotalBufferedBytes ?? 1024 * mebibyte,
    maxTotalIncomingBytes: options.maxTotalIncomingBytes ?? 256 * mebibyte,
    maxSessions: options.maxSessions ?? 100_000,
    maxSessionsPerAddress: options.maxSessionsPerAddress ?? Number.POSITIVE_INFINITY,
    maxHandshakesPerSecond: options.maxHandshakesPerSecond ?? Number.POSITIVE_INFINITY,
    firstRequestTimeout: options.firstRequestTimeout ?? 10_000,
    transports: options.transports ?? ['polling', 'websocket'],
    allowUpgrades: options.allowUpgrades ?? true,
    perMessageDeflate: perMessageDeflate && {
      threshold: defaultThreshold,
      ...(perMessageDeflate === true ? {} : perMessageDeflate),
    },
    httpCompression: httpCompression && {
      threshold: defaultThreshold,
      ...(httpCompression === true ? {} : httpCompression),
    },
    initialPacket: options.initialPacket,
    cookie: cookie && { ...cookieDefaults, ...(cookie === true ? {} : cookie) },
    cors: options.cors ?? false,
    allowEIO3: options.allowEIO3 ?? false,
    allowRequest: options.allowRequest,
    cluster: options.cluster && busOf(options.cluster),
  }
}
