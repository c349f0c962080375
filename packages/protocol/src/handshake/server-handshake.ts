import { acceptKey, isValidKey } from './accept-key.ts'
import { echoedValue } from './echoed-value.ts'
import { type Extension, parseExtensions } from './extensions.ts'
import { appendHeaders, type HeaderList, type HeaderRecord, headerValue } from './header.ts'
import type { Refusal } from './refusal.ts'
import { findDuplicate } from './subprotocol.ts'
import { listHasToken, parseTokenList } from './token.ts'

/** A parsed HTTP request; Node's `IncomingMessage` fits. */
export interface HandshakeRequest {
  readonly method?: string | undefined
  /** `'1.1'`. */
  readonly httpVersion: string
  readonly headers: HeaderRecord
}

export type CheckedRequest =
  | {
      readonly ok: true
      readonly key: string
      readonly subprotocols: readonly string[]
      readonly extensions: readonly Extension[]
      readonly origin: string | undefined
    }
  | { readonly ok: false; readonly refusal: Refusal }

/** Checks a client's opening handshake (RFC 6455 §4.2.1). */
export function checkRequest(request: HandshakeRequest): CheckedRequest {
  const { headers } = request
  const key = headerValue(headers, 'sec-websocket-key') ?? ''
  const subprotocols = parseTokenList(headers['sec-websocket-protocol'])
  const extensions = parseExtensions(headers['sec-websocket-extensions'])
  const refusal = refusalFor(request, key, subprotocols, extensions)
  if (refusal !== undefined) return { ok: false, refusal }
  return {
    ok: true,
    key,
    subprotocols: subprotocols ?? [],
    extensions: extensions ?? [],
    origin: headerValue(headers, 'origin'),
  }
}

function refusalFor(
  { method, httpVersion, headers }: HandshakeRequest,
  key: string,
  subprotocols: string[] | undefined,
  extensions: Extension[] | undefined,
): Refusal | undefined {
  if (method !== 'GET') {
    return refuse(
      'BW_METHOD_NOT_GET',
      405,
      `A WebSocket handshake is a GET request, got ${echoedValue(method)}.`,
      {
        Allow: 'GET',
      },
    )
  }
  if (Number(httpVersion) < 1.1) {
    return refuse(
      'BW_HTTP_VERSION_TOO_OLD',
      400,
      `A WebSocket handshake needs HTTP/1.1, got HTTP/${httpVersion}.`,
    )
  }
  if (headerValue(headers, 'host') === undefined) {
    return refuse('BW_HOST_MISSING', 400, 'The Host header is missing.')
  }
  if (!listHasToken(headers.upgrade, 'websocket'))
    return upgradeRequired('BW_UPGRADE_MISSING', 'Upgrade', headers.upgrade)
  if (!listHasToken(headers.connection, 'upgrade')) {
    return upgradeRequired('BW_CONNECTION_UPGRADE_MISSING', 'Connection', headers.connection)
  }
  const version = headerValue(headers, 'sec-websocket-version')
  if (version !== '13') {
    return refuse(
      'BW_VERSION_UNSUPPORTED',
      426,
      `This server speaks WebSocket version 13 (RFC 6455), got ${echoedValue(version)}.`,
      { 'Sec-WebSocket-Version': '13', Upgrade: 'websocket' },
    )
  }
  if (!isValidKey(key)) {
    return refuse(
      'BW_KEY_INVALID',
      400,
      `Sec-WebSocket-Key must be the base64 of 16 bytes, once; got ${echoedValue(headers['sec-websocket-key'])}.`,
    )
  }
  if (subprotocols === undefined || findDuplicate(subprotocols) !== undefined) {
    return refuse(
      'BW_SUBPROTOCOL_HEADER_INVALID',
      400,
      `Sec-WebSocket-Protocol must list tokens, each once; got ${echoedValue(headers['sec-websocket-protocol'])}.`,
    )
  }
  if (extensions === undefined) {
    return refuse(
      'BW_EXTENSIONS_HEADER_INVALID',
      400,
      `Sec-WebSocket-Extensions is malformed; got ${echoedValue(headers['sec-websocket-extensions'])}.`,
    )
  }
  return undefined
}

function upgradeRequired(
  code: 'BW_UPGRADE_MISSING' | 'BW_CONNECTION_UPGRADE_MISSING',
  name: string,
  came: string | readonly string[] | undefined,
): Refusal {
  return refuse(
    code,
    426,
    `The ${name} header must ask for the upgrade, got ${echoedValue(came)}. A plain HTTP request reached a WebSocket ` +
      'endpoint, or a proxy on the way has removed the headers (nginx: proxy_http_version 1.1; ' +
      'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";).',
    { Upgrade: 'websocket', Connection: 'Upgrade' },
  )
}

function refuse(
  code: Refusal['code'],
  status: number,
  text: string,
  headers: Refusal['headers'] = {},
): Refusal {
  return { code, status, headers, text }
}

export interface Acceptance {
  /** The client's `Sec-WebSocket-Key`. */
  readonly key: string
  readonly subprotocol?: string | undefined
  readonly extensions?: string | undefined
  readonly extra?: HeaderRecord | undefined
}

/** The headers of the answer 101 (RFC 6455 §4.2.2 step 5). */
export function serverResponseHeaders({ key, subprotocol, extensions, extra = {} }: Acceptance): HeaderList {
  const headers: [string, string][] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Accept', acceptKey(key)],
  ]
  if (subprotocol !== undefined) headers.push(['Sec-WebSocket-Protocol', subprotocol])
  if (extensions !== undefined) headers.push(['Sec-WebSocket-Extensions', extensions])
  return appendHeaders(headers, extra)
}
