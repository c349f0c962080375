import type { Agent } from 'node:http'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import {
  type ConnectionOptions,
  type ConnectionSettings,
  checkOptionNames,
  connectionOptionNames,
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
export function resolveClientOptions(options: ClientOptions): ClientSettings {
  checkOptionNames('WebSocket', options, [
    ...connectionOptionNames,
    'headers',
    'origin',
    'agent',
    'tls',
    'handshakeTimeoutMs',
    'signal',
  ])
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
