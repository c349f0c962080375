// The longest file here: the whole life of an open connection, so that every change of state is in one place.
import {
  CloseCode,
  checkControlPayload,
  type DeflateDirection,
  type DeflateDirections,
  encodeUtf8,
  isUtf8,
  LimitError,
  maxCloseReasonBytes,
  Opcode,
  ProtocolViolation,
  Receiver,
  type ReceiverHandler,
  type Role,
  serializeCloseBody,
} from '@bothways/protocol'
import { Deflater, type InflateResult, Inflater, isInflateError } from './deflate.ts'
import { type CloseFrame, type Disconnect, describeDisconnect } from './disconnect.ts'
import { frame } from './frame.ts'
import { type HeartbeatMember, heartbeat } from './heartbeat.ts'
import { keepaliveStep } from './keepalive.ts'
import { newMaskingKey } from './masking-key.ts'
import { type MessageData, messageBytes } from './message-data.ts'
import type { ConnectionSettings } from './options.ts'
import { Outbox } from './outbox.ts'
import { Pings } from './pings.ts'
import type { PreparedMessage } from './prepared-message.ts'
import type { Transport, TransportHandler } from './transport.ts'

/** What a connection tells the face it wears. Nothing of it may throw. */
export interface ConnectionHandler {
  /** A whole message; text has been checked to be UTF-8. */
  onMessage(payload: Buffer, isText: boolean): void
  /** `send` answered false before; now there is room again. */
  onDrain?(): void
  onPing?(payload: Buffer): void
  /** `roundTripMs` is undefined for a pong that answers no ping of ours. */
  onPong?(payload: Buffer, roundTripMs: number | undefined): void
  /** The close handshake has begun: no further `send` will be taken. */
  onClosing?(): void
  /** TCP is over. Called once, last. */
  onClose(disconnect: Disconnect): void
}

export interface ConnectionInit {
  readonly role: Role
  readonly transport: Transport
  readonly settings: ConnectionSettings
  /** What the opening handshake agreed on; undefined: messages are not compressed. */
  readonly deflate?: DeflateDirections | undefined
}

/** The WHATWG `readyState` values that an established connection can have. */
export const ReadyState = { Connecting: 0, Open: 1, Closing: 2, Closed: 3 } as const
export type ReadyState = (typeof ReadyState)[keyof typeof ReadyState]

/** Why nothing is read for the moment; reading goes on when no reason is left. */
const Hold = { Application: 1, Inflating: 2 } as const
type Hold = (typeof Hold)[keyof typeof Hold]

/**
 * One WebSocket connection after its opening handshake, for either role (RFC 6455 §5-§7): messages both ways,
 * control frames, close handshake, keepalive, backpressure and compression, over any {@link Transport}.
 */
export class Connection implements ReceiverHandler, TransportHandler, HeartbeatMember {
  readonly role: Role
  /** The keepalive's and close timer's precision, in ms. */
  readonly resolutionMs: number
  readonly #transport: Transport
  readonly #settings: ConnectionSettings
  readonly #handler: ConnectionHandler
  readonly #receiver: Receiver
  readonly #outbox: Outbox
  readonly #inflater: Inflater | undefined
  readonly #deflater: Deflater | undefined
  readonly #outgoing: DeflateDirection | undefined

  #readyState: ReadyState = ReadyState.Open
  #cause: Pick<Disconnect, 'by' | 'error'> | undefined
  #sent: CloseFrame | undefined
  #received: CloseFrame | undefined
  /** When TCP is cut if the peer has not done its part of the ending by then. */
  #cutAtMs = Number.POSITIVE_INFINITY
  #bufferedAtClose = 0

  #holds = 0
  #hasDiscarded = false
  /** `send` has answered false. */
  #owesDrain = false
  /** The latest ping that waits for the peer to read (RFC 6455 §5.5.3: earlier ones need no answer). */
  #owedPong: Buffer | undefined
  /** The last frame that was not ready when it was sent; later ones are made after it. */
  #lastPending: Promise<unknown> | undefined

  #lastHeardMs = performance.now()
  /** When a ping last went out while nothing was read. */
  #probedAtMs = performance.now()
  readonly #pings = new Pings()
  #pingCount = 0
  #roundTripTimeMs: number | undefined

  constructor(handler: ConnectionHandler, { role, transport, settings, deflate }: ConnectionInit) {
    this.role = role
    this.#handler = handler
    this.#transport = transport
    this.#settings = settings
    this.#outbox = new Outbox(transport, settings.highWaterMarkBytes)
    this.#receiver = new Receiver(this, {
      role,
      maxMessageBytes: settings.maxMessageBytes,
      isDeflateNegotiated: deflate !== undefined,
    })
    this.#outgoing = deflate?.outgoing
    if (deflate !== undefined) {
      this.#inflater = new Inflater(deflate.incoming, settings.maxMessageBytes)
      if (deflate.outgoing !== undefined && settings.compression !== false) {
        this.#deflater = new Deflater(deflate.outgoing, settings.compression)
      }
    }
    this.resolutionMs = resolutionOf(settings)
  }

  /** Begins to read. `head` is what came right behind the opening handshake. */
  start(head: Uint8Array = new Uint8Array(0)): void {
    heartbeat.add(this)
    this.#transport.start(this)
    if (this.#holds !== 0) this.#transport.pause()
    if (head.length > 0) this.onData(head)
  }

  get readyState(): ReadyState {
    return this.#readyState
  }

  /** Bytes given to `send` that the operating system has not taken yet, frame headers included. */
  get bufferedAmount(): number {
    return this.#outbox.bufferedBytes
  }

  get roundTripTimeMs(): number | undefined {
    return this.#roundTripTimeMs
  }

  get bytesReceived(): number {
    return this.#transport.bytesRead
  }

  get bytesSent(): number {
    return this.#transport.bytesWritten
  }

  /**
   * Sends one message. False when the peer reads slower than this side sends: wait for `onDrain`; false also
   * when the message was not taken, because the connection is closing or the bound of its queue is reached.
   */
  send(data: MessageData): boolean {
    if (!this.#canQueue()) return false
    const isText = typeof data === 'string'
    if (data instanceof Blob) {
      this.#queueLater(data.size, isText, () => data.arrayBuffer().then(Buffer.from))
    } else if (this.#outbox.isWaiting) {
      // Its turn has not come: what the caller does with its memory meanwhile must not matter.
      const bytes = Buffer.from(messageBytes(data))
      this.#queueLater(bytes.length, isText, () => bytes)
    } else {
      this.#queue(messageBytes(data), isText)
    }
    return this.#answer()
  }

  /** As {@link send}, for a message that goes to many connections. Only a server's frames can be shared. */
  sendPrepared(message: PreparedMessage): boolean {
    if (!this.#canQueue()) return false
    const { payload, isText } = message
    if (this.#outbox.isWaiting) {
      this.#queueLater(payload.length, isText, () => payload)
    } else if (!this.#isWorthDeflating(payload)) {
      this.#outbox.push(message.frame)
    } else {
      const { compression } = this.#settings
      const shared = this.#outgoing && compression && message.deflatedFrame(this.#outgoing, compression)
      if (shared instanceof Promise) this.#queuePending(payload.length, shared)
      else if (shared) this.#outbox.push(shared)
      else this.#queue(payload, isText)
    }
    return this.#answer()
  }

  /**
   * Sends a ping and promises the round-trip time in ms, or undefined when the connection ends first.
   *
   * @throws UsageError `BW_CONTROL_FRAME_TOO_LONG` for more than 125 bytes
   */
  ping(payload: Uint8Array = this.#nextPingPayload()): Promise<number | undefined> {
    checkControlPayload(payload.length)
    if (this.#readyState !== ReadyState.Open) return Promise.resolve(undefined)
    this.#outbox.pushAhead(this.#frame(payload, Opcode.Ping))
    return this.#pings.track(Buffer.from(payload), performance.now())
  }

  /**
   * Starts the close handshake (RFC 6455 §7.1.2) behind everything sent so far; a second call does nothing.
   * `code` must be sendable and `reason` at most 123 bytes: the faces check, with their own errors.
   */
  close(code?: number, reason = ''): void {
    this.#close({ code: code ?? CloseCode.NoStatusReceived, reason }, 'us', undefined)
  }

  /**
   * Ends because a bound or a rule of this side was reached: `error` is what the program is told, `reason`
   * what the peer is.
   */
  closeForPolicy(code: CloseCode, error: Error, reason: string = error.message): void {
    this.#close({ code, reason: shortReason(reason) }, 'policy', error)
  }

  /** Cuts TCP at once. The peer sees 1006. */
  terminate(error?: Error): void {
    if (this.#readyState === ReadyState.Closed) return
    this.#settle('us', error)
    this.#cut()
  }

  /** Stops reading; TCP then makes the peer wait. Nothing that came is lost. */
  pause(): void {
    this.#hold(Hold.Application)
  }

  resume(): void {
    this.#release(Hold.Application)
  }

  // --- the heartbeat's side

  tick(nowMs: number): void {
    if (nowMs >= this.#cutAtMs) {
      this.#cutUnlessMoving(nowMs)
      return
    }
    const { keepalive } = this.#settings
    if (keepalive === false || this.#readyState !== ReadyState.Open) return
    if (this.#holds !== 0) {
      // We do not read, so silence says nothing about the peer; a ping that TCP cannot deliver does.
      this.#lastHeardMs = nowMs
      if (nowMs - this.#probedAtMs < keepalive.intervalMs) return
      this.#probedAtMs = nowMs
      if (this.#outbox.hasRoom) this.#outbox.pushAhead(this.#frame(this.#nextPingPayload(), Opcode.Ping))
      return
    }
    const step = keepaliveStep(keepalive, {
      nowMs,
      lastHeardMs: this.#lastHeardMs,
      pingedAtMs: this.#pings.oldestSentAtMs,
    })
    if (step === 'ping') {
      const payload = this.#nextPingPayload()
      this.#pings.add(payload, nowMs)
      this.#outbox.pushAhead(this.#frame(payload, Opcode.Ping))
    } else if (step === 'dead') {
      this.#settle('network', peerIsSilent(keepalive.timeoutMs, nowMs - this.#lastHeardMs))
      this.#cut()
    }
  }

  // --- the transport's side

  onData(chunk: Uint8Array): void {
    this.#lastHeardMs = performance.now()
    this.#receiver.push(chunk)
    // What this read has made us say goes out now, as one write.
    this.#outbox.flush()
  }

  onTaken(): void {
    if (!this.#outbox.hasRoom) {
      this.#outbox.oweNotice()
      return
    }
    if (this.#owedPong !== undefined) {
      this.#outbox.pushAhead(this.#frame(this.#owedPong, Opcode.Pong))
      this.#owedPong = undefined
    }
    if (!this.#owesDrain) return
    this.#owesDrain = false
    if (this.#readyState === ReadyState.Open) this.#handler.onDrain?.()
  }

  onEnd(): void {
    this.#settle('network', undefined)
    this.#beginClosing()
    this.#endTcp()
  }

  onDestroyed(error: Error | undefined): void {
    if (this.#readyState === ReadyState.Closed) return
    const facts = this.#settle('network', error)
    this.#beginClosing()
    this.#readyState = ReadyState.Closed
    heartbeat.delete(this)
    this.#receiver.stop()
    this.#outbox.clear()
    this.#pings.abandon()
    this.#handler.onClose(describeDisconnect({ ...facts, sent: this.#sent, received: this.#received }))
  }

  // --- the receiver's side

  onMessage(payload: Uint8Array, isText: boolean, isCompressed: boolean): void {
    if (this.#isDiscarding || this.#hasDiscarded) {
      // For good: what came later would be taken for the message after the last one delivered.
      this.#hasDiscarded = true
      return
    }
    if (!isCompressed || this.#inflater === undefined) {
      this.#handler.onMessage(asBuffer(payload), isText)
      return
    }
    const result = this.#inflater.inflate(payload)
    if (!(result instanceof Promise)) {
      this.#takeInflated(result, isText)
      return
    }
    this.#hold(Hold.Inflating)
    void result.then(late => {
      this.#takeInflated(late, isText)
      this.#release(Hold.Inflating)
      this.#outbox.flush()
    })
  }

  onPing(payload: Uint8Array): void {
    this.#handler.onPing?.(asBuffer(payload))
    // RFC 6455 §5.5.2: a ping is answered unless a close frame has come, so also while we are closing.
    if (this.#readyState === ReadyState.Closed) return
    if (this.#outbox.hasRoom) this.#outbox.pushAhead(this.#frame(payload, Opcode.Pong))
    else {
      this.#owedPong = Buffer.from(payload)
      this.#outbox.oweNotice()
    }
  }

  onPong(payload: Uint8Array): void {
    const roundTripMs = this.#pings.answer(payload, performance.now())
    if (roundTripMs !== undefined) this.#roundTripTimeMs = roundTripMs
    this.#handler.onPong?.(asBuffer(payload), roundTripMs)
  }

  onClose(code: number, reason: string): void {
    this.#received = { code, reason }
    this.#owedPong = undefined
    this.#settle('peer', undefined)
    // RFC 6455 §5.5.1: answer with what came; the reason too, since the other side's program will look for one.
    if (this.#readyState === ReadyState.Open) this.#sendClose({ code, reason })
    // RFC 6455 §7.1.1: the server ends TCP first, so that it is the one to wait in TIME_WAIT.
    if (this.role === 'server') this.#endTcp()
  }

  onViolation(error: ProtocolViolation | LimitError): void {
    this.#settle('policy', error)
    const code = error instanceof LimitError ? CloseCode.MessageTooBig : error.closeCode
    if (this.#readyState === ReadyState.Open) this.#sendClose({ code, reason: shortReason(error.message) })
    // RFC 6455 §7.1.7: to fail a connection is to say why and to end TCP, whichever the role.
    this.#endTcp()
  }

  // --- sending

  #close(closeFrame: CloseFrame, by: Disconnect['by'], error: Error | undefined): void {
    if (this.#readyState !== ReadyState.Open) return
    this.#settle(by, error)
    this.#sendClose(closeFrame)
  }

  #sendClose(closeFrame: CloseFrame): void {
    const { code, reason } = closeFrame
    const body = serializeCloseBody(
      code === CloseCode.NoStatusReceived ? undefined : code,
      encodeUtf8(reason),
    )
    this.#sent = closeFrame
    this.#outbox.push(this.#frame(body, Opcode.Close))
    this.#beginClosing()
  }

  #canQueue(): boolean {
    if (this.#readyState !== ReadyState.Open) return false
    const { maxBufferedBytes, whenBufferFull } = this.#settings
    const bufferedBytes = this.#outbox.bufferedBytes
    if (bufferedBytes <= maxBufferedBytes) return true
    if (whenBufferFull === 'close') {
      this.closeForPolicy(CloseCode.TryAgainLater, sendQueueFull(maxBufferedBytes, bufferedBytes))
    } else {
      this.#oweDrain()
    }
    return false
  }

  /** What `send` answers; a false is a promise of `onDrain`. */
  #answer(): boolean {
    if (this.#outbox.hasRoom) return true
    this.#oweDrain()
    return false
  }

  #oweDrain(): void {
    this.#owesDrain = true
    this.#outbox.oweNotice()
  }

  #queue(payload: Buffer, isText: boolean): void {
    const made = this.#messageFrame(payload, isText)
    if (made instanceof Promise) this.#queuePending(payload.length, made)
    else this.#outbox.push(made)
  }

  /** Keeps the message's place while its bytes are not there, or while an earlier message's are not. */
  #queueLater(bytes: number, isText: boolean, source: () => Buffer | Promise<Buffer>): void {
    const turn = this.#lastPending ?? Promise.resolve()
    this.#queuePending(
      bytes,
      turn.then(source).then(payload => this.#messageFrame(payload, isText)),
    )
  }

  #queuePending(bytes: number, made: Promise<Buffer>): void {
    const pending = made.catch(error => {
      this.closeForPolicy(CloseCode.InternalError, error)
      return undefined
    })
    this.#lastPending = pending
    this.#outbox.pushLater(bytes, pending)
    // Behind the outbox, so that whoever finds nothing pending finds its frame there.
    void pending.then(() => {
      if (this.#lastPending === pending) this.#lastPending = undefined
    })
  }

  #messageFrame(payload: Buffer, isText: boolean): Buffer | Promise<Buffer> {
    const opcode = isText ? Opcode.Text : Opcode.Binary
    if (this.#deflater === undefined || !this.#isWorthDeflating(payload)) return this.#frame(payload, opcode)
    const deflated = this.#deflater.deflate(payload)
    if (deflated instanceof Promise) return deflated.then(it => this.#frame(it, opcode, true))
    return this.#frame(deflated, opcode, true)
  }

  #isWorthDeflating(payload: Buffer): boolean {
    const { compression } = this.#settings
    return (
      this.#deflater !== undefined && compression !== false && payload.length >= compression.thresholdBytes
    )
  }

  #frame(payload: Uint8Array, opcode: Opcode, isCompressed = false): Buffer {
    // RFC 6455 §5.1: a client masks every frame, a server none.
    return this.role === 'client'
      ? frame(payload, { opcode, isCompressed, maskingKey: newMaskingKey() })
      : frame(payload, { opcode, isCompressed })
  }

  #nextPingPayload(): Buffer {
    const payload = Buffer.allocUnsafe(4)
    payload.writeUInt32BE(this.#pingCount++ >>> 0)
    return payload
  }

  // --- receiving

  #takeInflated(result: InflateResult, isText: boolean): void {
    if (this.#readyState === ReadyState.Closed) return
    if (isInflateError(result)) {
      this.#receiver.stop()
      this.onViolation(result)
    } else if (isText && !isUtf8(result)) {
      this.#receiver.stop()
      this.onViolation(invalidText())
    } else {
      this.#handler.onMessage(result, isText)
    }
  }

  #hold(hold: Hold): void {
    this.#holds |= hold
    if (this.#mayRead) return
    this.#receiver.pause()
    this.#transport.pause()
  }

  /**
   * Once the close handshake has begun, an application that does not read must not keep the peer's close frame from
   * us: what comes before that is read and dropped.
   */
  get #isDiscarding(): boolean {
    return this.#readyState !== ReadyState.Open && this.#holds === Hold.Application
  }

  get #mayRead(): boolean {
    return this.#holds === 0 || this.#isDiscarding
  }

  #release(hold: Hold): void {
    if ((this.#holds & hold) === 0) return
    this.#holds &= ~hold
    if (!this.#mayRead) return
    this.#receiver.resume()
    // What was waiting may have made us hold again.
    if (this.#mayRead) this.#transport.resume()
  }

  // --- ending

  /** Keeps the first cause of the end: what follows from it must not overwrite it. */
  #settle(by: Disconnect['by'], error: Error | undefined): Pick<Disconnect, 'by' | 'error'> {
    this.#cause ??= { by, error }
    return this.#cause
  }

  #beginClosing(): void {
    if (this.#readyState !== ReadyState.Open) return
    this.#readyState = ReadyState.Closing
    this.#cutAtMs = performance.now() + this.#settings.closeTimeoutMs
    this.#bufferedAtClose = this.#outbox.bufferedBytes
    this.#handler.onClosing?.()
    if (!this.#isDiscarding) return
    this.#receiver.resume()
    this.#transport.resume()
  }

  /** Sends FIN behind everything sent so far, and goes on reading so that the peer's FIN is seen. */
  #endTcp(): void {
    if (this.#outbox.isWaiting && this.#lastPending !== undefined) {
      void this.#lastPending.then(() => this.#endTcp())
      return
    }
    this.#outbox.flush()
    this.#transport.end()
    this.#holds = 0
    this.#transport.resume()
  }

  /** A peer that is still taking what was sent before the close gets more time; one ended by policy does not. */
  #cutUnlessMoving(nowMs: number): void {
    const bufferedBytes = this.#outbox.bufferedBytes
    const isMoving = bufferedBytes < this.#bufferedAtClose && this.#cause?.by !== 'policy'
    this.#bufferedAtClose = bufferedBytes
    if (isMoving) this.#cutAtMs = nowMs + this.#settings.closeTimeoutMs
    else this.#cut()
  }

  #cut(): void {
    this.#outbox.clear()
    this.#transport.destroy()
  }
}

function resolutionOf({ closeTimeoutMs, keepalive }: ConnectionSettings): number {
  const shortest = Math.min(
    closeTimeoutMs,
    keepalive ? Math.min(keepalive.intervalMs, keepalive.timeoutMs) : Infinity,
  )
  return Math.min(1_000, Math.max(10, Math.floor(shortest / 4)))
}

/** An error's message as the reason of a close frame, cut to what fits, at a whole character. */
function shortReason(message: string): string {
  const bytes = Buffer.from(message)
  if (bytes.length <= maxCloseReasonBytes) return message
  let end = maxCloseReasonBytes
  while (end > 0 && (bytes[end] ?? 0) >>> 6 === 0b10) end--
  return bytes.toString('utf8', 0, end)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function invalidText(): ProtocolViolation {
  return new ProtocolViolation(
    'BW_INVALID_UTF8',
    'A compressed text message was not UTF-8; send bytes as a binary message.',
  )
}

function sendQueueFull(limit: number, actual: number): LimitError {
  return new LimitError(
    'BW_SEND_QUEUE_FULL',
    limit,
    actual,
    'bytes',
    `The peer reads too slowly: ${actual} bytes wait, over the limit of ${limit} (option maxBufferedBytes).`,
  )
}

function peerIsSilent(limitMs: number, silentMs: number): LimitError {
  return new LimitError(
    'BW_PEER_SILENT',
    limitMs,
    Math.round(silentMs),
    'milliseconds',
    `The peer has not answered a ping within ${limitMs} ms (option keepalive.timeoutMs): the network or the peer is gone.`,
  )
}
