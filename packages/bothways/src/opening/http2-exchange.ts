import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import {
  type AcceptedOffers,
  checkConnectRequest,
  checkHeader,
  type Refusal,
  type RefusedRequest,
  serializeExtensions,
} from '@bothways/protocol'
import { Http2Transport } from '../connection/transports/http2-transport.ts'
import type { Transport } from '../connection/transports/transport.ts'
import type { AgreedOffers, Exchange } from './exchange.ts'
import type { RequestFacts } from './upgrade-request.ts'
import { lingerMs } from './upgrade-socket.ts'

/** RFC 9113 §7. `node:http2`, which has them too, takes long to load, and few need it. */
const ErrorCode = { InternalError: 0x2, Cancel: 0x8 } as const

/** Headers that HTTP/2 has no place for (RFC 9113 §8.2.2), and `content-length`, which follows from the body. */
const notSent: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/** An extended CONNECT request of HTTP/2 (RFC 8441). */
export class Http2Exchange implements Exchange {
  readonly stream: ServerHttp2Stream
  readonly facts: RequestFacts
  readonly #headers: IncomingHttpHeaders
  #isAnswered = false

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.stream = stream
    this.#headers = headers
    const { session } = stream
    const plain = Object.entries(headers).filter(([name]) => !name.startsWith(':'))
    this.facts = {
      method: headers[':method'] as string | undefined,
      httpVersion: '2.0',
      target: (headers[':path'] as string | undefined) ?? '/',
      headers: { ...Object.fromEntries(plain), host: headers[':authority'] as string | undefined },
      peerAddress: session?.socket.remoteAddress ?? '',
      peerPort: session?.socket.remotePort ?? 0,
      isTls: session?.encrypted === true,
    }
  }

  get isGone(): boolean {
    return this.stream.destroyed || this.stream.closed || !this.stream.writable
  }

  get isHalfClosed(): boolean {
    return this.stream.readableEnded
  }

  get isAnsweredByOthers(): boolean {
    return this.stream.headersSent && !this.#isAnswered
  }

  check(): AcceptedOffers | RefusedRequest {
    return checkConnectRequest(this.#headers)
  }

  accept({ protocol, extensions }: AgreedOffers): Transport {
    this.#isAnswered = true
    this.stream.respond({
      ':status': 200,
      ...(protocol !== '' && { 'sec-websocket-protocol': protocol }),
      ...(extensions.length > 0 && { 'sec-websocket-extensions': serializeExtensions(extensions) }),
    })
    return new Http2Transport(this.stream)
  }

  refuse({ status, headers, text }: Refusal): boolean {
    if (this.isAnsweredByOthers) return false
    if (this.isGone || this.#isAnswered) return true
    const { stream } = this
    const all: Record<string, string> = { 'content-type': 'text/plain; charset=utf-8' }
    for (const [name, value] of Object.entries(headers)) {
      checkHeader(name, value)
      if (!notSent.has(name.toLowerCase())) all[name.toLowerCase()] = value
    }
    this.#isAnswered = true
    stream.respond({ ':status': status, 'content-length': Buffer.byteLength(text), ...all })
    stream.end(text)
    stream.resume()
    const timer = setTimeout(() => stream.close(ErrorCode.Cancel), lingerMs).unref()
    stream.once('close', () => clearTimeout(timer))
    return true
  }

  abandon(refusal: Refusal): void {
    if (this.#isAnswered) this.stream.close(ErrorCode.InternalError)
    else this.refuse(refusal)
  }
}
