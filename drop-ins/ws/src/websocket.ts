import type { Buffer } from 'node:buffer'
import { EventEmitter } from 'node:events'
import type { ClientRequest, ClientRequestArgs } from 'node:http'
import type { Duplex, DuplexOptions } from 'node:stream'
import { Opcode } from '@bothways/protocol'
import { Connection, isBlob, ReadyState, takeTransport } from 'bothways/connection'
import { checkCloseCode, closeReason } from './close-arguments.ts'
import { ConnectionEvents } from './connection-events.ts'
import { settingsOf, traitsOf } from './connection-options.ts'
import { addHandler, defineEventAttributes, makeEnumerable, removeHandler } from './events.ts'
import { Inner, inner } from './inner.ts'
import { abortOpening, openConnection } from './opening.ts'
import {
  type BinaryType,
  type BufferLike,
  binaryTypes,
  checkControlLength,
  emptyBuffer,
  sentBytes,
  toBuffer,
} from './payload.ts'
import type { PerMessageDeflateOptions as DeflateOptions, PerMessageDeflate } from './permessage-deflate.ts'
import { SocketSender } from './socket-sender.ts'
import type * as types from './types.ts'
import type { WebSocketServer as ServerClass } from './websocket-server.ts'

type Callback = (error?: Error) => void

const stateNames = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const

interface SendOptions {
  mask?: boolean | undefined
  binary?: boolean | undefined
  compress?: boolean | undefined
  fin?: boolean | undefined
}

/** What the socket of an accepted or opened connection is made with. */
export interface SocketOptions
  extends Pick<
    types.ClientOptions,
    | 'allowSynchronousEvents'
    | 'closeTimeout'
    | 'generateMask'
    | 'maxFragments'
    | 'maxPayload'
    | 'skipUTF8Validation'
  > {}

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

  declare onopen: ((event: types.Event) => void) | null
  declare onerror: ((event: types.ErrorEvent) => void) | null
  declare onclose: ((event: types.CloseEvent) => void) | null
  declare onmessage: ((event: types.MessageEvent) => void) | null

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
  readonly [inner]: Inner = new Inner()

  /**
   * Connects to `address`: `ws:`, `wss:`, `http:`, `https:` or `ws+unix:`. (With null, a socket without a connection,
   * as a server makes them.)
   *
   * @throws SyntaxError for an address or a subprotocol that is none
   */
  constructor(address: null)
  constructor(address: string | URL, options?: types.ClientOptions | ClientRequestArgs)
  constructor(
    address: string | URL,
    protocols?: string | string[],
    options?: types.ClientOptions | ClientRequestArgs,
  )
  constructor(
    address: string | URL | null,
    protocols?: string | string[] | object | null,
    options?: types.ClientOptions | ClientRequestArgs,
  ) {
    super()
    this._isServer = address === null
    if (address === null) {
      this[inner].options = (options ?? {}) as types.ClientOptions
      return
    }
    const isOptions = typeof protocols === 'object' && protocols !== null && !Array.isArray(protocols)
    const given = ((isOptions ? protocols : options) ?? {}) as types.ClientOptions
    const named = isOptions || protocols === undefined ? given.protocols : protocols
    const names = named === undefined ? [] : [named].flat()
    this[inner].options = openConnection(this, address, names as string[], given)
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
    const { connection, unsentBytes } = this[inner]
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

  /** @internal The stream under the connection, for whoever uses it besides: behind what was sent before. */
  get _socket(): Duplex | null {
    const { connection, transport, stream } = this[inner]
    transport?.shareStream()
    connection?.flush()
    return stream
  }

  /** @internal Sends frames that were made elsewhere. */
  get _sender(): SocketSender | null {
    const own = this[inner]
    if (own.connection === undefined) return null
    own.sender ??= new SocketSender(own.connection)
    return own.sender
  }

  /** @internal Emits `conclude` when the peer's close frame has come. */
  get _receiver(): EventEmitter | null {
    const own = this[inner]
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
    const own = this[inner]
    own.stream = socket
    own.transport = takeTransport(socket, 'auto')
    own.handler = new ConnectionEvents(this, options.allowSynchronousEvents !== false)
    own.connection = new Connection(own.handler, {
      role: this._isServer ? 'server' : 'client',
      transport: own.transport,
      settings: settingsOf(options, own.options.closeTimeout, deflate),
      deflate: deflate?.directions,
      traits: traitsOf(options),
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
    this[inner].connection?.close(checkCloseCode(code), closeReason(code, data))
  }

  /** Stops the events; what has been read already may still come. */
  pause(): void {
    if (this._readyState === ReadyState.Connecting || this._readyState === ReadyState.Closed) return
    this._paused = true
    this[inner].connection?.pause()
  }

  resume(): void {
    if (this._readyState === ReadyState.Connecting || this._readyState === ReadyState.Closed) return
    this._paused = false
    const { handler, connection } = this[inner]
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
    const { connection } = this[inner]
    connection?.flush()
    connection?.terminate()
  }

  addEventListener<K extends keyof types.WebSocketEventMap>(
    type: K,
    listener:
      | ((event: types.WebSocketEventMap[K]) => void)
      | { handleEvent(event: types.WebSocketEventMap[K]): void },
    options: types.EventListenerOptions = {},
  ): void {
    addHandler(this, type, listener as () => void, { once: options.once === true })
  }

  removeEventListener<K extends keyof types.WebSocketEventMap>(
    type: K,
    listener:
      | ((event: types.WebSocketEventMap[K]) => void)
      | { handleEvent(event: types.WebSocketEventMap[K]): void },
  ): void {
    removeHandler(this, type, listener as () => void)
  }
}

/** Events with what they come with. */
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

/**
 * The names that belong to the class: `index.ts` makes them its statics. Interfaces, so that programs can add to them.
 */
export declare namespace WebSocket {
  export type RawData = types.RawData
  export type Data = types.Data
  export type CertMeta = types.CertMeta
  export type VerifyClientCallbackSync<
    Request extends import('node:http').IncomingMessage = import('node:http').IncomingMessage,
  > = types.VerifyClientCallbackSync<Request>
  export type VerifyClientCallbackAsync<
    Request extends import('node:http').IncomingMessage = import('node:http').IncomingMessage,
  > = types.VerifyClientCallbackAsync<Request>
  export type FinishRequestCallback = types.FinishRequestCallback
  export interface ClientOptions extends types.ClientOptions {}
  export interface PerMessageDeflateOptions extends DeflateOptions {}
  export interface Event extends types.Event {}
  export interface ErrorEvent extends types.ErrorEvent {}
  export interface CloseEvent extends types.CloseEvent {}
  export interface MessageEvent extends types.MessageEvent {}
  export interface WebSocketEventMap extends types.WebSocketEventMap {}
  export interface EventListenerOptions extends types.EventListenerOptions {}
  export interface ServerOptions<
    U extends typeof WebSocketAlias = typeof WebSocketAlias,
    V extends typeof import('node:http').IncomingMessage = typeof import('node:http').IncomingMessage,
  > extends types.ServerOptions<U, V> {}
  export interface AddressInfo extends types.AddressInfo {}

  export const WebSocket: typeof WebSocketAlias
  export interface WebSocket extends WebSocketAlias {}
  export const WebSocketServer: typeof ServerClass
  export interface WebSocketServer extends ServerClass {}
  export const Server: typeof ServerClass
  export interface Server<
    T extends typeof WebSocketAlias = typeof WebSocketAlias,
    U extends typeof import('node:http').IncomingMessage = typeof import('node:http').IncomingMessage,
  > extends ServerClass<T, U> {}
  export const createWebSocketStream: (websocket: WebSocketAlias, options?: DuplexOptions) => Duplex
  export const Sender: typeof import('./sender.ts').Sender
  export const Receiver: typeof import('./receiver.ts').Receiver
  export const PerMessageDeflate: typeof import('./permessage-deflate.ts').PerMessageDeflate
  export const extension: typeof import('./extension.ts')
  export const subprotocol: typeof import('./subprotocol.ts')
}

type WebSocketAlias = WebSocket
declare const WebSocketAlias: typeof WebSocket

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

function notOpen(state: ReadyState): string {
  return `WebSocket is not open: readyState ${state} (${stateNames[state]})`
}

function sendMessage(
  socket: WebSocket,
  given: BufferLike,
  options: SendOptions | undefined,
  cb: Callback | undefined,
): void {
  checkConnected(socket)
  const data = typeof given === 'number' ? String(given) : given
  const connection = socket[inner].connection
  if (socket._readyState !== ReadyState.Open || connection === undefined) {
    refuse(socket, data, cb)
    return
  }
  if (options === undefined && socket[inner].isCompressing === undefined) {
    if (typeof data === 'string' || isBlob(data)) connection.send(data)
    else connection.send(sentBytes(data))
  } else {
    sendFrame(socket, connection, data, options)
  }
  if (typeof cb === 'function') connection.whenTaken(cb)
}

/** One frame, with what the program says of it; an option that is there counts, also when undefined. */
function sendFrame(
  socket: WebSocket,
  connection: Connection,
  data: Exclude<BufferLike, number>,
  given: SendOptions | undefined,
): void {
  const options: SendOptions = Object(given ?? {})
  const payload = isBlob(data) ? data : sentBytes(data)
  const isBinary = 'binary' in options ? options.binary : typeof data !== 'string'
  const isFinal = 'fin' in options ? options.fin === true : true
  const isMasked = 'mask' in options ? options.mask === true : !socket._isServer
  const isFirst = socket[inner].isCompressing === undefined
  if (isFirst) {
    const mayCompress = 'compress' in options ? options.compress === true : true
    const deflate = socket._extensions['permessage-deflate']
    socket[inner].isCompressing = mayCompress && deflate?.isWorthCompressing(payload) === true
  }
  connection.sendFrame(payload, {
    opcode: isFirst ? (isBinary ? Opcode.Binary : Opcode.Text) : Opcode.Continuation,
    isFinal,
    compresses: socket[inner].isCompressing === true,
    isMasked,
  })
  if (isFinal) socket[inner].isCompressing = undefined
}

function sendControl(
  socket: WebSocket,
  opcode: typeof Opcode.Ping | typeof Opcode.Pong,
  ...given: unknown[]
): void {
  checkConnected(socket)
  const cb = given.find(it => typeof it === 'function') as Callback | undefined
  const [first, second] = given.slice(0, given.indexOf(cb))
  const data = typeof first === 'number' ? String(first) : first
  if (socket._readyState !== ReadyState.Open) {
    refuse(socket, data, cb)
    return
  }
  const payload = isBlob(data) ? data : sentBytes(data)
  checkControlLength(payload)
  const isMasked = second === undefined ? !socket._isServer : second === true
  socket[inner].connection?.sendFrame(payload, { opcode, isMasked })
  if (cb !== undefined) socket[inner].connection?.whenTaken(cb)
}

function checkConnected(socket: WebSocket): void {
  if (socket._readyState === ReadyState.Connecting) throw new Error(notOpen(socket._readyState))
}

function refuse(socket: WebSocket, data: unknown, cb: Callback | undefined): void {
  // Those who sent before are called back before.
  socket[inner].connection?.flush()
  if (data) socket[inner].unsentBytes += isBlob(data) ? data.size : toBuffer(data).length
  if (typeof cb === 'function') process.nextTick(cb, new Error(notOpen(socket._readyState)))
}
