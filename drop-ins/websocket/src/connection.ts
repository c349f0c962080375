import type { Socket } from 'node:net'
import { type LimitError, Opcode, type ProtocolViolation, type ReceivedFrame } from '@bothways/protocol'
import {
  type CloseFrame,
  Connection,
  type ConnectionHandler,
  messageBytes,
  ownBytes,
  ReadyState,
  shortReason,
  takeTransport,
} from 'bothways/connection'
import { closeAnswer, closeDescriptions, failureClose, isCloseReason, isWrongClose } from './close-reasons.ts'
import type { ConnectionEvents } from './connection-events.ts'
import { compatOf, settingsOf } from './connection-options.ts'
import { Emitter } from './emitter.ts'
import { mayFragment, sendFragments } from './fragmentation.ts'
import { frameHeader, maskBytes, receivedFrame, type WebSocketFrame } from './frame.ts'
import { createKeepalive, type Keepalive } from './keepalive.ts'
import { ReadPause } from './read-pause.ts'
import { notSentError } from './send-error.ts'
import type { IConfig, IExtension, IKeepaliveConfig, IStringified, SendCallback } from './types.ts'

/** A connection's state as {@link WebSocketConnection.state} tells it. */
const State = {
  Open: 'open',
  PeerRequestedClose: 'peer_requested_close',
  Ending: 'ending',
  Closed: 'closed',
} as const

/** The longest payload that a ping or pong keeps of one that is too long. */
const keptControlBytes = 124

const nothing = Buffer.alloc(0)

/** One open connection, of a server or a client. */
export class WebSocketConnection extends Emitter<ConnectionEvents> {
  static readonly CLOSE_REASON_NORMAL = 1000
  static readonly CLOSE_REASON_GOING_AWAY = 1001
  static readonly CLOSE_REASON_PROTOCOL_ERROR = 1002
  static readonly CLOSE_REASON_UNPROCESSABLE_INPUT = 1003
  static readonly CLOSE_REASON_RESERVED = 1004
  static readonly CLOSE_REASON_NOT_PROVIDED = 1005
  static readonly CLOSE_REASON_ABNORMAL = 1006
  static readonly CLOSE_REASON_INVALID_DATA = 1007
  static readonly CLOSE_REASON_POLICY_VIOLATION = 1008
  static readonly CLOSE_REASON_MESSAGE_TOO_BIG = 1009
  static readonly CLOSE_REASON_EXTENSION_REQUIRED = 1010
  static readonly CLOSE_REASON_INTERNAL_SERVER_ERROR = 1011
  static readonly CLOSE_REASON_TLS_HANDSHAKE_FAILED = 1015
  static readonly CLOSE_DESCRIPTIONS: { [code: number]: string } = { ...closeDescriptions }

  config: IConfig & IKeepaliveConfig
  /** In lower case, as it was asked for; null or undefined: none. */
  protocol: string
  /** Always empty. */
  extensions: IExtension[]
  /** The client's own address where a proxy tells it; `socket.remoteAddress` is that of the TCP connection. */
  remoteAddress: string
  /** The addresses in `X-Forwarded-For`, then that of the TCP connection; on a server's connections only. */
  remoteAddresses!: string[]
  webSocketVersion!: number
  /** -1 while the connection is open. */
  closeReasonCode: number
  /** Null while the connection is open. */
  closeDescription: string
  closeEventEmitted: boolean
  /** This is a client's side (RFC 6455 §5.1). */
  maskOutgoingPackets: boolean
  /** False as soon as closing has begun. */
  connected: boolean
  state: string
  waitingForCloseResponse: boolean
  closeTimeout: number
  assembleFragments: boolean
  maxReceivedMessageSize: number
  /** The last send has met a peer that reads too slowly: `drain` follows. */
  outputBufferFull: boolean
  inputPaused: boolean

  readonly #socket: Socket
  readonly #transport: ReturnType<typeof takeTransport>
  readonly #core: Connection
  readonly #keepalive: Keepalive | undefined
  readonly #readPause: ReadPause
  #isStarted = false
  /** The latest ping that waits for the peer to read. */
  #owedPong: Buffer | undefined

  /** Takes over a socket whose opening handshake is over; {@link _addSocketEventListeners} begins to read. */
  constructor(
    socket: Socket,
    extensions: IExtension[],
    protocol: string,
    maskOutgoingPackets: boolean,
    config: IConfig & IKeepaliveConfig,
  ) {
    super()
    this.config = config
    this.#socket = socket
    this.#transport = takeTransport(socket, 'auto')
    this.protocol = protocol
    this.extensions = extensions
    this.remoteAddress = socket.remoteAddress as string
    this.closeReasonCode = -1
    this.closeDescription = null as unknown as string
    this.closeEventEmitted = false
    this.maskOutgoingPackets = maskOutgoingPackets
    this.connected = true
    this.state = State.Open
    this.waitingForCloseResponse = false
    this.closeTimeout = config.closeTimeout as number
    this.assembleFragments = config.assembleFragments as boolean
    this.maxReceivedMessageSize = config.maxReceivedMessageSize as number
    this.outputBufferFull = false
    this.inputPaused = false

    // `false` for undefined, too, as Node takes it for true.
    socket.setNoDelay(Boolean(config.disableNagleAlgorithm))
    socket.setTimeout(0)
    if (config.keepalive && config.useNativeKeepalive) socket.setKeepAlive(true, config.keepaliveInterval)
    this.#core = this.#createCore()
    this.#readPause = new ReadPause(socket, this.#transport, this.#core, this)
    this.#keepalive = this.#createKeepalive()
  }

  /** The TCP connection, for a program that uses it besides: behind the data sent before, and with all data from here on. */
  get socket(): Socket {
    this.#core.shareStream()
    return this.#socket
  }

  get maskBytes(): Buffer {
    return maskBytes
  }

  get frameHeader(): Buffer {
    return frameHeader
  }

  /** Bytes sent that the operating system has not taken yet. */
  get bytesWaitingToFlush(): number {
    return this.#core.bufferedAmount
  }

  /** Begins to read. */
  _addSocketEventListeners(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#socket.on('error', error => this.#handleError(error))
    this.#readPause.start()
    this.#core.start()
  }

  /** Takes bytes that came outside of the socket, such as those right behind the opening handshake. */
  handleSocketData(data: Buffer): void {
    if (data.length > 0) this.#core.receive(data)
  }

  /** Sends text, or a `Buffer` as a binary message. */
  send(data: Buffer | IStringified, cb?: SendCallback): void {
    if (Buffer.isBuffer(data)) this.sendBytes(data, cb)
    else if (typeof data.toString === 'function') this.sendUTF(data, cb)
    else throw new Error('Data provided must either be a Node Buffer or implement toString()')
  }

  /** Sends text. */
  sendUTF(data: IStringified, cb?: SendCallback): void {
    const text = data.toString()
    // A UTF-16 unit becomes at most three bytes.
    if (!mayFragment(text.length * 3, this.config)) this.#took(this.#core.send(text) === 'sent', cb)
    else this.#sendBytes(Buffer.from(text), Opcode.Text, cb)
  }

  /** Sends a binary message. The memory may be used again when this returns. */
  sendBytes(data: Buffer, cb?: SendCallback): void {
    if (!Buffer.isBuffer(data)) {
      throw new Error('You must pass a Node Buffer object to WebSocketConnection.prototype.sendBytes()')
    }
    this.#sendBytes(data, Opcode.Binary, cb)
  }

  /** Sends the message that a frame describes, in several frames if it is long. */
  fragmentAndSend(frame: WebSocketFrame, cb?: SendCallback): void {
    if (frame.opcode > 0x07) throw new Error('You cannot fragment control frames.')
    this.#sendBytes(frame.binaryPayload, frame.opcode as Opcode, cb)
  }

  /** Sends a frame as it is; only its masking follows from the side. False when the peer reads too slowly. */
  sendFrame(frame: WebSocketFrame, cb?: SendCallback): boolean {
    frame.mask = this.maskOutgoingPackets
    return this.#took(this.#core.sendEncoded(frame.toBuffer()) === 'sent', cb)
  }

  /** Sends a ping; of more than 125 bytes the first 124. */
  ping(data?: Buffer | IStringified): void {
    const payload = data ? (Buffer.isBuffer(data) ? data : Buffer.from(data.toString())) : nothing
    this.#sendControl(Opcode.Ping, payload)
  }

  /** Sends a pong; of more than 125 bytes the first 124. Pings are answered without it. */
  pong(binaryPayload?: Buffer): void {
    this.#sendControl(Opcode.Pong, binaryPayload ?? nothing)
  }

  /** Stops reading; TCP then makes the peer wait. */
  pause(): void {
    this.#readPause.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /**
   * Begins the close handshake; a peer that does not do its part is cut off after `closeTimeout`.
   *
   * @throws Error when the code may not be used
   */
  close(reasonCode?: number, description?: string): void {
    if (!this.connected) return
    const code = typeof reasonCode === 'number' ? reasonCode : WebSocketConnection.CLOSE_REASON_NORMAL
    if (!isCloseReason(code)) throw new Error(`Close code ${code} is not valid.`)
    this.#setCloseReason(code, description)
    this.sendCloseFrame(code, this.closeDescription)
    this.state = State.Ending
    this.connected = false
    this.waitingForCloseResponse = true
  }

  /** Sends a close frame, unless told otherwise, and ends TCP at once. */
  drop(reasonCode?: number, description?: string, skipCloseFrame?: boolean): void {
    const code = typeof reasonCode === 'number' ? reasonCode : WebSocketConnection.CLOSE_REASON_PROTOCOL_ERROR
    this.#setCloseReason(code, description)
    if (!skipCloseFrame) this.sendCloseFrame(code, this.closeDescription)
    this.#end()
    this.#core.flush()
    this.#core.terminate()
  }

  /** Sends a close frame. */
  sendCloseFrame(reasonCode?: number, description?: string | null, cb?: SendCallback): void {
    if (this.state !== State.Open && this.state !== State.PeerRequestedClose) return
    const code = typeof reasonCode === 'number' ? reasonCode : WebSocketConnection.CLOSE_REASON_NORMAL
    const isOpen = this.#core.readyState === ReadyState.Open
    if (isOpen) this.#core.close(code, typeof description === 'string' ? shortReason(description) : '')
    this.#callBack(isOpen, cb)
  }

  #createCore(): Connection {
    const { config, maskOutgoingPackets } = this
    const role = maskOutgoingPackets ? 'client' : 'server'
    const settings = settingsOf(config, this.#socket.writableHighWaterMark, role)
    const compat = compatOf(config)
    const handler: ConnectionHandler = {
      onMessage: message => this.#handleMessage(message),
      onFrame: frame => this.#handleFrame(frame),
      onDrain: () => this.#handleDrain(),
      onPing: payload => this.#handlePing(payload),
      onPong: payload => this.#handlePong(payload),
      onClosing: received => this.#handleClosing(received),
      onCloseDue: (_due, _received, error) => {
        const { code, reason } = error === undefined ? closeAnswer : failureClose(error)
        this.#core.close(code, reason)
      },
      onViolation: error => this.#handleViolation(error),
      onClose: () => this.#handleClose(),
    }
    return new Connection(handler, { role, transport: this.#transport, settings, compat })
  }

  #createKeepalive(): Keepalive | undefined {
    const core = this.#core
    const readPause = this.#readPause
    return createKeepalive(this.config, {
      get idleMs() {
        return core.idleMs
      },
      get bytesReceived() {
        return core.bytesReceived
      },
      get isPaused() {
        return readPause.isOn
      },
      ping: () => {
        this.ping()
        // The time for its answer runs.
        this.#core.flush()
      },
      drop: () => this.drop(WebSocketConnection.CLOSE_REASON_ABNORMAL, 'Peer not responding.', true),
    })
  }

  // --- sending

  #sendBytes(data: Buffer, opcode: Opcode, cb: SendCallback | undefined): void {
    if (!mayFragment(data.length, this.config)) {
      const outcome =
        opcode === Opcode.Binary ? this.#core.send(data) : this.#core.sendFrame(data, { opcode })
      this.#took(outcome === 'sent', cb)
      return
    }
    sendFragments(this.#core, data, opcode, this.config)
    this.#took(this.#core.bufferedAmount < this.#socket.writableHighWaterMark, cb)
  }

  #sendControl(opcode: typeof Opcode.Ping | typeof Opcode.Pong, data: Buffer): void {
    const payload = data.length > 125 ? data.subarray(0, keptControlBytes) : data
    this.#took(this.#core.sendFrame(payload, { opcode }) === 'sent', undefined)
  }

  /** Acts on the core's answer to a send: sets `outputBufferFull`, and calls back. */
  #took(hasRoom: boolean, cb: SendCallback | undefined): boolean {
    this.outputBufferFull = !hasRoom
    this.#callBack(this.#core.readyState === ReadyState.Open, cb)
    return hasRoom
  }

  #callBack(isTaken: boolean, cb: SendCallback | undefined): void {
    if (typeof cb !== 'function') return
    if (isTaken) this.#core.whenTaken(cb)
    else process.nextTick(cb, notSentError())
  }

  // --- receiving: once closing has begun, nothing that comes is told

  #handleMessage(message: string | Buffer): void {
    if (!this.connected) return
    if (typeof message === 'string') this.emit('message', { type: 'utf8', utf8Data: message })
    else this.emit('message', { type: 'binary', binaryData: message })
  }

  #handleFrame({ opcode, isFinal, payload }: ReceivedFrame): void {
    if (!this.connected) return
    this.#emitFrame(opcode, isFinal, messageBytes(payload))
  }

  #handlePing(payload: Buffer): void {
    if (!this.connected) return
    // The payload that listeners get is theirs.
    const answer = Buffer.from(payload)
    this.#emitFrame(Opcode.Ping, true, payload)
    let isCancelled = false
    if (this.listenerCount('ping') > 0) {
      this.emit(
        'ping',
        () => {
          isCancelled = true
        },
        payload,
      )
    }
    if (isCancelled) return
    // A peer that asks and does not read gets its latest answer only, when it reads again.
    if (this.outputBufferFull) this.#owedPong = answer
    else this.pong(answer)
  }

  #handlePong(payload: Buffer): void {
    if (!this.connected) return
    this.#emitFrame(Opcode.Pong, true, payload)
    this.emit('pong', payload)
  }

  #emitFrame(opcode: number, fin: boolean, binaryPayload: Buffer, closeStatus = -1): void {
    if (this.assembleFragments) return
    const { config, maskOutgoingPackets } = this
    const mask = !maskOutgoingPackets
    const frame = receivedFrame({ fin, opcode, mask, binaryPayload, config })
    if (closeStatus !== -1) {
      frame.closeStatus = closeStatus
      frame.length = binaryPayload.length + 2
    }
    this.emit('frame', frame)
  }

  #handleDrain(): void {
    this.outputBufferFull = false
    const owedPong = this.#owedPong
    this.#owedPong = undefined
    if (owedPong !== undefined) this.pong(owedPong)
    this.emit('drain')
  }

  // --- ending

  #setCloseReason(code: number, description: string | undefined): void {
    this.closeReasonCode = code
    this.closeDescription =
      typeof description === 'string' ? description : (WebSocketConnection.CLOSE_DESCRIPTIONS[code] as string)
  }

  /** The core has answered a close frame, or has been closed. */
  #handleClosing(received: CloseFrame | undefined): void {
    if (received === undefined || !this.connected) return
    // A close frame without a code counts as none, and TCP's end as the connection's.
    const code = received.code === WebSocketConnection.CLOSE_REASON_NOT_PROVIDED ? -1 : received.code
    this.#emitFrame(Opcode.Close, true, ownBytes(Buffer.from(received.reason)), code)
    this.#handlePeerClose(code, received.reason === '' ? undefined : received.reason)
  }

  #handlePeerClose(code: number, description: string | undefined): void {
    this.state = State.PeerRequestedClose
    this.connected = false
    this.#setCloseReason(code, description)
  }

  #handleViolation(error: ProtocolViolation | LimitError): void {
    if (!this.connected) return
    if (isWrongClose(error.code)) {
      const { value = 1005 } = error as ProtocolViolation
      this.#handlePeerClose(error.code === 'BW_CLOSE_BODY_OF_ONE_BYTE' ? 1005 : value, undefined)
      return
    }
    const { code, reason } = failureClose(error)
    this.#setCloseReason(code, reason)
    this.#end()
    this.#core.flush()
    this.#core.terminate()
  }

  #handleError(error: NodeJS.ErrnoException): void {
    if (this.state === State.Closed) return
    this.closeReasonCode = WebSocketConnection.CLOSE_REASON_ABNORMAL
    this.closeDescription = `Socket Error: ${error.syscall} ${error.code}`
    this.connected = false
    this.state = State.Closed
    if (this.listenerCount('error') > 0) this.emit('error', error)
    this.#socket.destroy()
  }

  #handleClose(): void {
    if (this.closeReasonCode === -1) {
      this.#setCloseReason(WebSocketConnection.CLOSE_REASON_ABNORMAL, 'Connection dropped by remote peer.')
    }
    this.#end()
  }

  #end(): void {
    this.connected = false
    this.state = State.Closed
    this.waitingForCloseResponse = false
    this.#keepalive?.stop()
    if (this.closeEventEmitted) return
    this.closeEventEmitted = true
    this.emit('close', this.closeReasonCode, this.closeDescription)
  }
}
