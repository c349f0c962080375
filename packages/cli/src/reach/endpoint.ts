import type { ClientOptions } from 'bothways'
import type { Connection } from './connection.ts'
import { ProxyAgent } from './proxy-agent.ts'
import { isSameOrigin } from './redirect.ts'
import { readUnixAddress, UnixAgent } from './unix-socket.ts'

/** The URL and options that a client needs to reach a server. */
export interface Endpoint {
  /** With a scheme that the client takes. */
  readonly url: string
  readonly client: Pick<ClientOptions, 'headers' | 'origin' | 'agent' | 'tls'>
  readonly isUnix: boolean
}

/**
 * How to reach a URL: through a socket of Unix, a proxy, or straight. Headers and the client's certificate are for the
 * origin that was typed and no other. A URL that is none is left to the client, which says why.
 */
export function endpointOf(url: string, typed: string, connection: Connection): Endpoint {
  const { headers, origin, isInsecure, tlsFiles, proxyFor } = connection
  const unix = readUnixAddress(url)
  const isTrusted = url === typed || isSameOrigin(url, typed)
  const { ca } = tlsFiles
  const client = {
    headers: isTrusted ? grouped(headers) : {},
    ...(origin !== undefined && { origin }),
    tls: { rejectUnauthorized: !isInsecure, ...(isTrusted ? tlsFiles : ca !== undefined && { ca }) },
  }
  if (unix !== undefined) {
    const agent = new UnixAgent(unix.path, unix.isSecure)
    return { url: unix.url, client: { ...client, agent }, isUnix: true }
  }
  const target = URL.canParse(url) ? new URL(url) : undefined
  const proxy = target && proxyFor(target)
  const isSecure = target !== undefined && /^(wss|https):$/.test(target.protocol)
  return {
    url,
    client: { ...client, ...(proxy && { agent: new ProxyAgent(proxy, isSecure) }) },
    isUnix: false,
  }
}

function grouped(headers: Connection['headers']): Record<string, string[]> {
  const all: Record<string, string[]> = {}
  for (const [name, value] of headers) {
    all[name] ??= []
    all[name].push(value)
  }
  return all
}
