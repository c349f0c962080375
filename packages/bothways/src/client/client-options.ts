import type { Agent } from 'node:http'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import {
  checkOptionNames,
  invalidOption,
  longestTimerMs,
  type OptionTable,
} from '../connection/option-checks.ts'
import { applyRules, type OptionRules, wholeNumber } from '../connection/option-rules.ts'
import {
  type ConnectionOptions,
  type ConnectionSettings,
  connectionOptions,
  resolveConnectionOptions,
} from '../connection/options.ts'

/** The options of a Node client, besides URL and subprotocols. */
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

/** Options that would be ignored, or fail later in other words, are refused here. */
const clientRules: OptionRules<ClientOptions, Omit<ClientSettings, 'connection'>> = {
  headers: ({ headers = {} }) => {
    checkHeaders(headers)
    return headers
  },
  origin: ({ origin }, name) => {
    if (origin === undefined || typeof origin === 'string') return origin
    throw invalidOption(name, "an origin, such as 'https://example.com'", origin)
  },
  agent: ({ agent }, name) => {
    if (agent === undefined || isObject(agent)) return agent
    throw invalidOption(name, 'an http.Agent or https.Agent; for a proxy, one that goes through it', agent)
  },
  tls: ({ tls = {} }, name) => {
    if (isObject(tls)) return tls
    throw invalidOption(
      name,
      'an object, such as { ca }; whether there is TLS says the URL, ws: or wss:',
      tls,
    )
  },
  handshakeTimeoutMs: wholeNumber(10_000, 1, longestTimerMs),
  signal: ({ signal }, name) => {
    if (signal === undefined || (isObject(signal) && 'aborted' in signal)) return signal
    const expected = 'an AbortSignal, such as controller.signal or AbortSignal.timeout(5_000)'
    throw invalidOption(name, expected, signal)
  },
}

const clientOptions: OptionTable<ClientOptions> = { ...connectionOptions, ...clientRules }

/** In place of options that nobody gave. */
export const noOptions: ClientOptions = Object.freeze({})

/** The settings that {@link noOptions} become. */
let defaults: ClientSettings | undefined

/** @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION` */
export function resolveClientOptions(options: ClientOptions, what = 'WebSocket'): ClientSettings {
  if (options !== noOptions) return resolved(options, what)
  defaults ??= resolved(options, what)
  return defaults
}

function resolved(options: ClientOptions, what: string): ClientSettings {
  checkOptionNames(what, options, clientOptions)
  return {
    ...applyRules(options, clientRules),
    connection: resolveConnectionOptions(options, 'client'),
  }
}

/** @throws UsageError `BW_INVALID_OPTION` */
function checkHeaders(headers: ClientSettings['headers']): void {
  if (!isPlainObject(headers)) {
    throw invalidOption(
      'headers',
      'an object of names and values (Object.fromEntries makes one of a list, a Map or Headers)',
      headers,
    )
  }
  const missing = Object.keys(headers).find(name => headers[name] === undefined || headers[name] === null)
  if (missing === undefined) return
  throw invalidOption(`headers.${missing}`, 'a string; leave it out where there is none', headers[missing])
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !(Symbol.iterator in value)
}
