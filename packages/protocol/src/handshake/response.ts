import { encodeUtf8 } from '#utf8'
import { UsageError } from '../errors.ts'
import { checkHeader, type HeaderList } from './header.ts'

/** Reason phrases (RFC 7231 §6.1 and the IANA registry) of the answers that a WebSocket server gives. */
const reasonPhrases: Readonly<Record<number, string>> = {
  100: 'Continue',
  101: 'Switching Protocols',
  200: 'OK',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Payload Too Large',
  421: 'Misdirected Request',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
}

/**
 * An HTTP/1.1 answer as text, to be written as UTF-8 (RFC 7230 §3). Without `body` it is the head as given; with
 * one it also says `Content-Length` in bytes and, unless `headers` says otherwise,
 * `Content-Type: text/plain; charset=utf-8` and `Connection: close`.
 *
 * @throws UsageError `BW_INVALID_HEADER` when a header is malformed or contradicts the body's length,
 *   `BW_INVALID_OPTION` when the status is not an integer of three digits
 */
export function serializeResponse(status: number, headers: HeaderList, body?: string): string {
  if (!Number.isInteger(status) || status < 100 || status > 599) {
    throw new UsageError('BW_INVALID_OPTION', `An HTTP status is an integer from 100 to 599, got ${status}.`)
  }
  const all = body === undefined ? headers : withBodyHeaders(headers, body)
  for (const [name, value] of all) checkHeader(name, value)
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `HTTP/1.1 ${status} ${reasonPhrases[status] ?? ''}\r\n${lines}\r\n${body ?? ''}`
}

function withBodyHeaders(headers: HeaderList, body: string): HeaderList {
  const given = new Set(headers.map(([name]) => name.toLowerCase()))
  if (given.has('content-length') || given.has('transfer-encoding')) {
    throw new UsageError(
      'BW_INVALID_HEADER',
      'Content-Length and Transfer-Encoding follow from the body; leave them out.',
    )
  }
  const all = [...headers]
  if (!given.has('content-type')) all.push(['Content-Type', 'text/plain; charset=utf-8'])
  all.push(['Content-Length', String(encodeUtf8(body).length)])
  if (!given.has('connection')) all.push(['Connection', 'close'])
  return all
}
