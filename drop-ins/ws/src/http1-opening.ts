import { Buffer } from 'node:buffer'
import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { isValidKey } from '@bothways/protocol'

// Opening handshakes over HTTP/1.1, but for the answer 101.

/** The HTTP answer to a request that is refused; its text is the status' own by default. */
export interface RefusalAnswer {
  readonly status: number
  readonly message?: string | undefined
  readonly headers?: OutgoingHttpHeaders | undefined
}

export function refusePlainHttp(_request: IncomingMessage, response: ServerResponse): void {
  const body = STATUS_CODES[426] ?? ''
  response.writeHead(426, { 'Content-Length': body.length, 'Content-Type': 'text/plain' })
  response.end(body)
}

/** The refusal of a request that is no valid opening handshake (RFC 6455 §4.2.1). */
export function problemOf({ method, headers }: IncomingMessage): RefusalAnswer | undefined {
  if (method !== 'GET') return { status: 405, message: 'Invalid HTTP method' }
  if (headers.upgrade?.toLowerCase() !== 'websocket')
    return { status: 400, message: 'Invalid Upgrade header' }
  const key = headers['sec-websocket-key']
  if (key === undefined || !isValidKey(key)) {
    return { status: 400, message: 'Missing or invalid Sec-WebSocket-Key header' }
  }
  // Not every request comes from a parser: tools for tests make up their own, with numbers.
  if ([8, 13].includes(Number(headers['sec-websocket-version']))) return undefined
  return {
    status: 400,
    message: 'Missing or invalid Sec-WebSocket-Version header',
    headers: { 'Sec-WebSocket-Version': '13, 8' },
  }
}

/** The version before the RFC, which called its `Origin` otherwise. */
export function isOldVersion({ headers }: IncomingMessage): boolean {
  return Number(headers['sec-websocket-version']) === 8
}

/** Answers a request to upgrade with a status, a text that says why, and the end of the connection. */
export function refuseUpgrade(socket: Duplex, { status, message, headers }: RefusalAnswer): void {
  const text = message || (STATUS_CODES[status] ?? '')
  const all = {
    Connection: 'close',
    'Content-Type': 'text/html',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  socket.once('finish', socket.destroy)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${text}`)
}
