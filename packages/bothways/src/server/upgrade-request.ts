import type { IncomingMessage } from 'node:http'
import type { TrustedProxies } from './forwarded.ts'

/** The request behind a WebSocket, as `authenticate` and handlers see it. */
export interface UpgradeRequest {
  /** Absolute, as the client wrote it: `wss://example.com/chat?room=1`. */
  readonly url: URL
  /** The path alone, still percent-encoded. */
  readonly path: string
  /** Lower-case names, as `node:http` gives them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** What the browser says the page's origin is; undefined for other clients. */
  readonly origin: string | undefined
  /** Host and port the client asked for; a trusted proxy's word goes before the Host header. */
  readonly host: string | undefined
  /** The subprotocols the client offered, in its order. */
  readonly protocols: readonly string[]
  /** The client's address; behind a trusted proxy the one it forwards. */
  readonly remoteAddress: string
  /** The port of the TCP connection's other end. */
  readonly remotePort: number
  /** True for `wss:`, also when a trusted proxy ended TLS. */
  readonly isSecure: boolean
  /** Aborted when the client leaves, or the handshake takes too long. */
  readonly signal: AbortSignal
  readonly raw: IncomingMessage
}

/** The request's URL without knowing its host yet; undefined when the target is not a URL. */
export function requestPath(raw: IncomingMessage): string | undefined {
  // An origin-form target is a path (RFC 9112 §3.2.1); proxies may send the absolute form (§3.2.2).
  const target = raw.url ?? '/'
  const base = 'ws://localhost'
  if (target.startsWith('/')) return URL.canParse(base + target) ? new URL(base + target).pathname : undefined
  return URL.canParse(target) ? new URL(target).pathname : undefined
}

/** Undefined when the request has no usable Host or target. */
export function describeRequest(
  raw: IncomingMessage,
  protocols: readonly string[],
  proxies: TrustedProxies,
  signal: AbortSignal,
): UpgradeRequest | undefined {
  const { socket, headers } = raw
  const isTls = 'encrypted' in socket && socket.encrypted === true
  const { remoteAddress, host, isSecure } = proxies.resolve(headers, socket.remoteAddress ?? '', isTls)
  // Anything more in Host would make up another path than the one that was routed, for `authenticate` to judge.
  if (host === undefined || !/^[^\s/\\?#@]+$/.test(host)) return undefined
  const target = originForm(raw.url ?? '/')
  const address = `${isSecure ? 'wss' : 'ws'}://${host}${target}`
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  return {
    url,
    path: url.pathname,
    headers,
    origin: headers.origin,
    host,
    protocols,
    remoteAddress,
    remotePort: socket.remotePort ?? 0,
    isSecure,
    signal,
    raw,
  }
}

/** What an origin-form target would have been for this absolute one. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const { pathname, search } = new URL(target, 'ws://localhost')
  return pathname + search
}
