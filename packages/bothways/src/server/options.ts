import { neverThrowing } from '../connection/never-throwing.ts'
import { checkOptionNames, longestTimerMs, type OptionTable } from '../connection/option-checks.ts'
import { aFunction, applyRules, type OptionRules, oneOf, wholeNumber } from '../connection/option-rules.ts'
import { type ConnectionOptions, connectionOptions, resolveConnectionOptions } from '../connection/options.ts'
import type { Broker } from '../hub/broker/broker.ts'
import { aBroker } from '../hub/hub-options.ts'
import { trustedProxiesOf } from '../opening/forwarded.ts'
import type { Authenticated, HandshakeSettings } from '../opening/handshakes.ts'
import { checkOrigins } from '../opening/origin.ts'
import type { UpgradeRequest } from '../opening/upgrade-request.ts'
import type { RefusalReport } from './incidents.ts'
import type { ServerSocket } from './server-socket.ts'

export interface ServerOptions<User = undefined> extends ConnectionOptions {
  /**
   * The pages that may connect besides those of this server itself, as their origins: `'https://example.com'`,
   * or `'null'` for pages opened from a file. `'*'` lets every page in; then any site a user visits can act with
   * that user's cookies. Default: none besides the own.
   */
  origins?: readonly string[] | '*'
  /** Whether to accept or refuse clients that send no Origin: all but browsers. Default `accept`. */
  missingOrigin?: 'accept' | 'refuse'
  /**
   * Tells the user of a request, before the upgrade. Its result becomes `socket.user`; nothing (`undefined`, `null`,
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
   * Bytes that may wait on all connections together for clients that read slower than we send; a message that several wait for
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
  /**
   * Carries `server.publish` and `socket.publish` to the subscribers of all processes that have it, at most once: that of
   * `@bothways/redis`, `@bothways/nats` or `workerBroker()`; the program closes it. Default: they stay within this process.
   */
  broker?: Broker
  /** Told what a handler or `authenticate` threw. Default: `console.error`. */
  onError?(error: unknown, socket: ServerSocket<User> | undefined): void
  /** Told of each connection or request that is refused before it is a WebSocket. */
  onRefusal?(refusal: RefusalReport): void
}

/** Where there is a user, `authenticate` says who. */
export type SaysWho<User> = [User] extends [undefined]
  ? unknown
  : Required<Pick<ServerOptions<User>, 'authenticate'>>

/** The user without the ways to say nobody, which are inferred as well where `onError` stands before `authenticate`. */
export type Somebody<User> = [User] extends [undefined] ? User : Exclude<User, false | null | undefined>

/** {@link ServerOptions} with every default filled in. */
export interface ServerSettings<User> extends HandshakeSettings<User, ServerSocket<User>> {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly maxPendingHandshakes: number
  readonly maxTopicsPerSocket: number
  readonly maxTotalIncomingBytes: number
  readonly maxTotalBufferedBytes: number
  readonly broker: Broker | undefined
  readonly onRefusal: ((refusal: RefusalReport) => void) | undefined
}

const serverRules: OptionRules<ServerOptions<unknown>, Omit<ServerSettings<unknown>, 'connection'>> = {
  origins: ({ origins = [] }) => {
    checkOrigins(origins)
    return origins
  },
  missingOrigin: oneOf('accept', 'refuse'),
  authenticate: aFunction,
  maxConnections: wholeNumber(100_000, 1),
  maxConnectionsPerAddress: wholeNumber(Number.MAX_SAFE_INTEGER, 1),
  maxPendingHandshakes: wholeNumber(1_000, 1),
  maxHandshakesPerSecond: wholeNumber(Number.MAX_SAFE_INTEGER, 1),
  maxTopicsPerSocket: wholeNumber(10_000, 1),
  maxTotalIncomingBytes: wholeNumber(256 * 1024 * 1024),
  maxTotalBufferedBytes: wholeNumber(256 * 1024 * 1024),
  handshakeTimeoutMs: wholeNumber(10_000, 1, longestTimerMs),
  trustedProxies: ({ trustedProxies = [] }) => trustedProxiesOf(trustedProxies),
  broker: aBroker,
  onError: onErrorOf,
  onRefusal: (options, name) => {
    const onRefusal = aFunction(options, name)
    return onRefusal && neverThrowing(onRefusal, failure => onErrorOf(options)(failure, undefined))
  },
}

export const serverOptions: OptionTable<ServerOptions> = { ...connectionOptions, ...serverRules }

/** @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION` */
export function resolveServerOptions<User>(options: ServerOptions<User>): ServerSettings<User> {
  checkOptionNames<object>('createServer', options, serverOptions)
  const own = applyRules(options as ServerOptions<unknown>, serverRules)
  const settings: ServerSettings<unknown> = {
    ...own,
    connection: resolveConnectionOptions(options, 'server'),
  }
  return settings as ServerSettings<User>
}

function onErrorOf(options: ServerOptions<unknown>): ServerSettings<unknown>['onError'] {
  const onError = aFunction(options, 'onError') ?? ((error: unknown) => console.error(error))
  return neverThrowing(onError, failure => console.error(failure))
}

export interface CloseOptions {
  /** The close code that the clients get. Default 1001, going away. */
  code?: number
  reason?: string
  /** The closes are spread evenly over this many ms, so that clients do not all come back at once. Default 0. */
  spreadMs?: number
  /**
   * How long after that clients and handlers may take, in ms; then connections are cut and nothing more is waited
   * for. Default 10,000.
   */
  timeoutMs?: number
}

export const closeRules: OptionRules<CloseOptions, Required<CloseOptions>> = {
  code: ({ code = 1001 }) => code,
  reason: ({ reason = '' }) => reason,
  spreadMs: wholeNumber(0, 0, longestTimerMs),
  timeoutMs: wholeNumber(10_000, 0, longestTimerMs),
}
