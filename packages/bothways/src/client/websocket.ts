import { deflateDirections, HandshakeError, isBothwaysError, serializeExtensions } from '@bothways/protocol'
import { Connection } from '../connection/connection.ts'
import { ConnectionClosedError } from '../connection/connection-closed-error.ts'
import type { Disconnect } from '../connection/disconnect.ts'
import { ReadyState } from '../connection/ending.ts'
import { defineInspection, stateName } from '../connection/inspection.ts'
import { messageBytes, messageSize } from '../connection/message-data.ts'
import { type ClientOptions, type ClientSettings, noOptions, resolveClientOptions } from './client-options.ts'
import { checkCloseArguments, closeCodeFor } from './close-arguments.ts'
import { CloseEvent } from './close-event.ts'
import { WebSocketErrorEvent } from './error-event.ts'
import { EventHandlers } from './event-handlers.ts'
import type { HeldEventHandler, WebSocketEventHandler, WebSocketListeners } from './event-listeners.ts'
import { MessageEvent } from './message-event.ts'
import { type Opened, Opening } from './opening.ts'
import { toSendData, warnOfCallback } from './send-data.ts'
import { offeredSubprotocols } from './subprotocols.ts'
import { webSocketUrl } from './url.ts'
import {
  defineConstants,
  defineInterface,
  isObject,
  toClampedUnsignedShort,
  toDomString,
  toUsvString,
} from './webidl.ts'

export type BinaryType = 'blob' | 'arraybuffer'

/** The answer that opened a connection. */
export interface HandshakeResult {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** An EventTarget whose listeners get the event of their type. */
const WebSocketEventTarget: new () => Omit<EventTarget, keyof WebSocketListeners> & WebSocketListeners =
  EventTarget

/**
 * The WHATWG WebSockets standard's `WebSocket` for Node (§3), with a third argument for what only Node can do.
 * A failure is told in the `error` event: its `error` says why, unlike a browser's.
 *
 * @example
 * const socket = new WebSocket('ws://127.0.0.1:8080/chat')
 * socket.onopen = () => socket.send('hello')
 * socket.onmessage = event => console.log(event.data)
 */
export class WebSocket extends WebSocketEventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  declare readonly CONNECTING: 0
  declare readonly OPEN: 1
  declare readonly CLOSING: 2
  declare readonly CLOSED: 3

  readonly #url: URL
  /** The `origin` of each of its message events. */
  readonly #origin: string
  readonly #settings: ClientSettings
  readonly #handlers = new EventHandlers(this)
  #readyState: ReadyState = ReadyState.Connecting
  #binaryType: BinaryType = 'blob'
  #protocol = ''
  #extensions = ''
  #opening: Opening | undefined
  #connection: Connection | undefined
  #handshake: HandshakeResult | undefined
  #disconnect: Disconnect | undefined

  /** Payload bytes given to `send` since the queue was last empty, and what they and their frames made it grow. */
  #queuedPayloadBytes = 0
  #queuedFrameBytes = 0
  /** Payload bytes given to `send` when it was too late: they stay in `bufferedAmount` for good. */
  #unsendableBytes = 0

  /**
   * @param url `ws:`, `wss:`, `http:` or `https:`, absolute and without a fragment
   * @param protocols the subprotocols to offer, best first
   * @param options not in the standard; a value that is no object is ignored there, as WebIDL ignores further arguments
   * @throws DOMException `SyntaxError` for a wrong URL or subprotocol; an object that is no list is one of the latter
   * @throws UsageError `BW_INVALID_OPTION`, `BW_UNKNOWN_OPTION` or `BW_INVALID_HEADER` for wrong options
   */
  constructor(
    url: string | URL,
    protocols: string | Iterable<string> = [],
    options: ClientOptions = noOptions,
  ) {
    super()
    // biome-ignore lint/complexity/noArguments: WebIDL counts the arguments, undefined ones too
    // biome-ignore lint/correctness/noUndeclaredVariables: arguments is declared by the language
    if (arguments.length === 0) throw new TypeError('A WebSocket needs a URL.')
    this.#url = webSocketUrl(url)
    this.#origin = this.#url.origin
    const subprotocols = offeredSubprotocols(protocols)
    this.#settings = resolveClientOptions(isObject(options) ? options : noOptions)
    this.#opening = new Opening(this.#url, subprotocols, this.#settings, {
      onOpened: opened => this.#open(opened),
      onFailed: error => this.#fail(error),
    })
    this.#closeOnAbort(this.#settings.signal)
  }

  get url(): string {
    return this.#url.href
  }

  get readyState(): ReadyState {
    return this.#readyState
  }

  /** Payload bytes that the operating system has not taken yet, without frame headers. Lost bytes stay in it. */
  get bufferedAmount(): number {
    const buffered = (this.#connection?.bufferedAmount || this.#connection?.lostBytes) ?? 0
    if (buffered === 0) {
      this.#queuedPayloadBytes = 0
      this.#queuedFrameBytes = 0
    }
    const share = this.#queuedFrameBytes === 0 ? 0 : Math.min(1, buffered / this.#queuedFrameBytes)
    return Math.ceil(this.#queuedPayloadBytes * share) + this.#unsendableBytes
  }

  get extensions(): string {
    return this.#extensions
  }

  get protocol(): string {
    return this.#protocol
  }

  get binaryType(): BinaryType {
    return this.#binaryType
  }

  /** WebIDL: a value that is not in the enumeration is ignored. */
  set binaryType(value: BinaryType) {
    WebSocket.#check(this)
    const type = toDomString(value)
    if (type === 'blob' || type === 'arraybuffer') this.#binaryType = type
  }

  get onopen(): HeldEventHandler {
    return this.#handlers.get('open')
  }
  set onopen(handler: WebSocketEventHandler<Event>) {
    this.#handlers.set('open', handler)
  }

  get onmessage(): HeldEventHandler {
    return this.#handlers.get('message')
  }
  set onmessage(handler: WebSocketEventHandler<MessageEvent>) {
    this.#handlers.set('message', handler)
  }

  get onerror(): HeldEventHandler {
    return this.#handlers.get('error')
  }
  set onerror(handler: WebSocketEventHandler<WebSocketErrorEvent>) {
    this.#handlers.set('error', handler)
  }

  get onclose(): HeldEventHandler {
    return this.#handlers.get('close')
  }
  set onclose(handler: WebSocketEventHandler<CloseEvent>) {
    this.#handlers.set('close', handler)
  }

  /** The answer that opened the connection; undefined before. Not in the standard. */
  get handshake(): HandshakeResult | undefined {
    return this.#handshake
  }

  /** How the connection ended; undefined before, and when it was never open. Not in the standard. */
  get disconnect(): Disconnect | undefined {
    return this.#disconnect
  }

  /** The last ping's, in ms; undefined before the first pong. Not in the standard. */
  get roundTripTimeMs(): number | undefined {
    return this.#connection?.roundTripTimeMs
  }

  /**
   * Sends one message: a string as text, `Blob`, `ArrayBuffer` and views as binary, anything else as its string.
   *
   * @throws DOMException `InvalidStateError` before the connection is open
   * @throws TypeError for a Symbol, and for bytes that are shared or can be resized
   */
  send(data: string | Blob | ArrayBuffer | ArrayBufferView): void {
    // biome-ignore lint/complexity/noArguments: WebIDL counts the arguments
    // biome-ignore lint/correctness/noUndeclaredVariables: arguments is declared by the language
    if (arguments.length === 0) throw new TypeError('send needs something to send.')
    // biome-ignore lint/complexity/noArguments: a callback would never be called
    // biome-ignore lint/correctness/noUndeclaredVariables: arguments is declared by the language
    if (arguments.length > 1) warnOfCallback(arguments[1])
    WebSocket.#check(this)
    const message = toSendData(data)
    if (this.#readyState === ReadyState.Connecting) {
      throw new DOMException('Still connecting: send in or after the open event.', 'InvalidStateError')
    }
    const bytes = messageSize(message)
    if (this.#readyState !== ReadyState.Open || this.#connection === undefined) {
      this.#unsendableBytes += bytes
      return
    }
    const before = this.#connection.bufferedAmount
    if (before === 0) {
      this.#queuedPayloadBytes = 0
      this.#queuedFrameBytes = 0
    }
    this.#connection.send(message)
    this.#queuedPayloadBytes += bytes
    this.#queuedFrameBytes += Math.max(0, this.#connection.bufferedAmount - before)
  }

  /**
   * Starts the close handshake, or gives up connecting.
   *
   * @param code 1000, or 3000 to 4999; default: none
   * @param reason at most 123 bytes of UTF-8
   * @throws DOMException `InvalidAccessError` for another code, `SyntaxError` for a longer reason
   */
  close(code: number | undefined = undefined, reason: string | undefined = undefined): void {
    WebSocket.#check(this)
    const closeCode = code === undefined ? undefined : toClampedUnsignedShort(code)
    const closeReason = reason === undefined ? '' : toUsvString(reason)
    checkCloseArguments(closeCode, closeReason, code)
    if (this.#connection !== undefined) {
      this.#connection.close(closeCodeFor(closeCode, closeReason), closeReason)
    } else if (this.#readyState === ReadyState.Connecting) {
      this.#abandon('close() was called before the connection was open.')
    }
  }

  /** Cuts the connection at once; the peer sees 1006. Not in the standard. */
  terminate(): void {
    if (this.#connection !== undefined) this.#connection.terminate()
    else if (this.#readyState === ReadyState.Connecting) {
      this.#abandon('terminate() was called before the connection was open.')
    }
  }

  /**
   * Sends a ping. Not in the standard.
   *
   * @param data at most 125 bytes
   * @returns the round-trip time in ms, or undefined when the connection is not open or ends first
   * @throws UsageError `BW_CONTROL_FRAME_TOO_LONG`
   */
  ping(data?: string | Uint8Array): Promise<number | undefined> {
    if (this.#connection === undefined) return Promise.resolve(undefined)
    return this.#connection.ping(data === undefined ? undefined : messageBytes(data))
  }

  /** WebIDL §3.7.6: whether `this` is one of this class comes before what is given to it. */
  static #check(value: unknown): void {
    if (!isObject(value) || !(#url in value)) throw new TypeError('This is a member of WebSockets only.')
  }

  /** WHATWG §3, "when the WebSocket connection is established". */
  #open({ accepted, status, headers, transport, head }: Opened): void {
    this.#opening = undefined
    this.#handshake = { status, headers }
    this.#protocol = accepted.subprotocol
    this.#extensions = serializeExtensions(accepted.extensions)
    this.#connection = new Connection(
      {
        onMessage: message => this.#receive(message),
        onPing: payload => this.#tellControlFrame('ping', payload),
        onPong: payload => this.#tellControlFrame('pong', payload),
        onClosing: () => {
          this.#readyState = ReadyState.Closing
        },
        onClose: disconnect => this.#close(disconnect),
      },
      {
        role: 'client',
        transport,
        settings: this.#settings.connection,
        deflate: accepted.deflate && deflateDirections(accepted.deflate, 'client'),
      },
    )
    this.#readyState = ReadyState.Open
    this.dispatchEvent(new Event('open'))
    if (head.length > 0) this.#startLater(this.#connection, head)
    else this.#connection.start()
  }

  /** Each event is a task of its own: a program that awaits `open` and then listens hears the messages that came along with the answer. */
  #startLater(connection: Connection, head: Buffer): void {
    connection.start()
    connection.pause()
    connection.receive(head)
    setImmediate(() => connection.resume())
  }

  /** WHATWG §3, "when a WebSocket message has been received". */
  #receive(message: string | Buffer): void {
    if (this.#readyState !== ReadyState.Open) return
    const data = typeof message === 'string' ? message : this.#binary(message)
    this.dispatchEvent(new MessageEvent('message', { data, origin: this.#origin }))
  }

  #binary(payload: Buffer): Blob | ArrayBuffer {
    const bytes = payload as Buffer<ArrayBuffer>
    if (this.#binaryType === 'blob') return new Blob([bytes])
    // A message that fills its memory need not be copied: nobody else has it.
    return bytes.length === bytes.buffer.byteLength ? bytes.buffer : Uint8Array.from(bytes).buffer
  }

  #tellControlFrame(type: 'ping' | 'pong', payload: Buffer): void {
    this.dispatchEvent(new MessageEvent(type, { data: Uint8Array.from(payload), origin: this.#origin }))
  }

  /** WHATWG §3, "when the WebSocket connection is closed". */
  #close(disconnect: Disconnect): void {
    this.#disconnect = disconnect
    this.#readyState = ReadyState.Closed
    const { by, code, reason, wasClean } = disconnect
    if (by === 'policy') this.dispatchEvent(new WebSocketErrorEvent(disconnect.error as Error))
    else if (by === 'network') {
      const { error } = disconnect
      const told = isBothwaysError(error) ? error : new ConnectionClosedError(disconnect)
      this.dispatchEvent(new WebSocketErrorEvent(told))
    }
    this.dispatchEvent(new CloseEvent('close', { code, reason, wasClean }))
  }

  #fail(error: HandshakeError): void {
    this.#opening = undefined
    this.#readyState = ReadyState.Closed
    this.dispatchEvent(new WebSocketErrorEvent(error))
    this.dispatchEvent(new CloseEvent('close', { code: 1006 }))
  }

  /** WHATWG §3.1, `close` while connecting: the state changes at once, the events come in a task of their own. */
  #abandon(why: string): void {
    this.#opening?.abort()
    this.#readyState = ReadyState.Closing
    setImmediate(() => this.#fail(new HandshakeError('BW_HANDSHAKE_ABORTED', why)))
  }

  #closeOnAbort(signal: AbortSignal | undefined): void {
    if (signal === undefined) return
    const abort = (): void => {
      if (this.#readyState === ReadyState.Connecting)
        this.#abandon('The signal of options.signal was aborted.')
      else this.#connection?.terminate()
    }
    if (signal.aborted) {
      abort()
      return
    }
    signal.addEventListener('abort', abort)
    this.addEventListener('close', () => signal.removeEventListener('abort', abort))
  }
}

defineConstants(WebSocket, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 })
defineInterface(WebSocket, 'WebSocket', [
  'url',
  'readyState',
  'bufferedAmount',
  'onopen',
  'onerror',
  'onclose',
  'extensions',
  'protocol',
  'close',
  'onmessage',
  'binaryType',
  'send',
])
defineInspection(WebSocket, 'WebSocket', socket => ({
  url: socket.url,
  state: stateName(socket.readyState),
  protocol: socket.protocol || undefined,
  extensions: socket.extensions || undefined,
  bufferedAmount: socket.bufferedAmount,
  disconnect: socket.disconnect,
}))
