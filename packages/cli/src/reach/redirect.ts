import type { HandshakeAnswer } from 'bothways'

/** Where an answer leads instead. */
export interface Redirect {
  readonly status: number
  readonly url: string
  /** It is another origin than the one that was typed: it gets no credentials. */
  readonly isForeign: boolean
}

/** Of answers that lead elsewhere (RFC 9110 §15.4). */
export const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308]

/** As many as browsers' Fetch would follow is more than anybody needs. */
export const maxRedirects = 10

/**
 * Where a refusal leads (RFC 9110 §15.4); undefined when it leads nowhere that may be followed: no URL of HTTP or
 * WebSocket, from TLS to plain text, or one redirect too many.
 */
export function redirectOf(
  answer: HandshakeAnswer | undefined,
  from: string,
  typed: string,
  count: number,
): Redirect | undefined {
  const location = answer?.headers.location
  if (answer === undefined || !redirectStatuses.includes(answer.status) || typeof location !== 'string')
    return undefined
  const base = asHttp(from)
  if (count >= maxRedirects || base === undefined || !URL.canParse(location, base.href)) return undefined
  const to = asHttp(new URL(location, base).href)
  if (to === undefined || (base.protocol === 'https:' && to.protocol !== 'https:')) return undefined
  // RFC 9110 §10.2.2: a fragment belongs to what was asked for, and WebSockets have none.
  to.hash = ''
  const url = to.href.replace(/^http/, 'ws')
  return { status: answer.status, url, isForeign: !isSameOrigin(url, typed) }
}

/** Whether two URLs of WebSocket or HTTP have one origin (RFC 6454 §5). */
export function isSameOrigin(one: string, other: string): boolean {
  const origin = asHttp(one)?.origin
  return origin !== undefined && origin === asHttp(other)?.origin
}

function asHttp(text: string): URL | undefined {
  const http = text.replace(/^ws(?=s?:)/i, 'http')
  if (!URL.canParse(http)) return undefined
  const url = new URL(http)
  return /^https?:$/.test(url.protocol) ? url : undefined
}
