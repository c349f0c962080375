import { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Http2Stream, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Http2Connect } from 'bothways/exchange'
import type { RefusalAnswer } from './http1-opening.ts'

// Opening handshakes over HTTP/2 (RFC 8441), for programs that know those of HTTP/1.1.

/** The request as Node's own interface for programs of HTTP/1.1 has it, with the header `host` that they ask for. */
export function requestOf({ stream, headers, rawHeaders }: Http2Connect): IncomingMessage {
  // Not imported: a program without a server of HTTP/2 need not wait until Node has loaded it.
  const { Http2ServerRequest } = process.getBuiltinModule('node:http2')
  const all = { host: headers[':authority'], ...headers }
  return new Http2ServerRequest(stream, all, {}, rawHeaders) as unknown as IncomingMessage
}

/** The refusal of a request that is no valid opening handshake over HTTP/2 (RFC 8441 §4 and §5). */
export function problemOfConnect({ headers }: IncomingMessage): RefusalAnswer | undefined {
  if (headers[':method'] !== 'CONNECT') return { status: 405, message: 'Invalid HTTP method' }
  if (headers[':protocol'] !== 'websocket') return { status: 400, message: 'Invalid :protocol header' }
  // RFC 9113 §8.3.1: the two must not name different hosts.
  const { host = headers[':authority'] } = headers
  if (host !== headers[':authority']) return { status: 400, message: 'Invalid Host header' }
  if (headers['sec-websocket-version'] === '13') return undefined
  return {
    status: 400,
    message: 'Missing or invalid Sec-WebSocket-Version header',
    headers: { 'Sec-WebSocket-Version': '13' },
  }
}

/** Opens the WebSocket on a stream: the status 200, with the headers of the lines behind the first one (RFC 8441 §5). */
export function acceptConnect(stream: Http2Stream, lines: readonly string[]): void {
  ;(stream as ServerHttp2Stream).respond({ ':status': 200, ...readHeaders(lines.slice(1)) })
  Object.defineProperties(stream, asOfTcp)
}

/** Properties that programs read from the socket of a request, and that a stream of HTTP/2 does not have. */
const asOfTcp: PropertyDescriptorMap = {}
for (const name of [
  'authorized',
  'encrypted',
  'localAddress',
  'localPort',
  'remoteAddress',
  'remoteFamily',
  'remotePort',
] as const) {
  asOfTcp[name] = {
    configurable: true,
    get(this: Http2Stream) {
      return (this.session?.socket as TLSSocket | undefined)?.[name]
    },
  }
}
asOfTcp.getPeerCertificate = {
  configurable: true,
  value(this: Http2Stream, isDetailed?: boolean) {
    return (this.session?.socket as TLSSocket | undefined)?.getPeerCertificate?.(isDetailed) ?? {}
  },
}
// One WebSocket does not decide about a TCP connection that it shares with others.
for (const name of ['ref', 'setKeepAlive', 'setNoDelay', 'unref']) {
  asOfTcp[name] = {
    configurable: true,
    value(this: Http2Stream) {
      return this
    },
  }
}

/**
 * The socket of a request over HTTP/2 that is refused, until it has its answer: takes one of HTTP/1.1, as programs write
 * it, and sends the same one of HTTP/2. Bytes as they are would say 200: that the WebSocket is open.
 */
export class AnswerSocket extends Duplex {
  readonly #stream: ServerHttp2Stream
  readonly #chunks: Buffer[] = []
  #isAnswered = false

  constructor(stream: Http2Stream) {
    super()
    this.#stream = stream as ServerHttp2Stream
    Object.defineProperties(this, asOfTcp)
  }

  get session(): Http2Stream['session'] {
    return this.#stream.session
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }

  override _final(done: () => void): void {
    this.#answer()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#answer()
    done(error)
  }

  #answer(): void {
    const stream = this.#stream
    if (this.#isAnswered || stream.headersSent || stream.closed || stream.destroyed) return
    this.#isAnswered = true
    const bytes = Buffer.concat(this.#chunks)
    const end = bytes.indexOf('\r\n\r\n')
    const [first = '', ...lines] = bytes.toString('latin1', 0, Math.max(end, 0)).split('\r\n')
    const status = Number(/^HTTP\/1\.[01] ([2-5]\d\d)\b/.exec(first)?.[1])
    // RFC 8441 §5: any 2xx would open the WebSocket.
    if (!(status >= 300)) {
      stream.close(cancel)
      return
    }
    stream.respond({ ':status': status, ...readHeaders(lines) })
    stream.end(bytes.subarray(end + 4))
    // RFC 9113 §8.1: the client need not finish its request.
    stream.close(noError)
  }
}

/** Error codes of RFC 9113 §7. */
const noError = 0x0
const cancel = 0x8

/** Headers that HTTP/2 has no place for (RFC 9113 §8.2.2), and the one that follows from the body. */
const notSent = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

function readHeaders(lines: readonly string[]): OutgoingHttpHeaders {
  const headers: Record<string, string[]> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || notSent.has(name)) continue
    headers[name] = [...(headers[name] ?? []), line.slice(colon + 1).trim()]
  }
  return headers
}
