import type { Agent } from 'node:http'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import {
  type ConnectionOptions,
  type ConnectionSettings,
  checkOptionNames,
  connectionOptionNames,
  invalidOption,
  resolveConnectionOptions,
  whole,
} from '../connection/options.ts'

/** What a Node client may say besides URL and subprotocols. */
export interface ClientOptions extends ConnectionOptions {
  /** Further headers of the handshake, such as `Cookie` or `Authorization`. */
  headers?: Readonly<Record<string, string | readonly string[]>>
  /** The Origin header; browsers set it, Node clients send none by default. */
  origin?: string
  /** An `http.Agent` or `https.Agent`, for a proxy. Default: a connection of its own. */
  agent?: Agent
  /** For `wss:`, as `tls.connect` takes them: `ca`, `cert`, `key`, `rejectUnauthorized`, `servername` … */
  tls?: TlsOptions
  /** How long the opening handshake may take, in ms. Default 10,000. */
  handshakeTimeoutMs?: number
  /** Aborting it while the handshake is under way fails it; later it cuts the connection. */
  signal?: AbortSignal
}

export interface ClientSettings {
  readonly connection: ConnectionSettings
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly origin: string | undefined
  readonly agent: Agent | undefined
  readonly tls: TlsOptions
  readonly handshakeTimeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION` */
export function resolveClientOptions(options: ClientOptions, what = 'WebSocket'): ClientSettings {
  checkOptionNames(what, options, [
    ...connectionOptionNames,
    'headers',
    'origin',
    'agent',
    'tls',
    'handshakeTimeoutMs',
    'signal',
  ])
  checkKinds(options)
  return {
    connection: resolveConnectionOptions(options, 'client'),
    headers: options.headers ?? {},
    origin: options.origin,
    agent: options.agent,
    tls: options.tls ?? {},
    handshakeTimeoutMs: whole(options, 'handshakeTimeoutMs', 10_000, 1),
    signal: options.signal,
  }
}

/** @throws UsageError `BW_INVALID_OPTION` for what would be ignored, or fail later in other words */
function checkKinds({ headers, origin, agent, tls, signal }: ClientOptions): void {
  if (headers !== undefined) {
    if (!isPlainObject(headers)) {
      throw invalidOption(
        'headers',
        'an object of names and values (Object.fromEntries makes one of a list, a Map or Headers)',
        headers,
      )
    }
    const missing = Object.keys(headers).find(name => headers[name] === undefined || headers[name] === null)
    if (missing !== undefined) {
      throw invalidOption(
        `headers.${missing}`,
        'a string; leave it out where there is none',
        headers[missing],
      )
    }
  }
  if (origin !== undefined && typeof origin !== 'string') {
    throw invalidOption('origin', "an origin, such as 'https://example.com'", origin)
  }
  if (agent !== undefined && (typeof agent !== 'object' || agent === null)) {
    throw invalidOption('agent', 'an http.Agent or https.Agent; for a proxy, one that goes through it', agent)
  }
  if (tls !== undefined && (typeof tls !== 'object' || tls === null)) {
    throw invalidOption(
      'tls',
      'an object, such as { ca }; whether there is TLS says the URL, ws: or wss:',
      tls,
    )
  }
  if (signal !== undefined && !(typeof signal === 'object' && signal !== null && 'aborted' in signal)) {
    throw invalidOption(
      'signal',
      'an AbortSignal, such as controller.signal or AbortSignal.timeout(5_000)',
      signal,
    )
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value)
}
