import type { IncomingHttpHeaders } from 'node:http'
import { type ParsedUrlQuery, parse as parseQuery } from 'node:querystring'
import type { TLSSocket } from 'node:tls'
import type { EngineSocket } from './engine-binding.ts'

/** How a client came. */
export interface Handshake {
  /** Of the first request. */
  headers: IncomingHttpHeaders
  /** When, as text. */
  time: string
  address: string
  /** Whether it said which page it is on. */
  xdomain: boolean
  /** Whether by TLS. */
  secure: boolean
  /** When, in ms since 1970. */
  issued: number
  url: string
  query: ParsedUrlQuery
  /** The value of the client's option `auth`. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the client sent
  auth: { [key: string]: any }
}

/**
 * @param auth the value of the client's option `auth`
 * @param issuedMs when it came, in ms since 1970
 */
export function handshakeOf(conn: EngineSocket, auth: Record<string, unknown>, issuedMs: number): Handshake {
  const { request, remoteAddress } = conn
  const { headers = {}, url = '' } = request ?? {}
  const { _query: query } = (request ?? {}) as { _query?: Handshake['query'] }
  return {
    headers,
    time: `${new Date(issuedMs)}`,
    address: remoteAddress ?? '',
    xdomain: headers.origin !== undefined,
    // A client without a request came by a transport that is always encrypted.
    secure: request === undefined || (request.socket as TLSSocket).encrypted === true,
    issued: issuedMs,
    url,
    query: query ?? parseQuery(url.split('?')[1] ?? ''),
    auth,
  }
}
