import type { OutgoingHttpHeaders } from 'node:http'
import type { RequestOptions } from 'node:https'
import { isByteSource, messageBytes } from 'bothways/connection'
import { wholeArrayBuffer } from 'bothways/drop-in'
import { WebSocketClient } from './client.ts'
import type { WebSocketConnection } from './connection.ts'
import { ListenerTarget, TargetEvent } from './event-target.ts'
import type { IClientConfig, ICloseEvent, IExtension, IMessageEvent, IStringified, Message } from './types.ts'

const State = { Connecting: 0, Open: 1, Closing: 2, Closed: 3 } as const

/** A client with the interface of browsers. */
export class W3CWebSocket extends ListenerTarget {
  static get CONNECTING(): 0 {
    return State.Connecting
  }

  static get OPEN(): 1 {
    return State.Open
  }

  static get CLOSING(): 2 {
    return State.Closing
  }

  static get CLOSED(): 3 {
    return State.Closed
  }

  declare onopen: (() => void) | null
  declare onerror: ((error: Error) => void) | null
  declare onclose: ((event: ICloseEvent) => void) | null
  declare onmessage: ((message: IMessageEvent) => void) | null

  _url: string
  _readyState: number
  _protocol: string | undefined
  _extensions: IExtension[]
  _bufferedAmount: number
  _binaryType: 'arraybuffer'
  _connection: WebSocketConnection | undefined
  _client: WebSocketClient

  constructor(
    url: string,
    protocols?: string | string[] | null,
    origin?: string | null,
    headers?: OutgoingHttpHeaders | null,
    requestOptions?: RequestOptions | null,
    clientConfig?: IClientConfig | null,
  ) {
    super()
    this._url = url
    this._readyState = State.Connecting
    this._protocol = undefined
    this._extensions = '' as unknown as IExtension[]
    this._bufferedAmount = 0
    this._binaryType = 'arraybuffer'
    this._connection = undefined
    this._client = new WebSocketClient({ ...clientConfig, assembleFragments: true })
    this._client.on('connect', connection => this.#open(connection))
    this._client.on('connectFailed', () => this.#fail())
    this._client.connect(url, protocols, origin, headers, requestOptions)
  }

  get CONNECTING(): 0 {
    return State.Connecting
  }

  get OPEN(): 1 {
    return State.Open
  }

  get CLOSING(): 2 {
    return State.Closing
  }

  get CLOSED(): 3 {
    return State.Closed
  }

  get url(): string {
    return this._url
  }

  get readyState(): number {
    return this._readyState
  }

  get protocol(): string | undefined {
    return this._protocol
  }

  get extensions(): IExtension[] {
    return this._extensions
  }

  /** Always 0. */
  get bufferedAmount(): number {
    return this._bufferedAmount
  }

  get binaryType(): 'arraybuffer' {
    return this._binaryType
  }

  set binaryType(type: 'arraybuffer') {
    if (type !== 'arraybuffer') {
      throw new SyntaxError('just "arraybuffer" type allowed for "binaryType" attribute')
    }
    this._binaryType = type
  }

  /** @throws Error when the connection is not open, or for something that is neither text nor bytes */
  send(data: ArrayBufferView | ArrayBuffer | Buffer | IStringified): void {
    const connection = this._connection
    if (this._readyState !== State.Open || connection === undefined) {
      throw new Error('cannot call send() while not connected')
    }
    if (typeof data === 'string' || data instanceof String) connection.sendUTF(data)
    else connection.sendBytes(asBuffer(data))
  }

  close(code?: number, reason?: string): void {
    if (this._readyState === State.Connecting) {
      this.#fail()
      // It may still connect.
      this._client.on('connect', connection => connection.close(code || undefined, code ? reason : undefined))
    } else if (this._readyState === State.Open) {
      this._readyState = State.Closing
      this._connection?.close(code || undefined, code ? reason : undefined)
    }
  }

  #open(connection: WebSocketConnection): void {
    this._readyState = State.Open
    this._connection = connection
    this._protocol = connection.protocol
    this._extensions = connection.extensions
    connection.on('close', (code, reason) => this.#closed(code, reason))
    connection.on('message', message => this.#tell(message))
    this.dispatchEvent(new TargetEvent('open'))
  }

  #fail(): void {
    this.#forget()
    this._readyState = State.Closed
    try {
      this.dispatchEvent(new TargetEvent('error'))
    } finally {
      this.dispatchEvent(closeEvent(1006, 'connection failed'))
    }
  }

  #closed(code: number, reason: string): void {
    this.#forget()
    this._readyState = State.Closed
    this.dispatchEvent(closeEvent(code, reason || ''))
  }

  #tell(message: Message): void {
    const data = message.type === 'utf8' ? message.utf8Data : wholeArrayBuffer(message.binaryData)
    this.dispatchEvent(new TargetEvent('message', { data }))
  }

  #forget(): void {
    this._client.removeAllListeners()
    this._connection?.removeAllListeners()
  }
}

function closeEvent(code: number, reason: string): TargetEvent {
  return new TargetEvent('close', { code, reason, wasClean: code === undefined || code === 1000 })
}

function asBuffer(data: object): Buffer {
  if (isByteSource(data)) return messageBytes(data)
  throw new Error('unknown binary data:')
}
