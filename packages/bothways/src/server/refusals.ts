import type { HandshakeCode, LimitError, Refusal } from '@bothways/protocol'

/** What the server answers instead of an upgrade, besides what the handshake's own rules say. */

export function refusalOf(
  code: HandshakeCode,
  status: number,
  text: string,
  headers: Refusal['headers'] = {},
): Refusal {
  return { code, status, headers, text }
}

export const draining: Refusal = refusalOf(
  'BW_SERVER_DRAINING',
  503,
  'This server is shutting down: come back in a moment.',
  { 'Retry-After': '1' },
)

export const unusableHost: Refusal = refusalOf(
  'BW_HOST_MISSING',
  400,
  'The Host header and the request line do not make a URL.',
)

export const severalHosts: Refusal = refusalOf(
  'BW_HOST_MISSING',
  400,
  'The request has more than one Host header.',
)

export const nobody: Refusal = refusalOf(
  'BW_AUTHENTICATION_REFUSED',
  403,
  'This server does not know who you are: sign in first.',
)

export const failed: Refusal = refusalOf(
  'BW_AUTHENTICATION_FAILED',
  500,
  'The server failed while it checked who you are.',
)

export function tooLate(limitMs: number): Refusal {
  return refusalOf(
    'BW_HANDSHAKE_TIMEOUT',
    503,
    `Checking who you are took longer than ${limitMs} ms (option handshakeTimeoutMs).`,
  )
}

export function silent(limitMs: number): Refusal {
  return refusalOf(
    'BW_HANDSHAKE_TIMEOUT',
    408,
    `No request came within ${limitMs} ms (option handshakeTimeoutMs).`,
  )
}

/** @param path undefined when there is none */
export function noRoute(path: string | undefined): Refusal {
  const text =
    path === undefined
      ? 'The request line is not a URL.'
      : 'No WebSocket is served at this path: check the path of the URL, or add a route for it.'
  return refusalOf('BW_NO_ROUTE', 404, text)
}

export function full({ code, message }: LimitError): Refusal {
  const headers = { 'Retry-After': '5' }
  return code === 'BW_TOO_MANY_CONNECTIONS'
    ? refusalOf(code, 503, message, headers)
    : refusalOf('BW_TOO_MANY_CONNECTIONS_FROM_ADDRESS', 429, message, headers)
}
