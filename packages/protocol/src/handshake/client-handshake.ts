import { type DeflateAgreement, deflateExtensionName } from '../deflate/deflate-agreement.ts'
import { checkDeflateResponse } from '../deflate/deflate-offer.ts'
import { type HandshakeAnswer, HandshakeError, type refusedAnswers } from '../errors.ts'
import { acceptKey } from './accept-key.ts'
import { likelyCause } from './answer-causes.ts'
import { echoedValue } from './echoed-value.ts'
import { type Extension, parseExtensions, serializeExtensions } from './extensions.ts'
import { appendHeaders, type HeaderList, type HeaderRecord, headerValue } from './header.ts'
import { checkSubprotocols, findDuplicate } from './subprotocol.ts'
import { equalsIgnoringCase, listHasToken } from './token.ts'

/** The key and the offers of a client's request. */
export interface ClientHandshake {
  /** Made by {@link createKey}, new for each connection. */
  readonly key: string
  /** Best first; none by default. */
  readonly subprotocols?: readonly string[] | undefined
  /** Best first; none by default. */
  readonly extensions?: readonly Extension[] | undefined
}

export interface ClientRequestOptions extends ClientHandshake {
  /** Host and port of the URL; undefined when the HTTP client adds the header itself, as Node's does. */
  readonly host?: string | undefined
  readonly origin?: string | undefined
  /** Further headers such as `Cookie`. */
  readonly extra?: HeaderRecord | undefined
}

/**
 * The headers of a client's opening handshake (RFC 6455 §4.1), in order.
 *
 * @throws UsageError `BW_INVALID_SUBPROTOCOL` when a subprotocol is not a token or stands twice,
 *   `BW_INVALID_HEADER` when another header is malformed or belongs to the handshake
 */
export function createRequestHeaders({
  key,
  subprotocols = [],
  extensions = [],
  host,
  origin,
  extra = {},
}: ClientRequestOptions): HeaderList {
  checkSubprotocols(subprotocols)
  const headers: [string, string][] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', key],
    ['Sec-WebSocket-Version', '13'],
  ]
  if (host !== undefined) headers.unshift(['Host', host])
  if (subprotocols.length > 0) headers.push(['Sec-WebSocket-Protocol', subprotocols.join(', ')])
  if (extensions.length > 0) headers.push(['Sec-WebSocket-Extensions', serializeExtensions(extensions)])
  if (origin !== undefined) headers.push(['Origin', origin])
  return appendHeaders(headers, extra)
}

/** An answer as a client has read it; Node's `IncomingMessage` with `statusCode` as `status` is one. */
export interface HandshakeResponse {
  readonly status: number
  readonly headers: HeaderRecord
  /** The beginning of the body of an answer that is not 101; it often names the cause. */
  readonly body?: string | undefined
}

/** The server's decisions in an answer that the client accepts. */
export interface AcceptedResponse {
  readonly ok: true
  /** Empty when no subprotocol was offered, as WHATWG's `protocol` is. */
  readonly subprotocol: string
  /** As the answer lists them. */
  readonly extensions: readonly Extension[]
  /** Undefined: messages are not compressed. */
  readonly deflate: DeflateAgreement | undefined
}

export interface RefusedResponse {
  readonly ok: false
  readonly error: HandshakeError
}

/**
 * Checks a server's answer against what was offered (RFC 6455 §4.1, steps 1 to 6 of the response's validation;
 * WHATWG WebSockets, "establish a WebSocket connection"). The first broken rule decides; nothing is thrown.
 */
export function checkResponse(
  response: HandshakeResponse,
  offered: ClientHandshake,
): AcceptedResponse | RefusedResponse {
  const answer = { status: response.status, headers: response.headers, body: response.body ?? '' }
  const subprotocol = headerValue(response.headers, 'sec-websocket-protocol')
  const problem =
    checkStatus(answer) ??
    checkUpgrade(answer) ??
    checkAccept(answer, offered.key) ??
    checkSubprotocolAnswer(subprotocol, offered.subprotocols ?? [])
  if (problem !== undefined) return refuse(problem, answer)

  const agreed = checkExtensions(response.headers, offered.extensions ?? [])
  if (isProblem(agreed)) return refuse(agreed, answer)
  return { ok: true, subprotocol: subprotocol ?? '', ...agreed }
}

/** As much of a body as an error message repeats, in characters. */
const maxEchoedBodyLength = 300

interface Problem {
  readonly code: (typeof refusedAnswers)[number]
  readonly message: string
  readonly doctor: string
}

function isProblem(value: object): value is Problem {
  return 'code' in value
}

function refuse({ code, message, doctor }: Problem, answer: HandshakeAnswer): RefusedResponse {
  return { ok: false, error: new HandshakeError(code, message, { answer, doctor }) }
}

/** A reason that says no more than the status. */
const bareStatus =
  /^(?:\P{L}|http|error|status|request|bad|invalid|forbidden|access|denied|not allowed|no)*$/iu

function checkStatus(answer: HandshakeAnswer): Problem | undefined {
  if (answer.status === 101) return undefined
  const sentences = [`The server answered the opening handshake with status ${answer.status} instead of 101.`]
  const reason = isPlainText(answer) ? answer.body.trim() : ''
  // A server that says why knows better than a guess, unless its words are those of the status alone.
  const saysWhy = !bareStatus.test(reason) && (answer.status === 403 || answer.status === 400)
  if (saysWhy) sentences.push(`It says: ${echoedValue(reason, maxEchoedBodyLength)}.`)
  const cause = likelyCause(answer)
  if (cause !== undefined && !saysWhy) sentences.push(`Likely cause: ${cause.cause}. ${cause.cure}`)
  for (const header of ['location', 'retry-after', 'x-websocket-reject-reason']) {
    const value = answer.headers[header]
    if (value !== undefined) sentences.push(`The answer's ${header} is ${echoedValue(value)}.`)
  }
  if (reason !== '' && !saysWhy) sentences.push(`Its body says ${echoedValue(reason, maxEchoedBodyLength)}.`)
  const doctor = cause?.doctor ?? 'BW_DOCTOR_STATUS'
  return { code: 'BW_STATUS_NOT_101', doctor, message: sentences.join(' ') }
}

function isPlainText({ headers }: HandshakeAnswer): boolean {
  const type = headers['content-type']
  return typeof type === 'string' && type.toLowerCase().startsWith('text/plain')
}

function checkUpgrade({ headers }: HandshakeAnswer): Problem | undefined {
  // RFC 6455 §4.1: unlike in a request, the value is the one word.
  if (!equalsIgnoringCase(headerValue(headers, 'upgrade') ?? '', 'websocket')) {
    return {
      code: 'BW_UPGRADE_MISSING',
      doctor: 'BW_DOCTOR_UPGRADE_HEADER_MISSING',
      message:
        `The answer 101 must carry the header "Upgrade: websocket", got ${echoedValue(headers.upgrade)}. ` +
        'Likely cause: a proxy on the way changed the answer.',
    }
  }
  if (!listHasToken(headers.connection, 'upgrade')) {
    return {
      code: 'BW_CONNECTION_UPGRADE_MISSING',
      doctor: 'BW_DOCTOR_CONNECTION_HEADER_MISSING',
      message:
        `The answer 101 must carry the header "Connection: Upgrade", got ${echoedValue(headers.connection)}. ` +
        'Likely cause: a proxy on the way changed the answer.',
    }
  }
  return undefined
}

function checkAccept({ headers }: HandshakeAnswer, key: string): Problem | undefined {
  const expected = acceptKey(key)
  const got = headerValue(headers, 'sec-websocket-accept')
  if (got === expected) return undefined
  return {
    code: 'BW_ACCEPT_WRONG',
    doctor: got === undefined || got === '' ? 'BW_DOCTOR_ACCEPT_MISSING' : 'BW_DOCTOR_ACCEPT_WRONG',
    message:
      `The answer's Sec-WebSocket-Accept must be "${expected}", got ${echoedValue(got)}. Likely cause: a server ` +
      'written by hand (the key not trimmed, the GUID mistyped, hex instead of base64), or an answer from a cache.',
  }
}

function checkSubprotocolAnswer(
  subprotocol: string | undefined,
  offered: readonly string[],
): Problem | undefined {
  if (subprotocol === undefined) {
    if (offered.length === 0) return undefined
    // WHATWG WebSockets, "establish a WebSocket connection": RFC 6455 would allow the server to choose none.
    return {
      code: 'BW_SUBPROTOCOL_NOT_CHOSEN',
      doctor: 'BW_DOCTOR_SUBPROTOCOL_NOT_CHOSEN',
      message:
        `The server selected none of the offered subprotocols ${echoedValue(offered)}. ` +
        'Let the server select one of them, or offer none.',
    }
  }
  if (offered.includes(subprotocol)) return undefined
  return {
    code: 'BW_SUBPROTOCOL_NOT_OFFERED',
    doctor: 'BW_DOCTOR_SUBPROTOCOL_NOT_OFFERED',
    message:
      `The server selected the subprotocol ${echoedValue(subprotocol)}, which is not one of those offered: ` +
      `${echoedValue(offered.length > 0 ? offered : undefined)}. Offer it, or correct the server.`,
  }
}

function checkExtensions(
  headers: HeaderRecord,
  offered: readonly Extension[],
): Pick<AcceptedResponse, 'extensions' | 'deflate'> | Problem {
  const value = headers['sec-websocket-extensions']
  const extensions = parseExtensions(value)
  if (extensions === undefined) {
    return {
      code: 'BW_EXTENSIONS_HEADER_INVALID',
      doctor: 'BW_DOCTOR_EXTENSION_PARAMETERS',
      message: `The answer's Sec-WebSocket-Extensions must follow RFC 6455 section 9.1, got ${echoedValue(value)}.`,
    }
  }
  const unknown = extensions.find(({ name }) => offered.every(offer => offer.name !== name))
  if (unknown !== undefined) {
    return {
      code: 'BW_EXTENSION_NOT_OFFERED',
      doctor: 'BW_DOCTOR_EXTENSION_NOT_OFFERED',
      message: `The server selected the extension ${echoedValue(unknown.name)}, which was not offered.`,
    }
  }
  const twice = findDuplicate(extensions.map(({ name }) => name))
  if (twice !== undefined) {
    return {
      code: 'BW_EXTENSION_PARAMETERS_INVALID',
      doctor: 'BW_DOCTOR_EXTENSION_PARAMETERS',
      message: `The server selected the extension ${echoedValue(twice)} twice.`,
    }
  }
  const deflate = extensions.find(({ name }) => name === deflateExtensionName)
  if (deflate === undefined) return { extensions, deflate: undefined }

  const result = checkDeflateResponse(deflate, offered)
  if (result.ok) return { extensions, deflate: result.agreement }
  return {
    code: 'BW_EXTENSION_PARAMETERS_INVALID',
    doctor: 'BW_DOCTOR_EXTENSION_PARAMETERS',
    message: `The server's answer to ${deflateExtensionName} is invalid: ${result.problem}. Offer no compression, or correct the server.`,
  }
}
