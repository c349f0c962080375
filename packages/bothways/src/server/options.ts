import {
  type ConnectionOptions,
  checkOptionNames,
  connectionOptionNames,
  invalidOption,
  longestTimerMs,
  resolveConnectionOptions,
  whole,
} from '../connection/options.ts'
import { TrustedProxies } from '../exchange/forwarded.ts'
import type { Authenticated, HandshakeSettings } from '../exchange/handshakes.ts'
import { isSerializedOrigin } from '../exchange/origin.ts'
import type { UpgradeRequest } from '../exchange/upgrade-request.ts'
import type { RefusalReport } from './incidents.ts'
import type { ServerSocket } from './server-socket.ts'

export interface ServerOptions<User = undefined> extends ConnectionOptions {
  /**
   * The pages that may connect besides those of this server itself, as their origins: `'https://example.com'`,
   * or `'null'` for pages opened from a file. `'*'` lets every page in; then any site a user visits can act with
   * that user's cookies. Default: none besides the own.
   */
  origins?: readonly string[] | '*'
  /** What to do with clients that send no Origin: everything but browsers. Default `accept`. */
  missingOrigin?: 'accept' | 'refuse'
  /**
   * Who this is, asked before the upgrade. What it returns becomes `socket.user`; nothing (`undefined`, `null`,
   * `false`) refuses with 403, `throw refuse(status, text)` with whatever fits. Any other error is answered with
   * 500 and goes to `onError`. Bytes that the client sends meanwhile wait for the connection.
   */
  authenticate?(request: UpgradeRequest): Authenticated<User> | Promise<Authenticated<User>>
  /** Open connections and handshakes in all; one more is refused with 503. Default 100,000. */
  maxConnections?: number
  /**
   * Open connections and handshakes of one address, of IPv6 of one /64; one more is refused with 429. Default: no
   * limit, since many people share an address behind a proxy or a provider.
   */
  maxConnectionsPerAddress?: number
  /**
   * TCP connections that have made no request yet, or were refused and have not left. At the bound the one that has
   * been silent longest is closed: first one of an address that has more than half of them. Default 1,000.
   */
  maxPendingHandshakes?: number
  /**
   * Handshakes of one address, of IPv6 of one /64, in a second, and as many at once; one more is refused with 429.
   * Default: no limit.
   */
  maxHandshakesPerSecond?: number
  /** Topics that one socket may subscribe to; with one more it is closed with 1008. Default 10,000. */
  maxTopicsPerSocket?: number
  /**
   * Bytes of memory that unfinished and unread messages of all connections may take together. Above it, connections that
   * hold most are closed with 1013, and what they hold is dropped, until a quarter is free. Default 256 MiB.
   */
  maxTotalIncomingBytes?: number
  /**
   * Bytes that may wait on all connections together for clients that read slower than we send; what several wait for
   * counts once. Above it `whenBufferFull` says what happens. `close`: the connections on which most waits are cut
   * until a quarter is free; their code is 1013. `drop`: a message is not taken for a client that does not keep up.
   * Default 256 MiB.
   */
  maxTotalBufferedBytes?: number
  /** How long the opening handshake may take, `authenticate` included, in ms. Default 10,000. */
  handshakeTimeoutMs?: number
  /**
   * Addresses (`'127.0.0.1'`) and blocks (`'10.0.0.0/8'`) of proxies whose X-Forwarded-For, -Host and -Proto
   * headers are believed. Default: none.
   */
  trustedProxies?: readonly string[]
  /** Told what a handler or `authenticate` threw. Default: `console.error`. */
  onError?(error: unknown, socket: ServerSocket<User> | undefined): void
  /** Told of each connection or request that is refused before it is a WebSocket. */
  onRefusal?(refusal: RefusalReport): void
}

/** {@link ServerOptions} with every default filled in. */
export interface ServerSettings<User> extends HandshakeSettings<User, ServerSocket<User>> {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly maxPendingHandshakes: number
  readonly maxTopicsPerSocket: number
  readonly maxTotalIncomingBytes: number
  readonly maxTotalBufferedBytes: number
  readonly onRefusal: ((refusal: RefusalReport) => void) | undefined
}

export const serverOptionNames: readonly (keyof ServerOptions)[] = [
  ...connectionOptionNames,
  'origins',
  'missingOrigin',
  'authenticate',
  'maxConnections',
  'maxConnectionsPerAddress',
  'maxPendingHandshakes',
  'maxHandshakesPerSecond',
  'maxTopicsPerSocket',
  'maxTotalIncomingBytes',
  'maxTotalBufferedBytes',
  'handshakeTimeoutMs',
  'trustedProxies',
  'onError',
  'onRefusal',
]

/** @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION` */
export function resolveServerOptions<User>(options: ServerOptions<User>): ServerSettings<User> {
  checkOptionNames('createServer', options, serverOptionNames)
  const { origins = [], missingOrigin = 'accept' } = options
  if (origins !== '*') {
    const wrong = Array.isArray(origins)
      ? origins.find(it => String(it).includes('*') || !isSerializedOrigin(String(it)))
      : origins
    if (wrong === '*') throw invalidOption('origins', "'*' itself for every origin, without a list", [wrong])
    if (typeof wrong === 'function') {
      throw invalidOption(
        'origins',
        "a list of origins; what a function would decide is authenticate's: request.origin",
        wrong,
      )
    }
    if (String(wrong).includes('*')) {
      throw invalidOption(
        'origins',
        "'*', or a list of whole origins; authenticate may look at request.origin for the rest of a pattern",
        wrong,
      )
    }
    if (wrong !== undefined) {
      throw invalidOption('origins', "'*' or a list of origins such as 'https://example.com'", wrong)
    }
  }
  if (missingOrigin !== 'accept' && missingOrigin !== 'refuse') {
    throw invalidOption('missingOrigin', "'accept' or 'refuse'", missingOrigin)
  }
  for (const name of ['authenticate', 'onError', 'onRefusal'] as const) {
    const value: unknown = options[name]
    if (value !== undefined && typeof value !== 'function') throw invalidOption(name, 'a function', value)
  }
  const onError = neverThrowing(
    options.onError?.bind(options) ?? ((error: unknown) => console.error(error)),
    failure => console.error(failure),
  )
  return {
    connection: resolveConnectionOptions(options, 'server'),
    origins,
    missingOrigin,
    authenticate: options.authenticate?.bind(options),
    maxConnections: whole(options, 'maxConnections', 100_000, 1),
    maxConnectionsPerAddress: whole(options, 'maxConnectionsPerAddress', Number.MAX_SAFE_INTEGER, 1),
    maxPendingHandshakes: whole(options, 'maxPendingHandshakes', 1_000, 1),
    maxHandshakesPerSecond: whole(options, 'maxHandshakesPerSecond', Number.MAX_SAFE_INTEGER, 1),
    maxTopicsPerSocket: whole(options, 'maxTopicsPerSocket', 10_000, 1),
    maxTotalIncomingBytes: whole(options, 'maxTotalIncomingBytes', 256 * 1024 * 1024),
    maxTotalBufferedBytes: whole(options, 'maxTotalBufferedBytes', 256 * 1024 * 1024),
    handshakeTimeoutMs: whole(options, 'handshakeTimeoutMs', 10_000, 1, longestTimerMs),
    trustedProxies: new TrustedProxies(listOf(options.trustedProxies ?? [])),
    onError,
    onRefusal:
      options.onRefusal &&
      neverThrowing(options.onRefusal.bind(options), failure => onError(failure, undefined)),
  }
}

/** What a program's function throws ends here, whether at once or later: it must not end the process. */
function neverThrowing<Args extends unknown[]>(
  tell: (...args: Args) => unknown,
  onFailure: (failure: unknown) => void,
): (...args: Args) => void {
  const run = async (...args: Args): Promise<unknown> => tell(...args)
  return (...args) => void run(...args).catch(onFailure)
}

function listOf(proxies: unknown): readonly string[] {
  if (Array.isArray(proxies)) return proxies
  throw invalidOption(
    'trustedProxies',
    "a list of addresses and blocks, such as ['127.0.0.1', '10.0.0.0/8']: whoever else could connect would be believed, too",
    proxies,
  )
}
