import { decodeAscii } from '#utf8'
import { trimWhitespace } from './token.ts'

/** The head of an HTTP request, read by {@link readRequestHead}. */
export interface RequestHead {
  readonly method: 'GET'
  readonly httpVersion: '1.1'
  /** In origin form (RFC 9112 §3.2.1): it begins with a slash. */
  readonly target: string
  /** The header lines as they came, each with its line break. */
  readonly headerLines: string
  /** How long the head is, the empty line included; the bytes behind it belong to the new protocol. */
  readonly byteLength: number
}

/** As Node's own limit for the head of a request. */
const longestHeadBytes = 16 * 1024

const headEnd = '\r\n\r\n'

/**
 * Reads the head of a request that asks for nothing out of the ordinary, as the opening handshakes of all usual clients
 * do: a whole GET of HTTP/1.1 in origin form, without a body. Anything else, right or wrong, is undefined, and left to
 * a complete parser of HTTP.
 */
export function readRequestHead(bytes: Uint8Array, end: number = bytes.length): RequestHead | undefined {
  // The shortest is "GET / HTTP/1.1" with an empty line.
  if (end < 18 || bytes[0] !== 0x47 || bytes[3] !== 0x20 || bytes[4] !== 0x2f) return undefined
  const whole = decodeAscii(bytes, 0, Math.min(end, longestHeadBytes))
  const textEnd = whole.indexOf(headEnd)
  if (textEnd < 0) return undefined
  const lineEnd = whole.indexOf('\r\n')
  // Each part that is kept is decoded by itself: a piece of the whole text would keep all of it.
  const line = decodeAscii(bytes, 0, lineEnd)
  if (!/^GET \/[\x21-\x7e]* HTTP\/1\.1$/.test(line)) return undefined
  return {
    method: 'GET',
    httpVersion: '1.1',
    target: line.slice(4, -9),
    headerLines: decodeAscii(bytes, lineEnd + 2, textEnd + 2),
    byteLength: textEnd + headEnd.length,
  }
}

/** Names that say how a body is framed, or that the client waits before it sends one (RFC 9110 §10.1.1). */
const bodyNames = ['content-length', 'transfer-encoding', 'expect']

/** As most clients write them: to look one up takes half as long as to make it lower case. */
const usualNames = new Map(
  [
    'Host',
    'Connection',
    'Upgrade',
    'Origin',
    'Pragma',
    'Cache-Control',
    'User-Agent',
    'Cookie',
    'Accept-Encoding',
    'Accept-Language',
    'Sec-WebSocket-Key',
    'Sec-WebSocket-Version',
    'Sec-WebSocket-Extensions',
    'Sec-WebSocket-Protocol',
  ].map(name => [name, name.toLowerCase()]),
)

/** Each line is a token, a colon and printable text (RFC 9112 §5). */
const plainLines = /^(?:[!#$%&'*+.^_`|~\w-]+:[\t\x20-\x7e]*\r\n)*$/

/**
 * The headers in the lines of a {@link RequestHead}, by lower-case name. Undefined when a line is not the plainest
 * form of a header (RFC 9112 §5), when a name stands twice, or when a body is announced.
 */
export function readHeaderLines(headerLines: string): Record<string, string> | undefined {
  if (!plainLines.test(headerLines)) return undefined
  const headers: Record<string, string> = {}
  for (let start = 0; start < headerLines.length; ) {
    const end = headerLines.indexOf('\r\n', start)
    const colon = headerLines.indexOf(':', start)
    const name = headerLines.slice(start, colon)
    const key = usualNames.get(name) ?? name.toLowerCase()
    if (key in headers || bodyNames.includes(key)) return undefined
    headers[key] = trimWhitespace(headerLines.slice(colon + 1, end))
    start = end + 2
  }
  return headers
}
