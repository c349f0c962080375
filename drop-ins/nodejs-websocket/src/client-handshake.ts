import { checkResponse, createRequestHeaders, type HandshakeError, isToken } from '@bothways/protocol'
import { hasControl, headLines, readHeaders } from './head.ts'

/** The path, host, subprotocols and headers of a client's opening handshake. */
export interface OpeningOptions {
  readonly path: string
  readonly host: string
  readonly protocols: readonly string[]
  /** In place of the handshake's own of the same name. */
  readonly extraHeaders: Readonly<Record<string, unknown>>
}

/** A connection that a client has begun, with the values of its opening handshake. */
export interface ClientSide {
  readonly server?: undefined
  readonly path: string
  readonly host: string
  readonly protocols: string[]
  readonly extraHeaders: Readonly<Record<string, unknown>> | undefined
  readonly key: string
  /** The head that asks for all this. */
  readonly request: string
}

/**
 * The head of the request.
 *
 * @throws TypeError for a header whose line would not end where it should
 */
export function openingRequest(key: string, options: OpeningOptions): string {
  const { path, host, protocols, extraHeaders } = options
  const headers = new Map(
    createRequestHeaders({ key, host }).map(([name, value]) => [name.toLowerCase(), { name, value }]),
  )
  const set = (name: string, value: string): void => {
    headers.set(name.toLowerCase(), { name, value })
  }
  if (protocols.length > 0) set('Sec-WebSocket-Protocol', protocols.join(', '))
  for (const [name, value] of Object.entries(extraHeaders)) set(name, String(value))

  let head = `GET ${path} HTTP/1.1\r\n`
  for (const { name, value } of headers.values()) {
    if (!isToken(name) || hasControl(value)) {
      throw new TypeError(`The header ${JSON.stringify(name)} cannot be sent: ${JSON.stringify(value)}`)
    }
    head += `${name}: ${value}\r\n`
  }
  return `${head}\r\n`
}

/** An answer that opens the connection. */
export interface OpeningAnswer {
  readonly headers: Record<string, string>
  readonly protocol: string | undefined
}

/** Reads the head of the answer; an error says what is wrong in the original's words, its cause in more of them. */
export function readOpeningAnswer(
  head: Buffer,
  { key, protocols }: { readonly key: string; readonly protocols: readonly string[] },
): OpeningAnswer | Error {
  const [first, ...lines] = headLines(head)
  if (lines.length === 0) return invalid('too short')
  const status = /^HTTP\/\d\.\d (\d{3})(?: |$)/i.exec(first)?.[1]
  const headers = readHeaders(lines)
  if (status === undefined) return invalid('invalid first line format')

  // An extension was not offered; the original does not look whether one was chosen.
  const { 'sec-websocket-extensions': _extensions, ...others } = headers
  const checked = checkResponse({ status: Number(status), headers: others }, { key, subprotocols: protocols })
  if (checked.ok) return { headers, protocol: headers['sec-websocket-protocol'] }
  return invalid(problemOf(checked.error, headers, protocols.length > 0), checked.error)
}

const required = ['upgrade', 'connection', 'sec-websocket-accept']

function problemOf(error: HandshakeError, headers: object, hasOffered: boolean): string {
  if (error.code === 'BW_STATUS_NOT_101') return 'invalid first line format'
  if (required.some(name => !Object.hasOwn(headers, name))) return 'missing required headers'
  if (error.code === 'BW_UPGRADE_MISSING' || error.code === 'BW_CONNECTION_UPGRADE_MISSING')
    return 'invalid Upgrade or Connection header'
  if (error.code === 'BW_ACCEPT_WRONG') return 'hash mismatch'
  return hasOffered ? 'no protocol was negotiated' : 'no protocol negotiation was expected'
}

function invalid(problem: string, cause?: Error): Error {
  return new Error(`Invalid handshake: ${problem}`, cause && { cause })
}
