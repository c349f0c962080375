import { checkIs, checkNames } from './client-error.ts'
import type { Environment } from './environment.ts'
import type { FetchFunction, TokenFunction, WebSocketClass } from './transport.ts'

export interface ClientOptions {
  /**
   * The token that says who this is, for servers that authenticate by token: asked for each connection, and again before it
   * expires. It goes in the first message, never into the URL.
   */
  readonly token?: TokenFunction
  /** The class of WebSockets. Default: the runtime's; Node.js has one from 22 on, for 20 take that of `bothways`. */
  readonly WebSocket?: WebSocketClass
  /** The function that makes the requests where WebSocket does not work. Default: the runtime's. */
  readonly fetch?: FetchFunction
  /** The longest wait before the first new try, in ms; it doubles, and is drawn between 0 and that. Default 1,000. */
  readonly firstRetryMs?: number
  /** The longest wait between two tries, in ms. Default 30,000. */
  readonly maxRetryMs?: number
  /** Publications and requests that may be unanswered, sent or not; one more fails as `queue_full`. Default 1,000. */
  readonly maxQueueCount?: number
  /** Their bytes, as JSON. Default 1 MiB. */
  readonly maxQueueBytes?: number
  /** How long a request may take, with waiting for a connection, in ms; then it fails as `timeout`. Default 30,000. */
  readonly requestTimeoutMs?: number
  /** Clock, chance and network: for tests. Default: the runtime's. */
  readonly environment?: Environment
}

export type ClientSettings = Record<
  'firstRetryMs' | 'maxRetryMs' | 'maxQueueCount' | 'maxQueueBytes' | 'requestTimeoutMs',
  number
>

const defaults: ClientSettings = {
  firstRetryMs: 1_000,
  maxRetryMs: 30_000,
  maxQueueCount: 1_000,
  maxQueueBytes: 1024 * 1024,
  requestTimeoutMs: 30_000,
}

const functions = ['token', 'WebSocket', 'fetch'] as const

/** @throws ClientError `wrong_use` */
export function resolveClientOptions(options: ClientOptions): ClientSettings {
  const settings = { ...defaults }
  const numbers = Object.keys(defaults) as (keyof ClientSettings)[]
  const names = [...functions, ...numbers, 'environment', 'share']
  checkNames('createClient(url, options)', options, names.join(' '))
  for (const name of functions) if (options[name] !== undefined) checkIs(name, 'function', options[name])
  for (const name of numbers) {
    const { [name]: value = settings[name] } = options
    checkIs(name, 'number', value)
    settings[name] = value
  }
  return settings
}

/** An absolute `http:` or `https:` URL without a fragment. @throws TypeError */
export function topicsUrl(url: string | URL): string {
  const { location } = globalThis as { location?: { href: string } }
  if (URL.canParse(String(url), location?.href)) {
    const absolute = new URL(String(url), location?.href)
    absolute.protocol = absolute.protocol.replace('ws', 'http')
    absolute.hash = ''
    if (/^https?:$/.test(absolute.protocol)) return absolute.href
  }
  throw new TypeError(`A client needs the URL of topics, such as ws://127.0.0.1:8080/bothways, got '${url}'.`)
}
