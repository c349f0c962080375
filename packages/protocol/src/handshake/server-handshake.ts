import { acceptKey, isValidKey } from './accept-key.ts'
import { echoedValue } from './echoed-value.ts'
import {
  type Extension,
  maxExtensionCount,
  maxExtensionsHeaderLength,
  parseExtensions,
  serializeExtensions,
} from './extensions.ts'
import { appendHeaders, type HeaderList, type HeaderRecord, headerValue } from './header.ts'
import type { Refusal } from './refusal.ts'
import { checkSubprotocol, findDuplicate } from './subprotocol.ts'
import { listHasToken, parseTokenList } from './token.ts'

/** A request as a server has read it; Node's `IncomingMessage` is one. */
export interface HandshakeRequest {
  readonly method?: string | undefined
  /** As in the request line: `1.1`. */
  readonly httpVersion: string
  readonly headers: HeaderRecord
}

/** The offers of a valid opening handshake, over any version of HTTP. */
export interface AcceptedOffers {
  readonly ok: true
  /** In the client's order of preference; empty when it offers none. */
  readonly subprotocols: readonly string[]
  readonly extensions: readonly Extension[]
  /** As sent. A browser always sends one, other clients seldom; judging it is the caller's task (RFC 6455 §10.2). */
  readonly origin: string | undefined
}

/** The same over HTTP/1.1. */
export interface AcceptedRequest extends AcceptedOffers {
  /** The `Sec-WebSocket-Key`. */
  readonly key: string
  /** The client waits for the answer 100, which goes before the 101 then (RFC 9110 §7.8). */
  readonly expectsContinue: boolean
}

export interface RefusedRequest {
  readonly ok: false
  readonly refusal: Refusal
}

/** Checks a client's opening handshake (RFC 6455 §4.2.1). The first broken rule decides; nothing is thrown. */
export function checkRequest(request: HandshakeRequest): AcceptedRequest | RefusedRequest {
  const { headers } = request
  const refusal =
    checkRequestLine(request) ??
    checkHost(headers) ??
    checkUpgrade(headers) ??
    checkBody(headers) ??
    checkVersion(headers, { status: 426, headers: upgradeRequired })
  if (refusal !== undefined) return refuse(refusal)

  const key = headerValue(headers, 'sec-websocket-key')
  if (key === undefined || !isValidKey(key)) return refuse(keyRefusal(key))

  const offers = readOffers(headers)
  if (!offers.ok) return offers
  // Not spread, which takes V8 longer than all these checks.
  const { subprotocols, extensions, origin } = offers
  const expectsContinue = listHasToken(headers.expect, '100-continue')
  return { ok: true, subprotocols, extensions, origin, key, expectsContinue }
}

/**
 * Checks an extended CONNECT request for a WebSocket over HTTP/2 (RFC 8441 §4 and §5): the opening handshake without
 * key, `Upgrade` and `Connection`. The first broken rule decides; nothing is thrown.
 *
 * @param headers with the pseudo-headers
 */
export function checkConnectRequest(headers: HeaderRecord): AcceptedOffers | RefusedRequest {
  const refusal = checkPseudoHeaders(headers) ?? checkVersion(headers, { status: 400, headers: {} })
  return refusal === undefined ? readOffers(headers) : refuse(refusal)
}

function readOffers(headers: HeaderRecord): AcceptedOffers | RefusedRequest {
  const subprotocols = parseTokenList(headers['sec-websocket-protocol'])
  if (subprotocols === undefined || findDuplicate(subprotocols) !== undefined) {
    return refuse(subprotocolRefusal(headers))
  }
  const extensions = parseExtensions(headers['sec-websocket-extensions'])
  if (extensions === undefined) return refuse(extensionsRefusal(headers))

  return { ok: true, subprotocols, extensions, origin: headerValue(headers, 'origin') }
}

/** The server's decisions about an accepted request. */
export interface ServerHandshake {
  readonly key: string
  /** One of those offered; undefined selects none. */
  readonly subprotocol?: string | undefined
  /** Those agreed on; none by default. */
  readonly extensions?: readonly Extension[] | undefined
  /** Further headers such as `Set-Cookie`. */
  readonly extra?: HeaderRecord | undefined
}

/**
 * The headers of the answer 101 that opens the connection (RFC 6455 §4.2.2), in order.
 *
 * @throws UsageError `BW_INVALID_SUBPROTOCOL` when the subprotocol is not a token, `BW_INVALID_HEADER` when an
 *   extension or a header of `extra` is malformed or belongs to the handshake
 */
export function serverResponseHeaders({
  key,
  subprotocol,
  extensions = [],
  extra = {},
}: ServerHandshake): HeaderList {
  const headers: [string, string][] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Accept', acceptKey(key)],
  ]
  if (subprotocol !== undefined) {
    checkSubprotocol(subprotocol)
    headers.push(['Sec-WebSocket-Protocol', subprotocol])
  }
  if (extensions.length > 0) headers.push(['Sec-WebSocket-Extensions', serializeExtensions(extensions)])
  return appendHeaders(headers, extra)
}

/** RFC 7230 §6.7: a sender of `Upgrade` names it in `Connection`; the refusal ends the TCP connection as well. */
const upgradeRequired = { Upgrade: 'websocket', Connection: 'Upgrade, close' } as const

/** The most frequent cause of a missing `Upgrade`, and its cure. */
const proxyAdvice = `Connect with a WebSocket client. If you did, a proxy on the way removed the headers; nginx needs:
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection "upgrade";`

function refuse(refusal: Refusal): RefusedRequest {
  return { ok: false, refusal }
}

function checkRequestLine({ method, httpVersion }: HandshakeRequest): Refusal | undefined {
  if (method !== 'GET') {
    return {
      code: 'BW_METHOD_NOT_GET',
      status: 405,
      headers: { Allow: 'GET' },
      text: `This is a WebSocket endpoint: it expected the method GET, got ${echoedValue(method)}. Connect with a WebSocket client.`,
    }
  }
  if (!/^(?:1\.[1-9]|[2-9]\.\d)$/.test(httpVersion)) {
    return {
      code: 'BW_HTTP_VERSION_TOO_OLD',
      status: 426,
      headers: upgradeRequired,
      text: `This is a WebSocket endpoint: it expected HTTP 1.1 or later, got ${echoedValue(httpVersion)}. ${proxyAdvice}`,
    }
  }
  return undefined
}

function checkHost({ host }: HeaderRecord): Refusal | undefined {
  if (typeof host === 'string' && host !== '') return undefined
  return badRequest(
    'BW_HOST_MISSING',
    `The opening handshake needs the header Host once, got ${echoedValue(host)}. Send the host and port of the URL.`,
  )
}

function checkUpgrade({ upgrade, connection }: HeaderRecord): Refusal | undefined {
  if (!listHasToken(upgrade, 'websocket')) {
    return {
      code: 'BW_UPGRADE_MISSING',
      status: 426,
      headers: upgradeRequired,
      text: `This is a WebSocket endpoint: it expected the header "Upgrade: websocket", got ${echoedValue(upgrade)}. ${proxyAdvice}`,
    }
  }
  if (!listHasToken(connection, 'upgrade')) {
    return {
      code: 'BW_CONNECTION_UPGRADE_MISSING',
      status: 426,
      headers: upgradeRequired,
      text: `This is a WebSocket endpoint: it expected the header "Connection: Upgrade", got ${echoedValue(connection)}. ${proxyAdvice}`,
    }
  }
  return undefined
}

/** A body's bytes would be taken for frames: a client that sends both may be trying to make one of them say something else. */
function checkBody(headers: HeaderRecord): Refusal | undefined {
  const length = headerValue(headers, 'content-length')
  const encoding = headerValue(headers, 'transfer-encoding')
  if (encoding === undefined && (length === undefined || /^0+$/.test(length))) return undefined
  const came =
    encoding === undefined
      ? `"Content-Length: ${echoedValue(length)}"`
      : `"Transfer-Encoding: ${echoedValue(encoding)}"`
  return badRequest(
    'BW_BODY_UNEXPECTED',
    `The opening handshake has no body, got the header ${came}. Send frames after the answer 101.`,
  )
}

function checkPseudoHeaders(headers: HeaderRecord): Refusal | undefined {
  const method = headerValue(headers, ':method')
  if (method !== 'CONNECT') {
    return {
      code: 'BW_METHOD_NOT_GET',
      status: 405,
      headers: { Allow: 'CONNECT' },
      text: `Over HTTP/2 a WebSocket needs the method CONNECT, got ${echoedValue(method)}. Connect with a WebSocket client.`,
    }
  }
  const protocol = headerValue(headers, ':protocol')
  if (protocol !== 'websocket') {
    return badRequest(
      'BW_UPGRADE_MISSING',
      `Over HTTP/2 a WebSocket needs ":protocol: websocket", got ${echoedValue(protocol)}. Connect with a WebSocket client.`,
    )
  }
  const { ':authority': authority, host } = headers
  if (typeof authority !== 'string' || authority === '') {
    return badRequest(
      'BW_HOST_MISSING',
      `Over HTTP/2 the opening handshake needs ":authority", got ${echoedValue(authority)}. Send the host and port of the URL.`,
    )
  }
  // RFC 9113 §8.3.1: the two must not name different hosts.
  if (host === undefined || host === authority) return undefined
  return badRequest(
    'BW_HOST_MISSING',
    `Host must be what ":authority" is, ${echoedValue(authority)}, got ${echoedValue(host)}. Leave Host out over HTTP/2.`,
  )
}

/** @param answer how a refusal is answered: HTTP/2 knows no `Upgrade` (RFC 9113 §8.2.2) */
function checkVersion(
  headers: HeaderRecord,
  answer: Pick<Refusal, 'status' | 'headers'>,
): Refusal | undefined {
  const version = headerValue(headers, 'sec-websocket-version')
  if (version === '13') return undefined
  // RFC 6455 §4.4: the answer names the versions that the server speaks.
  return {
    code: 'BW_VERSION_UNSUPPORTED',
    status: answer.status,
    headers: { ...answer.headers, 'Sec-WebSocket-Version': '13' },
    text: `The opening handshake needs the header "Sec-WebSocket-Version: 13" once, got ${echoedValue(version)}. Use a client that speaks RFC 6455.`,
  }
}

function keyRefusal(key: string | undefined): Refusal {
  return badRequest(
    'BW_KEY_INVALID',
    `The opening handshake needs the header Sec-WebSocket-Key once with 16 random bytes in base64 (24 characters), got ${echoedValue(key)}. Let a WebSocket client make it.`,
  )
}

function subprotocolRefusal(headers: HeaderRecord): Refusal {
  return badRequest(
    'BW_SUBPROTOCOL_HEADER_INVALID',
    `Sec-WebSocket-Protocol must be a comma list of different tokens of HTTP, got ${echoedValue(headers['sec-websocket-protocol'])}. Offer each subprotocol once, without spaces, slashes or quotes in its name.`,
  )
}

function extensionsRefusal(headers: HeaderRecord): Refusal {
  return badRequest(
    'BW_EXTENSIONS_HEADER_INVALID',
    `Sec-WebSocket-Extensions must follow RFC 6455 section 9.1 and have at most ${maxExtensionsHeaderLength} characters and ${maxExtensionCount} extensions, got ${echoedValue(headers['sec-websocket-extensions'])}. Correct the header or leave it out.`,
  )
}

function badRequest(code: Refusal['code'], text: string): Refusal {
  return { code, status: 400, headers: {}, text }
}
