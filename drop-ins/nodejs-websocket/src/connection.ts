// The whole life of a connection as its program sees it, so that every change of state is in one place.
import { EventEmitter } from 'node:events'
import type { Socket, Server as TcpServer } from 'node:net'
import type { Readable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { types } from 'node:util'
import {
  CloseCode,
  checkControlPayload,
  LimitError,
  Opcode,
  type ProtocolViolation,
} from '@bothways/protocol'
import {
  type Callback,
  type CloseFrame,
  Connection as Core,
  NotSentError,
  ReadyState,
  type SendOutcome,
  takeTransport,
} from 'bothways/connection'
import { answerTimeoutMs, lateAnswerError } from 'bothways/drop-in'
import { type ClientSide, readOpeningAnswer } from './client-handshake.ts'
import { closeFrameOf } from './close-frame.ts'
import { compatOf, settingsOf } from './connection-options.ts'
import type { HeadResult } from './head.ts'
import * as limits from './limits.ts'
import { Opening } from './opening.ts'
import { OutStream } from './out-stream.ts'
import { Receiving } from './receiving.ts'
import { openingAnswer, readOpeningRequest, refusal } from './server-handshake.ts'
import { tell } from './tell.ts'

/** The events of a {@link Connection}, with their arguments. */
export interface ConnectionEvents {
  /** The opening handshake is over. */
  connect: []
  text: [text: string]
  /** The beginning of a binary message. */
  binary: [stream: Readable]
  pong: [payload: string]
  /** As told to or by {@link Connection.close}; 1005 for a peer that gave no code, 1006 for one that gave no notice. */
  close: [code: number | undefined, reason: string | undefined]
  error: [error: Error]
}

/** The events of a {@link Server}, with their arguments. */
export interface ServerEvents {
  listening: []
  connection: [connection: Connection]
  /** It listens no more, and its last connection has ended. */
  close: []
  error: [error: Error]
}

/** A server that speaks WebSocket and nothing else, as its connections know it: `createServer` makes it. */
export interface Server extends EventEmitter<ServerEvents> {
  /** The TCP or TLS server under it. */
  readonly socket: TcpServer
  /** Those that are open. */
  readonly connections: Connection[]
  /**
   * Begins to listen.
   *
   * @param port 0 takes one that is free
   * @param host all addresses of this machine by default
   * @param callback added as a listener of `listening`
   */
  listen(port: number, callback?: () => void): this
  listen(port: number, host?: string, callback?: () => void): this
  /** Accepts no further connections; `close` follows when the last of those that are open has ended. */
  close(callback?: () => void): void
}

/** Chooses one of the protocols that a client offers, best first; nothing when there is none to agree on. */
export type SelectProtocol = (connection: Connection, protocols: string[]) => string | null | undefined

/** A connection that a server has accepted. */
export interface ServerSide {
  readonly server: Server
  readonly selectProtocol: SelectProtocol | undefined
}

const notOpen = "You can't write to a non-open connection"
const noTextYet = "You can't send a text frame until you finish sending binary frames"
const noBinaryYet = "You can't send more binary frames until you finish sending the previous binary frames"

/** A connection, of a server or a client: `createServer` and `connect` make them. */
export class Connection extends EventEmitter<ConnectionEvents> {
  /** Null on a client. */
  readonly server: Server | null
  readyState: ReadyState = ReadyState.Connecting
  /** The path asked for, with its query; on a server null before the handshake. */
  path: string | null = null
  /** The host of a client's URL; null on a server. */
  readonly host: string | null
  readonly extraHeaders: Readonly<Record<string, unknown>> | null
  /** The headers of the other side's handshake, by lower-case name. */
  headers: Record<string, string> = {}
  /** The protocols that the client offers. */
  protocols: string[] = []
  /** The one agreed on. */
  protocol: string | null | undefined = undefined
  /** The `Sec-WebSocket-Key`. */
  key: string | null = null
  /** The binary message that is being sent. */
  outStream: OutStream | null = null

  readonly #socket: Socket
  readonly #role: 'server' | 'client'
  readonly #opening: Opening
  /** From the end of the opening handshake on. */
  #core: Core | undefined
  #transport: ReturnType<typeof takeTransport> | undefined
  readonly #receiving = new Receiving({
    onText: text => tell(() => this.emit('text', text)),
    onBinary: stream => tell(() => this.emit('binary', stream)),
    onTooBig: error => this.#fail(error),
    pause: () => this.#core?.pause(),
    resume: () => this.#core?.resume(),
  })
  #isTellingClose = false

  /** @param onConnect called once the opening handshake is over */
  constructor(socket: Socket, side: ServerSide | ClientSide, onConnect?: (() => void) | undefined) {
    super()
    this.#socket = socket
    this.#opening = new Opening(socket)
    this.server = side.server ?? null
    this.#role = side.server === undefined ? 'client' : 'server'
    this.host = side.server === undefined ? side.host : null
    this.extraHeaders = side.server === undefined ? (side.extraHeaders ?? null) : null
    if (onConnect !== undefined) this.once('connect', onConnect)

    socket.on('error', error => this.#onNetworkError(error))
    socket.once('finish', () => this.#onEnd())
    socket.once('close', () => {
      this.#opening.end()
      this.#onEnd()
    })
    if (side.server === undefined) {
      this.path = side.path
      this.protocols = side.protocols
      this.key = side.key
      socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
        if (this.readyState === ReadyState.Connecting) socket.write(side.request)
      })
      this.#opening.read(answerTimeoutMs, result => this.#onAnswer(result), lateAnswerError)
    } else {
      this.#opening.read(limits.handshakeTimeoutMs, result => this.#onRequest(result, side))
    }
  }

  /**
   * The TCP or TLS socket under it, for a program that uses it besides: data sent before are written, and from here on all
   * data go by it.
   */
  get socket(): Socket {
    this.#core?.shareStream()
    return this.#socket
  }

  get CONNECTING(): 0 {
    return ReadyState.Connecting
  }

  get OPEN(): 1 {
    return ReadyState.Open
  }

  get CLOSING(): 2 {
    return ReadyState.Closing
  }

  get CLOSED(): 3 {
    return ReadyState.Closed
  }

  /**
   * Sends a text; false when it waits for the peer to read, then the socket's `drain` follows.
   *
   * @param callback when the operating system has taken it, or with the reason why not
   */
  sendText(text: string, callback?: Callback): boolean | undefined {
    const core = this.#ready(noTextYet)
    if (core === undefined) return undefined
    if (typeof text === 'string')
      return this.#write(core, byteLengthOf(text), () => core.send(text), callback)
    // The original takes any value that makes a Buffer.
    const payload = Buffer.from(text)
    return this.#write(core, payload.length, () => core.sendFrame(payload, { opcode: Opcode.Text }), callback)
  }

  /** Begins a binary message; it ends with the stream. */
  beginBinary(): OutStream | undefined {
    const core = this.#ready(noBinaryYet)
    if (core === undefined) return undefined
    const stream = new OutStream(
      {
        sendFragment: (payload, { isFirst, isFinal }, callback) => {
          if (this.readyState !== ReadyState.Open) {
            callback?.()
            return
          }
          const opcode = isFirst ? Opcode.Binary : Opcode.Continuation
          const send = (): SendOutcome => core.sendFrame(payload, { opcode, isFinal })
          // That the connection is gone is told by its own events.
          this.#write(core, payload.length, send, callback && (() => callback()))
        },
        onFinish: () => {
          if (this.outStream === stream) this.outStream = null
        },
      },
      limits.settings.binaryFragmentation,
    )
    this.outStream = stream
    return stream
  }

  /** Sends a binary message in one frame; as {@link sendText}. */
  sendBinary(data: Uint8Array, callback?: Callback): boolean | undefined {
    const core = this.#ready(noBinaryYet)
    if (core === undefined) return undefined
    if (!types.isUint8Array(data)) throw new TypeError(`The data must be a Buffer, got ${typeof data}`)
    return this.#write(core, data.length, () => core.send(data), callback)
  }

  /**
   * {@link sendText} or {@link sendBinary}, as the data are.
   *
   * @throws TypeError when they are neither
   */
  send(data: string | Buffer, callback?: Callback): void {
    if (typeof data === 'string') this.sendText(data, callback)
    else if (Buffer.isBuffer(data)) this.sendBinary(data, callback)
    else throw new TypeError('data should be either a string or a Buffer instance')
  }

  /** Sends a ping of at most 125 bytes; the event `pong` follows. */
  sendPing(data: string | Buffer = ''): void {
    const core = this.#ready(undefined)
    if (core === undefined) return
    const payload = Buffer.from((data as string) || '')
    try {
      checkControlPayload(payload.length)
    } catch (error) {
      this.emit('error', error as Error)
      return
    }
    this.#write(core, payload.length, () => core.sendFrame(payload, { opcode: Opcode.Ping }))
  }

  /** Begins the close handshake, or ends TCP where that cannot be or has begun before. Emits `close` each time. */
  close(code?: number, reason?: string): void {
    if (this.readyState === ReadyState.Open) {
      const frame = closeFrameOf(code, reason)
      this.readyState = ReadyState.Closing
      this.#core?.close(frame.code, frame.reason)
      this.#core?.flush()
    } else if (this.readyState !== ReadyState.Closed) {
      this.readyState = ReadyState.Closed
      this.#endTcp()
    }
    this.#emitClose(code, reason)
  }

  // --- the opening handshake

  #onAnswer({ head, rest }: HeadResult): void {
    if (this.readyState !== ReadyState.Connecting) {
      this.#socket.resume()
      return
    }
    const opening =
      head === undefined
        ? new Error('Handshake is too big')
        : readOpeningAnswer(head, { key: this.key ?? '', protocols: this.protocols })
    if (opening instanceof Error) {
      this.#opening.refuse()
      tell(() => this.emit('error', opening))
      return
    }
    this.headers = opening.headers
    this.protocol = opening.protocol
    this.#open(rest)
  }

  #onRequest({ head, rest }: HeadResult, { selectProtocol }: ServerSide): void {
    const request = head && readOpeningRequest(head)
    if (request === undefined) {
      this.#opening.refuse(refusal)
      return
    }
    this.path = request.path
    this.headers = request.headers
    this.key = request.key
    this.protocols = request.protocols
    if ('sec-websocket-protocol' in request.headers) this.protocol = selectProtocol?.(this, request.protocols)
    if (this.readyState !== ReadyState.Connecting) return
    this.#socket.write(openingAnswer(request.key, this.protocol ?? undefined))
    this.#open(rest)
  }

  #open(rest: Buffer): void {
    this.#opening.end()
    const core = this.#newCore()
    this.#core = core
    this.readyState = ReadyState.Open
    core.start()
    tell(() => this.emit('connect'))
    if (rest.length > 0) core.receive(rest)
  }

  #newCore(): Core {
    const role = this.#role
    this.#transport = takeTransport(this.#socket, 'auto')
    const core: Core = new Core(
      {
        onMessage: () => {},
        onFrame: frame => {
          if (this.readyState === ReadyState.Open) this.#receiving.take(frame)
        },
        onPong: payload => tell(() => this.emit('pong', payload.toString())),
        onClosing: received => this.#onClosing(received),
        onCloseDue: ({ code, reason }, received) => core.close(code, received && reason),
        onViolation: error => this.#onViolation(error),
        onClose: () => {},
      },
      {
        role,
        transport: this.#transport,
        settings: settingsOf(role),
        compat: compatOf(),
      },
    )
    return core
  }

  // --- sending

  /** The open connection, or undefined when the program was told why there is none to send on. */
  #ready(busy: string | undefined): Core | undefined {
    const isBusy = busy !== undefined && this.outStream !== null
    if (this.readyState === ReadyState.Open && !isBusy) return this.#core
    this.emit('error', new Error(this.readyState === ReadyState.Open ? busy : notOpen))
    return undefined
  }

  /** @returns false when the program should wait for the socket's `drain` */
  #write(core: Core, byteLength: number, send: () => SendOutcome, callback?: Callback): boolean {
    const wasOpen = core.readyState === ReadyState.Open
    const isMuch = core.bufferedAmount + byteLength >= this.#socket.writableHighWaterMark
    // Only what goes by the stream makes it tell when it has caught up.
    if (isMuch) core.shareStream()
    if (wasOpen) send()
    if (core.readyState !== ReadyState.Open) {
      if (typeof callback === 'function') process.nextTick(callback, new NotSentError(undefined))
      // Too much waits; or the other side has ended TCP, and the event for that is about to come.
      if (wasOpen) this.#onBufferFull(core)
      return false
    }
    if (typeof callback === 'function') core.whenTaken(callback)
    if (!isMuch) return true
    core.flush()
    return !this.#socket.writableNeedDrain
  }

  // --- closing

  #onClosing(received: CloseFrame | undefined): void {
    if (received === undefined || this.readyState !== ReadyState.Open) return
    // The answer goes out before the program, told of it, can end TCP.
    this.#core?.flush()
    this.readyState = ReadyState.Closed
    this.#tellClose(received.code, received.reason)
  }

  #onViolation(error: ProtocolViolation | LimitError): void {
    if (this.readyState === ReadyState.Closed) return
    this.#core?.flush()
    this.readyState = this.readyState === ReadyState.Open ? ReadyState.Closing : ReadyState.Closed
    const code = error instanceof LimitError ? CloseCode.MessageTooBig : error.closeCode
    this.#tellClose(code, undefined)
  }

  /** Closes for a bound of this side's own. */
  #fail(error: LimitError): void {
    this.readyState = ReadyState.Closing
    this.#core?.closeForPolicy(CloseCode.MessageTooBig, error, '')
    this.#core?.flush()
    this.#endTcp()
    this.#tellClose(CloseCode.MessageTooBig, undefined)
  }

  #onBufferFull(core: Core): void {
    this.readyState = ReadyState.Closing
    core.flush()
    this.#tellClose(CloseCode.TryAgainLater, undefined)
  }

  #onNetworkError(error: Error): void {
    // A client that breaks off must not end the server's process.
    if (this.#role === 'client' || this.listenerCount('error') > 0) this.emit('error', error)
  }

  /** TCP is over, or this side has ended it. */
  #onEnd(): void {
    const wasOpen = this.readyState === ReadyState.Connecting || this.readyState === ReadyState.Open
    this.readyState = ReadyState.Closed
    // When the program has ended the socket by itself, nothing may be written any more.
    this.#transport?.end()
    if (wasOpen) this.#tellClose(CloseCode.Abnormal, '')
    this.#receiving.end()
    this.outStream?.end()
    this.outStream = null
  }

  #endTcp(): void {
    if (this.#transport === undefined) this.#socket.end()
    else this.#transport.end()
  }

  /** A program that closes when it is told of the close is not told again, without end. */
  #emitClose(code: number | undefined, reason: string | undefined): boolean {
    if (this.#isTellingClose) return false
    this.#isTellingClose = true
    try {
      return this.emit('close', code, reason)
    } finally {
      this.#isTellingClose = false
    }
  }

  #tellClose(code: number, reason: string | undefined): void {
    tell(() => this.#emitClose(code, reason))
  }
}

/** How long a text is in bytes; of a short one, at most that. */
function byteLengthOf(text: string): number {
  const mostBytesPerUnit = 3
  return text.length < 1_024 ? text.length * mostBytesPerUnit : Buffer.byteLength(text)
}
