import {
  HandshakeError,
  type LimitError,
  type Refusal,
  type refusedRequests,
  UsageError,
} from '@bothways/protocol'
import { admissionLimits, type refusalCodes } from './error-codes.ts'

/** The refusals that a server answers instead of an upgrade, besides those of the handshake's own rules. */

export type RefusalCode =
  | (typeof refusedRequests)[number]
  | (typeof refusalCodes)[number]
  | (typeof admissionLimits)[keyof typeof admissionLimits]['code']

function refusalOf(
  code: RefusalCode,
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

/** @param reason of the rules for origins */
export function foreignOrigin(reason: string): Refusal {
  return refusalOf('BW_ORIGIN_REFUSED', 403, reason)
}

/** RFC 6455 §4.2.2 step 5. */
export function noSubprotocol(supported: readonly string[], offered: readonly string[]): Refusal {
  const came = offered.length === 0 ? 'none was offered' : `offered were ${offered.join(', ').slice(0, 100)}`
  return refusalOf(
    'BW_SUBPROTOCOL_UNSUPPORTED',
    400,
    `This path speaks the subprotocols ${supported.join(', ')}; ${came}.`,
  )
}

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

/** The connection is closed without it: this is for those who watch. */
export function crowdedOut(limit: number): Refusal {
  return refusalOf(
    'BW_TOO_MANY_PENDING_HANDSHAKES',
    503,
    `More than ${limit} connections have made no request (option maxPendingHandshakes): the longest silent went.`,
  )
}

export function tooFast(limit: number): Refusal {
  return refusalOf(
    'BW_TOO_MANY_HANDSHAKES',
    429,
    `Your address has begun more than ${limit} handshakes in a second (option maxHandshakesPerSecond): come back later.`,
    { 'Retry-After': '1' },
  )
}

/** A request that Node's parser of HTTP has given up on. */
export function unreadable({ code = '' }: NodeJS.ErrnoException, limitMs: number): Refusal {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return silent(limitMs)
  const [status, text] =
    code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'The head of the request is longer than 16 KiB: send less headers.']
      : [400, 'The request is not one of HTTP/1.1: connect with a WebSocket client.']
  return refusalOf('BW_REQUEST_UNREADABLE', status, text)
}

export const noSocketIo: string =
  'This is a plain WebSocket server, and the request is one of socket.io-client: connect with new WebSocket(url), or serve Socket.IO with @bothways/socket.io.'

/** Clients of Socket.IO name the version of Engine.IO in each of their requests. */
export function isSocketIoRequest(target: string | undefined): boolean {
  return target !== undefined && /[?&]EIO=\d/.test(target) && /[?&]transport=/.test(target)
}

/**
 * @param path undefined when there is none
 * @param target as in the request line
 */
export function noRoute(path: string | undefined, target: string): Refusal {
  const text = isSocketIoRequest(target)
    ? noSocketIo
    : path === undefined
      ? 'The request line is not a URL.'
      : 'No WebSocket is served at this path: check the path of the URL, or add a route for it.'
  return refusalOf('BW_NO_ROUTE', 404, text)
}

export function full({ code, message }: LimitError): Refusal {
  const headers = { 'Retry-After': '5' }
  const isInAll = code === admissionLimits.maxConnections.code
  const passed = isInAll ? admissionLimits.maxConnections : admissionLimits.maxConnectionsPerAddress
  return refusalOf(passed.code, passed.status, message, headers)
}

/**
 * The error that `authenticate` throws to refuse a connection: the client gets this status and text instead of the upgrade.
 *
 * Prefer 403 to 401 for browsers: Chromium hides the number of a 401 from the developer's console.
 *
 * @param status an HTTP status from 400 to 599
 * @param text why, in a sentence that the other side may read
 * @param headers further headers of the answer, such as `WWW-Authenticate` or `Retry-After`
 * @example throw refuse(403, 'Your session has ended: sign in again.')
 */
export function refuse(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): HandshakeError {
  if (!Number.isInteger(status) || status < 400 || status > 599) {
    throw new UsageError('BW_INVALID_OPTION', `A refusal's status is from 400 to 599, got ${status}.`)
  }
  return new HandshakeError('BW_AUTHENTICATION_REFUSED', text, { answer: { status, headers, body: text } })
}
