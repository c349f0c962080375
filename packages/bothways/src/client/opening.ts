import {
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import {
  type AcceptedResponse,
  checkResponse,
  createDeflateOffer,
  createKey,
  createRequestHeaders,
  type Extension,
  HandshakeError,
  type HeaderList,
} from '@bothways/protocol'
import { AnswerTimer } from '../connection/answer-timer.ts'
import type { ConnectionSettings } from '../connection/options.ts'
import { newMaskingKey } from '../connection/sending/masking-key.ts'
import { takeTransport } from '../connection/transports/take-transport.ts'
import { streamBinding } from '../connection/transports/tcp-handle.ts'
import type { Transport } from '../connection/transports/transport.ts'
import type { ClientSettings } from './client-options.ts'
import { connectionFailed } from './network-errors.ts'
import { PlainRequest } from './plain-request.ts'
import { basicCredentials } from './url.ts'

/** How much of a refusal's body is read, in bytes, and how long that may take, in ms. */
const bodyBytes = 1024
const bodyTimeoutMs = 1_000

export interface Opened {
  readonly accepted: AcceptedResponse
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly transport: Transport
  /** The bytes that the server sent right behind its answer. */
  readonly head: Buffer
}

export interface OpeningHandler {
  onOpened(opened: Opened): void
  onFailed(error: HandshakeError): void
}

/**
 * A client's opening handshake under way (RFC 6455 §4.1): over `node:http`, so that agents and proxies work, or over a TCP
 * connection of its own.
 */
export class Opening {
  readonly #url: URL
  readonly #handler: OpeningHandler
  #request: ClientRequest | PlainRequest
  readonly #timer: AnswerTimer
  readonly #offered: {
    readonly key: string
    readonly subprotocols: readonly string[]
    readonly extensions: readonly Extension[]
  }
  #isOver = false

  /**
   * @throws UsageError `BW_INVALID_HEADER` for a header that is malformed or belongs to the handshake
   */
  constructor(url: URL, subprotocols: readonly string[], settings: ClientSettings, handler: OpeningHandler) {
    this.#url = url
    this.#handler = handler
    this.#offered = { key: newKey(), subprotocols, extensions: offers(settings) }
    const headers = createRequestHeaders({
      ...this.#offered,
      origin: settings.origin,
      extra: settings.headers,
    })
    const { handshakeTimeoutMs } = settings
    this.#request = this.#ask(settings, [['Host', url.host], ...authorization(url), ...headers])
    this.#timer = new AnswerTimer(handshakeTimeoutMs, () => this.#timeOut(handshakeTimeoutMs))
  }

  /** Gives up; `onFailed` is not called. */
  abort(): void {
    this.#finish()
    this.#request.destroy()
  }

  #ask({ agent, tls, connection }: ClientSettings, headers: HeaderList): ClientRequest | PlainRequest {
    const url = this.#url
    const isSecure = url.protocol === 'wss:'
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
    const path = url.pathname + url.search
    const isPlain = connection.transport === 'auto' && streamBinding !== undefined
    if (isPlain && agent === undefined && !isSecure) {
      return new PlainRequest(
        { host, port, path, headers },
        {
          onSwitched: ({ status, headers }, transport, head) => this.#take(status, headers, transport, head),
          onOtherAnswer: request => {
            this.#request = this.#listenTo(request, connection.transport)
          },
          onError: error => this.#fail(connectionFailed(url, error)),
        },
      )
    }
    const options: RequestOptions = {
      ...tls,
      host,
      port,
      path,
      // A connection of its own: an idle one of a pool might be closed just now. `agent: false` is an agent of its own.
      ...(agent === undefined && !isSecure
        ? { createConnection: () => connect({ host, port, noDelay: true }) }
        : { agent: agent ?? false }),
      headers: headers.flat(),
    }
    return this.#listenTo(isSecure ? httpsRequest(options) : httpRequest(options), connection.transport)
  }

  #listenTo(request: ClientRequest, kind: ConnectionSettings['transport']): ClientRequest {
    request.on('error', error => this.#fail(connectionFailed(this.#url, error)))
    request.on('upgrade', ({ statusCode = 0, headers }, stream, head) => {
      this.#take(statusCode, headers, takeTransport(stream, kind), head)
    })
    request.on('response', response => this.#refuse(response))
    request.end()
    return request
  }

  #take(status: number, headers: IncomingHttpHeaders, transport: Transport, head: Buffer): void {
    if (this.#isOver) {
      transport.destroy()
      return
    }
    const accepted = checkResponse({ status, headers }, this.#offered)
    if (!accepted.ok) {
      this.#fail(accepted.error)
      transport.destroy()
      return
    }
    this.#finish()
    this.#handler.onOpened({ accepted, status, headers, transport, head })
  }

  /** An HTTP answer instead of the upgrade: the beginning of its body often names the cause. */
  #refuse(response: IncomingMessage): void {
    const chunks: Buffer[] = []
    let bytes = 0
    const done = (): void => {
      clearTimeout(timer)
      const body = Buffer.concat(chunks).toString('utf8', 0, bodyBytes)
      const { statusCode: status = 0, headers } = response
      const checked = checkResponse({ status, headers, body }, this.#offered)
      if (!checked.ok) this.#fail(checked.error)
      this.#request.destroy()
    }
    const timer = setTimeout(done, bodyTimeoutMs)
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= bodyBytes) done()
    })
    response.on('error', done)
    response.on('end', done)
    response.on('close', done)
  }

  #timeOut(limitMs: number): void {
    this.#fail(
      new HandshakeError(
        'BW_HANDSHAKE_TIMEOUT',
        `${this.#url.host} did not answer the handshake within ${limitMs} ms (option handshakeTimeoutMs). A server ` +
          'that leaves upgrades on this path unanswered looks like that.',
        { doctor: 'BW_DOCTOR_HANDSHAKE_TIMEOUT' },
      ),
    )
    this.#request.destroy()
  }

  #fail(error: HandshakeError): void {
    if (this.#isOver) return
    this.#finish()
    this.#handler.onFailed(error)
  }

  #finish(): void {
    this.#isOver = true
    this.#timer.stop()
  }
}

/** 16 bytes that cannot be foretold (RFC 6455 §4.1), from where masking keys come, which draws many at a time. */
function newKey(): string {
  const words = Uint32Array.of(newMaskingKey(), newMaskingKey(), newMaskingKey(), newMaskingKey())
  return createKey(new Uint8Array(words.buffer))
}

function offers({ connection: { compression } }: ClientSettings): Extension[] {
  if (compression === false) return []
  return [
    createDeflateOffer({
      serverNoContextTakeover: !compression.peerContextTakeover,
      clientNoContextTakeover: !compression.contextTakeover,
      serverMaxWindowBits: compression.peerWindowBits,
      clientMaxWindowBits: compression.windowBits,
    }),
  ]
}

/** User and password of the URL, which browsers ignore and tools on a command line are given. */
function authorization(url: URL): [string, string][] {
  const credentials = basicCredentials(url)
  return credentials === undefined ? [] : [['Authorization', credentials]]
}
