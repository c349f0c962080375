import type { Buffer } from 'node:buffer'
import { EventEmitter } from 'node:events'
import type { ClientRequest, ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'
import { Opcode } from '@bothways/protocol'
import { Connection, ReadyState, takeTransport } from 'bothways/connection'
import { checkCloseCode, closeReason } from './close-arguments.ts'
import { ConnectionEvents } from './connection-events.ts'
import { compatOf, settingsOf } from './connection-options.ts'
import { addHandler, defineEventAttributes, makeEnumerable, removeHandler } from './events.ts'
import { abortOpening, openConnection } from './opening.ts'
import { type BinaryType, type BufferLike, binaryTypes, emptyBuffer } from './payload.ts'
import type { PerMessageDeflate } from './permessage-deflate.ts'
import { type Callback, type SendOptions, sendControl, sendMessage, stateNames } from './sending.ts'
import { SocketSender } from './socket-sender.ts'
import { OwnState, ownState, type SocketOptions } from './socket-state.ts'
import type * as types from './types.ts'

/** Changes a client's request before it goes out; it must end the request. */
export type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void

/** Options of a client; those of `http.request` and `https.request` are taken, too. */
export interface ClientOptions extends types.ClientSettings {
  finishRequest?: FinishRequestCallback | undefined
}

export interface Event {
  type: string
  target: WebSocket
}

export interface ErrorEvent extends Event {
  // biome-ignore lint/suspicious/noExplicitAny: anything can be thrown
  error: any
  message: string
}

export interface CloseEvent extends Event {
  wasClean: boolean
  code: number
  reason: string
}

export interface MessageEvent extends Event {
  data: types.Data
}

export interface WebSocketEventMap {
  open: Event
  error: ErrorEvent
  close: CloseEvent
  message: MessageEvent
}

/**
 * The `WebSocket` of npm's `ws`: a client, or a server's end of a connection. Its fields with underscores are those of
 * ws that programs reach for.
 */
export class WebSocket extends EventEmitter {
  /** The connection is not yet open. */
  declare static readonly CONNECTING: 0
  /** The connection is open. */
  declare static readonly OPEN: 1
  /** The close handshake has begun. */
  declare static readonly CLOSING: 2
  /** The connection is over. */
  declare static readonly CLOSED: 3

  declare readonly CONNECTING: 0
  declare readonly OPEN: 1
  declare readonly CLOSING: 2
  declare readonly CLOSED: 3

  declare onopen: ((event: Event) => void) | null
  declare onerror: ((event: ErrorEvent) => void) | null
  declare onclose: ((event: CloseEvent) => void) | null
  declare onmessage: ((event: MessageEvent) => void) | null

  /** @internal */
  _binaryType: BinaryType = 'nodebuffer'
  /** @internal */
  _closeCode = 1006
  /** @internal */
  _closeFrameReceived = false
  /** @internal */
  _closeFrameSent = false
  /** @internal */
  _closeMessage: Buffer = emptyBuffer
  /** @internal */
  _errorEmitted = false
  /** @internal */
  _extensions: Record<string, PerMessageDeflate> = {}
  /** @internal */
  _isServer: boolean
  /** @internal */
  _paused = false
  /** @internal */
  _protocol = ''
  /** @internal */
  _readyState: ReadyState = ReadyState.Connecting
  /** @internal The handshake under way. */
  _req: ClientRequest | null = null
  /** @internal */
  _redirects = 0
  /** @internal */
  declare _url: string
  /** @internal */
  readonly [ownState]: OwnState = new OwnState()

  /**
   * Connects to `address`: `ws:`, `wss:`, `http:`, `https:` or `ws+unix:`. (With null, a socket without a connection,
   * as a server makes them.)
   *
   * @throws SyntaxError for an address or a subprotocol that is none
   */
  constructor(address: null)
  constructor(address: string | URL, options?: ClientOptions | ClientRequestArgs)
  constructor(
    address: string | URL,
    protocols?: string | string[],
    options?: ClientOptions | ClientRequestArgs,
  )
  constructor(
    address: string | URL | null,
    protocols?: string | string[] | object | null,
    options?: ClientOptions | ClientRequestArgs,
  ) {
    super()
    this._isServer = address === null
    if (address === null) {
      this[ownState].options = (options ?? {}) as ClientOptions
      return
    }
    const isOptions = typeof protocols === 'object' && protocols !== null && !Array.isArray(protocols)
    const given = ((isOptions ? protocols : options) ?? {}) as ClientOptions
    const named = isOptions || protocols === undefined ? given.protocols : protocols
    const names = named === undefined ? [] : [named].flat()
    this[ownState].options = openConnection<WebSocket>(this, address, names as string[], given)
  }

  /** `blob`, too: the types of ws do not have it, and programs list what there is. */
  get binaryType(): 'nodebuffer' | 'arraybuffer' | 'fragments' {
    return this._binaryType as 'nodebuffer'
  }

  set binaryType(type: BinaryType) {
    if (binaryTypes.includes(type)) this._binaryType = type
  }

  /** Bytes given to `send` that the operating system has not taken yet. */
  get bufferedAmount(): number {
    const { connection, unsentBytes } = this[ownState]
    connection?.flush()
    return (connection?.bufferedAmount ?? 0) + unsentBytes
  }

  /** The names of the extensions that were agreed on. */
  get extensions(): string {
    return Object.keys(this._extensions).join()
  }

  get isPaused(): boolean {
    return this._paused
  }

  /** The subprotocol that was agreed on, or the empty string. */
  get protocol(): string {
    return this._protocol
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this._readyState
  }

  get url(): string {
    return this._url
  }

  /** @internal The stream under the connection, for a program that uses it besides: behind what was sent before. */
  get _socket(): Duplex | null {
    const { connection, stream } = this[ownState]
    connection?.shareStream()
    return stream
  }

  /** @internal Sends frames that were made elsewhere. */
  get _sender(): SocketSender | null {
    const own = this[ownState]
    if (own.connection === undefined) return null
    own.sender ??= new SocketSender(own.connection)
    return own.sender
  }

  /** @internal Emits `conclude` when the peer's close frame has come. */
  get _receiver(): EventEmitter | null {
    const own = this[ownState]
    if (own.connection === undefined) return null
    own.receiver ??= new EventEmitter()
    return own.receiver
  }

  /** @internal Begins to speak WebSocket on `socket`, whose opening handshake is over. */
  setSocket(socket: Duplex, head: Buffer, options: SocketOptions): void {
    const { setTimeout, setNoDelay } = socket as Partial<import('node:net').Socket>
    setTimeout?.call(socket, 0)
    setNoDelay?.call(socket)
    if (head.length > 0) socket.unshift(head)
    const deflate = this._extensions['permessage-deflate']
    const own = this[ownState]
    own.stream = socket
    const handler = new ConnectionEvents(this, options.allowSynchronousEvents !== false)
    own.handler = handler
    own.connection = new Connection(handler, {
      role: this._isServer ? 'server' : 'client',
      transport: takeTransport(socket, 'auto'),
      settings: settingsOf(options, own.options.closeTimeout, deflate),
      deflate: deflate?.directions,
      compat: compatOf(options),
      zlibGate: deflate?._zlibGate,
    })
    own.connection.start()
    this._readyState = ReadyState.Open
    this.emit('open')
  }

  /** @internal */
  emitClose(): void {
    this._readyState = ReadyState.Closed
    this.emit('close', this._closeCode, this._closeMessage)
  }

  /**
   * Starts the close handshake.
   *
   * @throws TypeError for a code that may not be sent, RangeError for a reason of more than 123 bytes
   */
  close(code?: number, data?: string | Buffer): void {
    if (this._readyState === ReadyState.Connecting) abortOpening(this)
    if (this._readyState !== ReadyState.Open) return
    this[ownState].connection?.close(checkCloseCode(code), closeReason(code, data))
  }

  /** Stops the events; those of bytes that were read already may still come. */
  pause(): void {
    if (this._readyState === ReadyState.Connecting || this._readyState === ReadyState.Closed) return
    this._paused = true
    this[ownState].connection?.pause()
  }

  resume(): void {
    if (this._readyState === ReadyState.Connecting || this._readyState === ReadyState.Closed) return
    this._paused = false
    const { handler, connection } = this[ownState]
    if (handler?.isDeferring !== true) connection?.resume()
  }

  /**
   * Sends a ping.
   *
   * @throws Error while connecting, RangeError for more than 125 bytes
   */
  // biome-ignore lint/suspicious/noExplicitAny: anything that has bytes
  ping(data?: any, mask?: boolean, cb?: (error: Error) => void): void
  ping(data?: unknown, mask?: unknown, cb?: unknown): void {
    sendControl(this, Opcode.Ping, data, mask, cb)
  }

  /**
   * Sends a pong.
   *
   * @throws Error while connecting, RangeError for more than 125 bytes
   */
  // biome-ignore lint/suspicious/noExplicitAny: anything that has bytes
  pong(data?: any, mask?: boolean, cb?: (error: Error) => void): void
  pong(data?: unknown, mask?: unknown, cb?: unknown): void {
    sendControl(this, Opcode.Pong, data, mask, cb)
  }

  /**
   * Sends a message, or with `fin: false` a part of it. `cb` is called when the operating system has taken it, or with
   * the reason why it never will.
   *
   * @throws Error while connecting
   */
  send(data: BufferLike, cb?: Callback): void
  send(data: BufferLike, options: SendOptions, cb?: Callback): void
  send(data: BufferLike, options?: SendOptions | Callback, cb?: Callback): void {
    if (typeof options === 'function') sendMessage(this, data, undefined, options)
    else sendMessage(this, data, options, cb)
  }

  /** Ends the connection at once, without a close handshake. */
  terminate(): void {
    if (this._readyState === ReadyState.Closed) return
    if (this._readyState === ReadyState.Connecting) {
      abortOpening(this)
      return
    }
    this._readyState = ReadyState.Closing
    const { connection } = this[ownState]
    connection?.flush()
    connection?.terminate()
  }

  addEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: ((event: WebSocketEventMap[K]) => void) | { handleEvent(event: WebSocketEventMap[K]): void },
    options: types.EventListenerOptions = {},
  ): void {
    addHandler(this, type, listener as () => void, { once: options.once === true })
  }

  removeEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: ((event: WebSocketEventMap[K]) => void) | { handleEvent(event: WebSocketEventMap[K]): void },
  ): void {
    removeHandler(this, type, listener as () => void)
  }
}

/** Events with their arguments. */
export interface WebSocket {
  on<E extends keyof types.SocketEvents>(event: E, listener: SocketListener<E>): this
  on(event: string | symbol, listener: types.AnyListener<WebSocket>): this
  once<E extends keyof types.SocketEvents>(event: E, listener: SocketListener<E>): this
  once(event: string | symbol, listener: types.AnyListener<WebSocket>): this
  off<E extends keyof types.SocketEvents>(event: E, listener: SocketListener<E>): this
  off(event: string | symbol, listener: types.AnyListener<WebSocket>): this
  addListener<E extends keyof types.SocketEvents>(event: E, listener: SocketListener<E>): this
  addListener(event: string | symbol, listener: types.AnyListener<WebSocket>): this
  removeListener<E extends keyof types.SocketEvents>(event: E, listener: SocketListener<E>): this
  removeListener(event: string | symbol, listener: types.AnyListener<WebSocket>): this
}

type SocketListener<E extends keyof types.SocketEvents> = (
  this: WebSocket,
  ...args: types.SocketEvents[E]
) => void

stateNames.forEach((name, value) => {
  for (const target of [WebSocket, WebSocket.prototype]) {
    Object.defineProperty(target, name, { enumerable: true, value })
  }
})
makeEnumerable(WebSocket.prototype, [
  'binaryType',
  'bufferedAmount',
  'extensions',
  'isPaused',
  'protocol',
  'readyState',
  'url',
])
defineEventAttributes(WebSocket.prototype)
