import { deflateDirections, HandshakeError, isBothwaysError, serializeExtensions } from '@bothways/protocol'
import type { ConnectionCompat } from '../connection/compat.ts'
import { Connection } from '../connection/connection.ts'
import { ConnectionClosedError } from '../connection/connection-closed-error.ts'
import type { Disconnect } from '../connection/disconnect.ts'
import { defineInspection } from '../connection/inspection.ts'
import { type ClientOptions, type ClientSettings, resolveClientOptions } from './client-options.ts'
import { checkCloseArguments, closeCodeFor } from './close-arguments.ts'
import { MessageStreams } from './message-streams.ts'
import { type Opened, Opening } from './opening.ts'
import { offeredSubprotocols } from './subprotocols.ts'
import { webSocketUrl } from './url.ts'
import { defineInterface, isObject, toDictionary } from './webidl.ts'
import { toCloseInfo, type WebSocketCloseInfo, WebSocketError, webSocketFailure } from './websocket-error.ts'

/** The standard's `protocols` and `signal`; beside them what only Node can do. */
export interface WebSocketStreamOptions extends ClientOptions {
  /** The subprotocols to offer, best first. */
  protocols?: Iterable<string> & object
  /** Aborting it while the handshake is under way fails that; later it does nothing. */
  signal?: AbortSignal
}

/** The value that `opened` promises. */
export interface WebSocketOpenInfo {
  /** Each message is a chunk: text is a string, bytes are a `Uint8Array`. Nothing more is read from TCP while nobody reads. */
  readonly readable: ReadableStream<string | Uint8Array>
  /** Each chunk is a message. Writes wait while the peer does not read. */
  readonly writable: WritableStream<string | ArrayBuffer | ArrayBufferView>
  readonly extensions: string
  readonly protocol: string
}

/** A program that has written all it has may still read the rest. */
const compat: ConnectionCompat = { unread: 'keep' }

/** A promise, and what settles it. Nobody has to look at it. */
class Outcome<Value> {
  readonly promise: Promise<Value>
  resolve!: (value: Value) => void
  reject!: (reason: unknown) => void

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.promise.catch(() => {})
  }
}

/**
 * A WebSocket as two streams with backpressure both ways: the `WebSocketStream` of Chromium and Deno, for Node.
 *
 * @example
 * const socket = new WebSocketStream('ws://127.0.0.1:8080/chat')
 * const { readable, writable } = await socket.opened
 * const writer = writable.getWriter()
 * await writer.write('hello')
 * for await (const message of readable) console.log(message)
 */
export class WebSocketStream {
  readonly #url: URL
  readonly #settings: ClientSettings
  readonly #opened = new Outcome<WebSocketOpenInfo>()
  readonly #closed = new Outcome<Required<WebSocketCloseInfo>>()
  #opening: Opening | undefined
  #connection: Connection | undefined
  #streams: MessageStreams | undefined

  /**
   * @param url `ws:`, `wss:`, `http:` or `https:`, absolute and without a fragment
   * @throws DOMException `SyntaxError` for a wrong URL or subprotocol
   * @throws TypeError for options that are no object, and subprotocols that are no list
   * @throws UsageError `BW_INVALID_OPTION`, `BW_UNKNOWN_OPTION` or `BW_INVALID_HEADER` for wrong options
   */
  constructor(url: string | URL, options: WebSocketStreamOptions = {}) {
    this.#url = webSocketUrl(url)
    const { protocols, ...others } = toDictionary(options) as WebSocketStreamOptions
    if (protocols !== undefined && !isObject(protocols)) {
      throw new TypeError(
        `protocols of a WebSocketStream is a list, such as ['chat'], got ${String(protocols)}.`,
      )
    }
    const subprotocols = offeredSubprotocols(protocols)
    this.#settings = resolveClientOptions(others, 'WebSocketStream')
    const { signal } = this.#settings
    if (signal?.aborted) {
      this.#reject(signal.reason)
      return
    }
    this.#opening = new Opening(this.#url, subprotocols, this.#settings, {
      onOpened: opened => this.#open(opened),
      onFailed: error => this.#fail(error),
    })
    if (signal !== undefined) this.#watch(signal)
  }

  get url(): string {
    return this.#url.href
  }

  /** Rejects with a `WebSocketError` when no connection comes about, or with the signal's reason. */
  get opened(): Promise<WebSocketOpenInfo> {
    return this.#opened.promise
  }

  /** Promises how both sides have closed. Rejects with a `WebSocketError` when the connection was lost, or never stood. */
  get closed(): Promise<Required<WebSocketCloseInfo>> {
    return this.#closed.promise
  }

  /**
   * Starts the close handshake behind the chunks that have been written, or gives up connecting.
   *
   * @throws DOMException `InvalidAccessError` for another code than 1000 and 3000 to 4999, `SyntaxError` for a reason of
   *   more than 123 bytes
   */
  close(info: WebSocketCloseInfo = {}): void {
    const { closeCode, reason } = toCloseInfo(info)
    checkCloseArguments(closeCode, reason)
    if (this.#connection !== undefined) this.#connection.close(closeCodeFor(closeCode, reason), reason)
    else if (this.#opening !== undefined) {
      this.#opening.abort()
      this.#fail(
        new HandshakeError('BW_HANDSHAKE_ABORTED', 'close() was called before the connection was open.'),
      )
    }
  }

  #watch(signal: AbortSignal): void {
    const abort = (): void => {
      this.#opening?.abort()
      this.#opening = undefined
      this.#reject(signal.reason)
    }
    signal.addEventListener('abort', abort)
    const forget = (): void => signal.removeEventListener('abort', abort)
    this.opened.then(forget, forget)
  }

  #open({ accepted, transport, head }: Opened): void {
    this.#opening = undefined
    const connection = new Connection(
      {
        onMessage: message => this.#streams?.receive(message),
        onDrain: () => this.#streams?.goOn(),
        onClose: disconnect => this.#close(disconnect),
      },
      {
        role: 'client',
        transport,
        settings: this.#settings.connection,
        deflate: accepted.deflate && deflateDirections(accepted.deflate, 'client'),
        compat,
      },
    )
    this.#connection = connection
    this.#streams = new MessageStreams(connection, {
      closed: this.closed,
      close: reason => this.#closeFor(reason),
    })
    const { readable, writable } = this.#streams
    const extensions = serializeExtensions(accepted.extensions)
    this.#opened.resolve({ readable, writable, extensions, protocol: accepted.subprotocol })
    connection.start(head)
  }

  /** For `abort` and `cancel`: a `WebSocketError` says what to close with. */
  #closeFor(reason: unknown): void {
    if (reason instanceof WebSocketError && isSayable(reason.closeCode)) {
      this.close({ closeCode: reason.closeCode, reason: reason.reason })
    } else {
      this.close()
    }
  }

  #close(disconnect: Disconnect): void {
    const { by, code: closeCode, reason, wasClean, error } = disconnect
    if (wasClean && by !== 'policy') {
      this.#closed.resolve({ closeCode, reason })
      this.#streams?.end()
      return
    }
    const cause = by === 'network' && !isBothwaysError(error) ? new ConnectionClosedError(disconnect) : error
    const message = cause?.message ?? 'The connection was closed before both sides had said goodbye.'
    const failure = webSocketFailure(message, { closeCode, reason, cause })
    this.#closed.reject(failure)
    this.#streams?.fail(failure)
  }

  #fail(error: HandshakeError): void {
    this.#opening = undefined
    this.#reject(webSocketFailure(error.message, { closeCode: 1006, reason: '', cause: error }))
  }

  #reject(reason: unknown): void {
    this.#opened.reject(reason)
    this.#closed.reject(reason)
  }
}

function isSayable(code: number | null): code is number {
  return code === 1000 || (code !== null && code >= 3000 && code <= 4999)
}

defineInterface(WebSocketStream, 'WebSocketStream', ['url', 'opened', 'closed', 'close'])
defineInspection(WebSocketStream, 'WebSocketStream', ({ url, opened, closed }) => ({ url, opened, closed }))
