// The longest file here: the whole life of an open connection, so that every change of state is in one place.
import { Buffer } from 'node:buffer'
import {
  CloseCode,
  checkControlPayload,
  type DeflateDirection,
  type DeflateDirections,
  decodeUtf8,
  isControlOpcode,
  isUtf8,
  type LimitError,
  Opcode,
  ProtocolViolation,
  type ReadMemory,
  type ReceivedFrame,
  type ReceivedMessage,
  Receiver,
  type ReceiverHandler,
  type Role,
} from '@bothways/protocol'
import type { BudgetHolder, ByteBudget } from './byte-budget.ts'
import { type ConnectionCompat, noCompat } from './compat.ts'
import type { CloseFrame, Disconnect } from './disconnect.ts'
import { Ending, type EndingHandler, ReadyState } from './ending.ts'
import {
  invalidText,
  messageTooSlow,
  peerIsSilent,
  receivedTooMuch,
  sendQueueFull,
  sendQueuesFull,
  shortReason,
} from './failures.ts'
import { fairTime, type TurnMember } from './fair-time.ts'
import { type HeartbeatMember, heartbeat } from './heartbeat.ts'
import { type InflateResult, Inflater, isInflateError } from './inflate.ts'
import { keepaliveStep } from './keepalive.ts'
import { newMaskingKey } from './masking-key.ts'
import { isBlob, type MessageData, messageBytes } from './message-data.ts'
import { MessageProgress } from './message-progress.ts'
import { type ConnectionSettings, longestTimerMs } from './options.ts'
import { Pings } from './pings.ts'
import { ReceiveRate } from './receive-rate.ts'
import { FrameSender, type FrameSenderHandler, type FrameSendOptions } from './sending/frame-sender.ts'
import { NotSentError } from './sending/not-sent-error.ts'
import { Outbox, type OutboxHandler } from './sending/outbox.ts'
import type { Publication } from './sending/publication.ts'
import type { SendOutcome } from './sending/send-outcome.ts'
import type { SharedBytes } from './sending/shared-bytes.ts'
import type { Callback } from './sending/waiters.ts'
import type { Transport, TransportHandler } from './transport.ts'
import type { WorkGate } from './work-gate.ts'

/** What a connection tells its owner: a server, a client or a drop-in. Nothing of it may throw. */
export interface ConnectionHandler {
  /** A whole message: text, which has been checked to be UTF-8, or bytes, the handler's to keep. */
  onMessage(message: string | Buffer, byteLength: number, isText: boolean): void
  /** Instead of `onMessage`, when `compat.receiver` says that `frames` are delivered. */
  onFrame?(frame: ReceivedFrame): void
  /** `send` answered false before; now there is room again. */
  onDrain?(): void
  onPing?(payload: Buffer): void
  /** `roundTripMs` is undefined for a pong that answers no ping of ours. */
  onPong?(payload: Buffer, roundTripMs: number | undefined): void
  /** After {@link Connection.hasTime} has answered false: now there is. */
  onTurn?(): void
  /** Nothing more is delivered: what the handler was given and has not read is to be dropped, too. */
  onDiscard?(): void
  /** The close handshake has begun: no further `send` will be taken. `received` is the peer's frame, if that began it. */
  onClosing?(received: CloseFrame | undefined): void
  /**
   * A close frame is due: an answer to what was `received`, or for the rule or limit that the peer broke, which `error`
   * tells. Whoever has this sends it, or another one, by {@link Connection.close}; an answer may take its time.
   */
  onCloseDue?(due: CloseFrame, received: CloseFrame | undefined, error?: ProtocolViolation | LimitError): void
  /** The peer broke a rule or a limit: the connection is closing for it. */
  onViolation?(error: ProtocolViolation | LimitError): void
  /** TCP is over. Called once, last. */
  onClose(disconnect: Disconnect): void
}

export interface ConnectionInit {
  readonly role: Role
  readonly transport: Transport
  readonly settings: ConnectionSettings
  /** What the opening handshake agreed on; undefined: messages are not compressed. */
  readonly deflate?: DeflateDirections | undefined
  /** For drop-ins: in what this connection differs. */
  readonly compat?: ConnectionCompat
  /** What came and is unfinished or unread counts here, together with that of other connections. */
  readonly incomingBudget?: ByteBudget | undefined
  /** What compresses and inflates long messages waits there; by default at gates for the whole process. */
  readonly zlibGate?: WorkGate | undefined
  /** What waits to go out counts here, together with what waits on other connections. */
  readonly outgoingBudget?: ByteBudget
}

// As it was when this was loaded: tests put a clock of their own in its place.
const { nextTick } = process

/** So long at least does a peer wait that sends too fast, in ms: not a timer for each message. */
const shortestRateWaitMs = 10

/** Why nothing is read for the moment; reading goes on when no reason is left. */
const Hold = { Application: 1, Inflating: 2, Turn: 4, Rate: 8 } as const
type Hold = (typeof Hold)[keyof typeof Hold]

/**
 * One WebSocket connection after its opening handshake, for either role (RFC 6455 §5-§7): messages both ways,
 * control frames, close handshake, keepalive, backpressure and compression, over any {@link Transport}.
 */
export class Connection
  implements
    ReceiverHandler,
    TransportHandler,
    FrameSenderHandler,
    OutboxHandler,
    HeartbeatMember,
    TurnMember,
    BudgetHolder
{
  readonly role: Role
  readonly #transport: Transport
  readonly #settings: ConnectionSettings
  readonly #compat: ConnectionCompat
  readonly #handler: ConnectionHandler
  readonly #receiver: Receiver
  readonly #outgoingBudget: ByteBudget | undefined
  readonly #outbox: Outbox
  readonly #sender: FrameSender
  /** How the peer may compress; undefined: not at all. */
  readonly #incoming: DeflateDirection | undefined
  readonly #incomingBudget: ByteBudget | undefined
  /** Bytes that the budget knows of. */
  #heldBytes = 0
  /** What waits with the handler. */
  #unreadBytes = 0
  /** A compressed message that waits for its turn, or is being inflated. */
  #inflatingBytes = 0
  #progress: MessageProgress | undefined
  readonly #zlibGate: WorkGate | undefined
  #inflater: Inflater | undefined

  readonly #ending: Ending
  #lostBytes = 0

  #holds = 0
  #hasDiscarded = false
  /** Undefined: the peer may send as fast as it likes. */
  #rate: ReceiveRate | undefined
  #rateTimer: NodeJS.Timeout | undefined
  /** How the byte stream has ended, to be told behind what came before and has not been handled yet. */
  #late: (() => void)[] | undefined
  /** `send` has answered false. */
  #owesDrain = false
  /** The latest ping that waits for the peer to read (RFC 6455 §5.5.3: earlier ones need no answer). */
  #owedPong: Buffer | undefined

  #lastHeardMs = nowMs()
  /** When a ping last went out while nothing was read. */
  #probedAtMs = this.#lastHeardMs
  #pings: Pings | undefined
  #pingCount = 0
  #roundTripTimeMs: number | undefined

  constructor(handler: ConnectionHandler, init: ConnectionInit) {
    const { role, transport, settings, deflate, compat = noCompat, zlibGate, outgoingBudget } = init
    this.#incomingBudget = init.incomingBudget
    this.role = role
    this.#handler = handler
    this.#transport = transport
    this.#settings = settings
    this.#compat = compat
    this.#outgoingBudget = outgoingBudget
    this.#outbox = new Outbox({
      transport,
      handler: this,
      highWaterMarkBytes: settings.highWaterMarkBytes,
      budget: outgoingBudget,
    })
    this.#receiver = new Receiver(this, {
      role,
      maxMessageBytes: settings.maxMessageBytes,
      isDeflateNegotiated: deflate !== undefined,
      ...compat.receiver,
    })
    this.#sender = new FrameSender({
      role,
      outbox: this.#outbox,
      compression: settings.compression,
      outgoing: deflate?.outgoing,
      nextMaskingKey: compat.nextMaskingKey ?? newMaskingKey,
      zlibGate,
      handler: this,
    })
    this.#ending = new Ending(new Connection.#Effects(this), {
      role,
      closeTimeoutMs: settings.closeTimeoutMs,
      isTcpEndedByBoth: compat.tcpEndedBy === 'both',
      discardsAtCut: compat.unread !== 'deliver',
    })
    this.#incoming = deflate?.incoming
    this.#rate = ReceiveRate.of(settings, performance.now())
    this.#zlibGate = zlibGate
  }

  /** Begins to read. `head` is what came right behind the opening handshake. */
  start(head: Uint8Array = new Uint8Array(0)): void {
    heartbeat.add(this)
    this.#transport.start(this)
    if (this.#holds !== 0) this.#transport.pause()
    if (head.length > 0) this.onData(head)
  }

  /** The keepalive's and close timer's precision, in ms. */
  get resolutionMs(): number {
    return resolutionOf(this.#settings)
  }

  get readyState(): ReadyState {
    return this.#ending.readyState
  }

  /** Bytes given to `send` that the operating system has not taken yet, frame headers included. */
  get bufferedAmount(): number {
    return this.#outbox.bufferedBytes
  }

  /** What {@link bufferedAmount} was when TCP ended: nobody will take it any more. 0 before. */
  get lostBytes(): number {
    return this.#lostBytes
  }

  get roundTripTimeMs(): number | undefined {
    return this.#roundTripTimeMs
  }

  /** How long nothing has been read, in whole milliseconds. */
  get idleMs(): number {
    return nowMs() - this.#lastHeardMs
  }

  get bytesReceived(): number {
    return this.#transport.bytesRead
  }

  get bytesSent(): number {
    return this.#transport.bytesWritten
  }

  /** Sends one message. Behind `queued`, and behind `refused` while the connection is open, comes `onDrain`. */
  send(data: MessageData): SendOutcome {
    if (!this.#mayQueue()) return 'refused'
    this.#sender.send(data)
    return this.#outcome()
  }

  /** As {@link send}, for a message that goes to many connections. Only a server's frames can be shared. */
  sendShared(message: Publication): SendOutcome {
    if (!this.#mayQueue()) return 'refused'
    this.#sender.sendShared(message)
    return this.#outcome()
  }

  /**
   * Sends one frame as it is described, behind everything sent so far. The rules of fragmentation (RFC 6455 §5.4) are
   * the caller's to keep.
   *
   * @throws UsageError `BW_CONTROL_FRAME_TOO_LONG` for a ping or pong of more than 125 bytes
   */
  sendFrame(payload: Uint8Array | Blob, options: FrameSendOptions): SendOutcome {
    const { opcode } = options
    if (isControlOpcode(opcode)) checkControlPayload(isBlob(payload) ? payload.size : payload.length)
    if (!this.#mayQueue()) return 'refused'
    this.#sender.sendFrame(payload, options)
    return this.#outcome()
  }

  /**
   * Sends the bytes of whole frames that the caller has made, unchecked, behind everything sent so far. Their memory
   * must not change any more. What goes to several connections is given as {@link SharedBytes}, which they hold together.
   */
  sendEncoded(frames: Uint8Array | SharedBytes): SendOutcome {
    if (!this.#mayQueue()) return 'refused'
    this.#outbox.push(frames)
    return this.#outcome()
  }

  /** Writes what was sent so far at once, instead of at the end of this turn of the event loop. */
  flush(): void {
    this.#outbox.flush()
  }

  /**
   * Calls back once everything sent so far has been taken by the operating system, or with an error when the
   * connection ends before.
   */
  whenTaken(callback: Callback): void {
    if (this.readyState === ReadyState.Closed)
      process.nextTick(callback, new NotSentError(this.#ending.error))
    else this.#outbox.whenTaken(callback)
  }

  /**
   * Sends a ping and promises the round-trip time in ms, or undefined when the connection ends first.
   *
   * @throws UsageError `BW_CONTROL_FRAME_TOO_LONG` for more than 125 bytes
   */
  ping(payload: Uint8Array = this.#nextPingPayload()): Promise<number | undefined> {
    checkControlPayload(payload.length)
    if (this.readyState !== ReadyState.Open) return Promise.resolve(undefined)
    this.#sender.sendControl(Opcode.Ping, payload)
    this.#pings ??= new Pings()
    return this.#pings.track(Buffer.from(payload), performance.now())
  }

  /**
   * Starts the close handshake (RFC 6455 §7.1.2) behind everything sent so far; a second call does nothing.
   * `code` must be sendable and `reason` at most 123 bytes: the callers check, with their own errors.
   */
  close(code?: number, reason = ''): void {
    const closeFrame = { code: code ?? CloseCode.NoStatusReceived, reason }
    this.#ending.close(closeFrame, { by: 'us', error: undefined }, performance.now())
  }

  /**
   * Ends because a bound or a rule of this side was reached: `error` is what the program is told, `reason`
   * what the peer is.
   */
  closeForPolicy(code: CloseCode, error: Error, reason: string = error.message): void {
    this.#ending.close({ code, reason: shortReason(reason) }, { by: 'policy', error }, performance.now())
  }

  /**
   * Fails the connection for a cause on this side (RFC 6455 §7.1.7): the peer is told why, TCP ends, and whatever came
   * or comes is discarded. One that is closing already goes on with that.
   */
  fail(code: CloseCode, error: Error, reason: string = error.message): void {
    this.#hasDiscarded = true
    this.#ending.fail({ code, reason: shortReason(reason) }, error, performance.now())
  }

  /** Cuts TCP at once. The peer sees 1006. Nothing more is delivered, unless `compat.unread` says so. */
  terminate(error?: Error): void {
    this.#ending.terminate(error, performance.now())
  }

  /** Stops reading; TCP then makes the peer wait. Nothing that came is lost. */
  pause(): void {
    this.#hold(Hold.Application)
  }

  resume(): void {
    this.#release(Hold.Application)
  }

  /** Of what the handler was given, so many bytes wait for the application: they count as unread. */
  countUnread(bytes: number): void {
    if (bytes === this.#unreadBytes) return
    this.#unreadBytes = bytes
    this.#countHeld()
  }

  // --- the budget's side

  /** Bytes of memory taken by what came and is unfinished or unread. */
  get heldBytes(): number {
    return this.#receiver.heldBytes + this.#inflatingBytes + this.#unreadBytes
  }

  get isOver(): boolean {
    return this.readyState === ReadyState.Closed
  }

  giveUp({ limitBytes, usedBytes }: ByteBudget): void {
    this.#drop(CloseCode.TryAgainLater, receivedTooMuch(limitBytes, usedBytes))
  }

  /**
   * Whether what came and waits may be handled now. False: this connection's share of the turn is used up, nothing is
   * read, and `onTurn` follows in a later one.
   */
  hasTime(): boolean {
    if ((this.#holds & Hold.Turn) !== 0) return false
    const timeMs = performance.now()
    fairTime.begin(this, timeMs)
    if (fairTime.goOn(this, 1, timeMs) > 0) return true
    this.#waitForTurn()
    return false
  }

  // --- the turn's side

  onTurn(): void {
    this.#holds &= ~Hold.Turn
    this.#handler.onTurn?.()
    // What was before it in the queue of the handler may have used the share up.
    if ((this.#holds & Hold.Turn) !== 0) return
    this.#readOn()
  }

  // --- the heartbeat's side

  tick(time: number, lostMs = 0): void {
    if (lostMs > 0) this.#excuse(lostMs, time)
    if (this.readyState !== ReadyState.Open) {
      this.#ending.tick(time, this.#outbox.bufferedBytes)
      return
    }
    if (this.#isMessageStalled(time)) return
    const { keepalive } = this.#settings
    if (keepalive === false) return
    if (this.#holds !== 0) {
      // We do not read, so silence says nothing about the peer; a ping that TCP cannot deliver does.
      this.#lastHeardMs = Math.trunc(time)
      if (time - this.#probedAtMs < keepalive.intervalMs) return
      this.#probedAtMs = Math.trunc(time)
      if (this.#outbox.hasRoom) this.#sendPing(this.#nextPingPayload())
      return
    }
    const step = keepaliveStep(keepalive, {
      nowMs: time,
      lastHeardMs: this.#lastHeardMs,
      pingedAtMs: this.#pings?.oldestSentAtMs,
    })
    if (step === 'ping') {
      const payload = this.#nextPingPayload()
      this.#pings ??= new Pings()
      this.#pings.add(payload, Math.max(time, performance.now()))
      this.#sendPing(payload)
    } else if (step === 'dead') {
      this.#ending.lose(peerIsSilent(keepalive.timeoutMs, time - this.#lastHeardMs))
    }
  }

  // --- the sender's side

  onSendFailure(error: Error): void {
    this.closeForPolicy(CloseCode.InternalError, error)
  }

  // --- the outbox's side

  onRoom(): void {
    if (!this.#outbox.hasRoom) {
      this.#outbox.oweRoom()
      return
    }
    if (this.#owedPong !== undefined) {
      this.#sender.sendControl(Opcode.Pong, this.#owedPong)
      this.#owedPong = undefined
    }
    if (!this.#owesDrain) return
    this.#owesDrain = false
    if (this.readyState === ReadyState.Open) this.#handler.onDrain?.()
  }

  /** Nobody would read a close frame; so the connection is cut, and the memory is free at once. */
  onTotalExceeded({ limitBytes, usedBytes }: ByteBudget): void {
    this.closeForPolicy(CloseCode.TryAgainLater, sendQueuesFull(limitBytes, usedBytes))
    this.#ending.cut()
  }

  // --- the transport's side

  onData(chunk: Uint8Array): void {
    this.#hear(chunk.length)
    this.#receiver.push(chunk)
    this.#countHeld()
  }

  onBorrowedData(memory: ReadMemory, byteLength: number): void {
    this.#hear(byteLength)
    this.#receiver.read(memory, byteLength)
    this.#countHeld()
  }

  onTaken(bytes: number): void {
    this.#outbox.onTaken(bytes)
  }

  onEnd(): void {
    this.#dropRate()
    // A stream tells its end also while it is paused.
    if (!this.#mayRead && !this.#receiver.isDone) {
      this.#postpone(() => this.onEnd())
      return
    }
    this.#ending.peerEnded(performance.now())
  }

  onDestroyed(error: Error | undefined): void {
    if (this.readyState === ReadyState.Closed) return
    this.#dropRate()
    if (this.#isDestroyedLate(error)) return
    this.#ending.tcpEnded(error, performance.now())
    if (this.#compat.unread === 'deliver') {
      this.#deliverUnread()
      if (this.#isDestroyedLate(error)) return
    }
    heartbeat.delete(this)
    fairTime.leave(this)
    // What the handler has kept for itself may ask for time again.
    this.#holds = 0
    this.#forgetReceived()
    this.#countHeld()
    this.#lostBytes ||= this.#outbox.lostBytes
    // Who waits for something to be taken hears that it will not be before the end is told.
    if (this.#outbox.abandon(this.#ending.error)) nextTick(() => this.#tellOfEnd())
    else this.#tellOfEnd()
  }

  #tellOfEnd(): void {
    const disconnect = this.#ending.over()
    this.#pings?.abandon()
    this.#handler.onClose(disconnect)
  }

  // --- the receiver's side

  allowWork(lastAllowed: number): number {
    const allowed = fairTime.goOn(this, lastAllowed)
    if (allowed === 0) this.#waitForTurn()
    if (this.#rate === undefined || allowed === 0) return allowed
    // One frame at a time.
    return this.#isInRate(this.#rate) ? 1 : 0
  }

  onMessage(message: ReceivedMessage): void {
    this.#rate?.takeMessage(performance.now())
    if (this.#isDiscarding || this.#hasDiscarded) {
      // For good: what came later would be taken for the message after the last one delivered.
      this.#hasDiscarded = true
      return
    }
    const { isText, byteLength } = message
    if (!message.isCompressed || this.#incoming === undefined) {
      const isString = isText && this.#compat.textAs !== 'bytes'
      this.#handler.onMessage(isString ? message.text() : messageBytes(message.bytes()), byteLength, isText)
      return
    }
    this.#inflater ??= new Inflater(this.#incoming, this.#settings.maxMessageBytes, this.#zlibGate)
    const result = this.#inflater.inflate(message.bytes(), fairTime.isEarly(this))
    if (!(result instanceof Promise)) {
      this.#takeInflated(result, isText)
      return
    }
    this.#inflatingBytes = byteLength
    this.#hold(Hold.Inflating)
    void result.then(late => {
      fairTime.rejoin(this)
      this.#inflatingBytes = 0
      this.#takeInflated(late, isText)
      this.#release(Hold.Inflating)
      this.#countHeld()
    })
  }

  onFrame(frame: ReceivedFrame): void {
    if (frame.isFinal) this.#rate?.takeMessage(performance.now())
    if (this.#isDiscarding || this.#hasDiscarded) this.#hasDiscarded = true
    else this.#handler.onFrame?.(frame)
  }

  onPing(payload: Uint8Array): void {
    this.#rate?.takeMessage(performance.now())
    // First, since the payload is the handler's afterwards.
    if (this.#compat.answersPings !== false) this.#answerPing(payload)
    this.#handler.onPing?.(messageBytes(payload))
  }

  onPong(payload: Uint8Array): void {
    this.#rate?.takeMessage(performance.now())
    const roundTripMs = this.#pings?.answer(payload, performance.now())
    if (this.#pings?.areAnswered) this.#pings = undefined
    if (roundTripMs !== undefined) this.#roundTripTimeMs = roundTripMs
    this.#handler.onPong?.(messageBytes(payload), roundTripMs)
  }

  onClose(code: number, reason: string): void {
    this.#owedPong = undefined
    const received = { code, reason }
    // RFC 6455 §5.5.1: answer with what came; the reason too, since the other side's program will look for one. What was
    // not UTF-8 has become longer.
    const answer = { code, reason: shortReason(reason) }
    this.#ending.receiveClose(received, answer, performance.now())
  }

  onViolation(error: ProtocolViolation | LimitError): void {
    const due = { code: closeCodeOf(error), reason: shortReason(error.message) }
    this.#ending.violate(error, due, performance.now())
  }

  // --- sending

  /** Whether one more message is taken; if not, and the connection stays open, there will be a drain. */
  #mayQueue(): boolean {
    if (this.readyState !== ReadyState.Open) return false
    const { maxBufferedBytes, whenBufferFull } = this.#settings
    const bufferedBytes = this.#outbox.bufferedBytes
    const isFull = bufferedBytes > maxBufferedBytes
    if (!isFull && this.#outgoingBudget?.isExceeded !== true) return true
    if (whenBufferFull === 'close') {
      if (isFull) {
        this.closeForPolicy(CloseCode.TryAgainLater, sendQueueFull(maxBufferedBytes, bufferedBytes))
      } else {
        // Perhaps this one goes, too.
        this.#outgoingBudget?.relieve()
      }
      return this.readyState === ReadyState.Open
    }
    // Whoever reads as fast as this side sends takes no part of what is used up.
    if (!isFull && !this.#outbox.isBehind) return true
    this.#oweDrain()
    return false
  }

  #outcome(): SendOutcome {
    if (this.#outbox.hasRoom) return 'sent'
    this.#oweDrain()
    return 'queued'
  }

  #oweDrain(): void {
    this.#owesDrain = true
    this.#outbox.oweRoom()
  }

  /** At once: the time for its answer runs. */
  #sendPing(payload: Uint8Array): void {
    this.#sender.sendControl(Opcode.Ping, payload)
    this.#outbox.flush()
  }

  #nextPingPayload(): Buffer {
    const payload = Buffer.allocUnsafe(4)
    payload.writeUInt32BE(this.#pingCount++ >>> 0)
    return payload
  }

  // --- receiving

  /** RFC 6455 §5.5.2: a ping is answered unless a close frame has come, so also while we are closing. */
  #answerPing(payload: Uint8Array): void {
    if (this.readyState === ReadyState.Closed) return
    if (this.#outbox.hasRoom) {
      // RFC 6455 §5.5.3: it answers for an earlier one that still waits, whose pong would come behind it.
      this.#owedPong = undefined
      this.#sender.sendControl(Opcode.Pong, payload)
    } else {
      this.#owedPong = Buffer.from(payload)
      this.#outbox.oweRoom()
    }
  }

  #hear(byteLength: number): void {
    const timeMs = performance.now()
    this.#rate?.takeBytes(byteLength, timeMs)
    this.#lastHeardMs = Math.trunc(timeMs)
    fairTime.begin(this, timeMs)
  }

  /** What came before is handled first where that goes on by itself; the application may never read on. */
  #isDestroyedLate(error: Error | undefined): boolean {
    if ((this.#holds & ~Hold.Application) === 0 || this.#receiver.isDone) return false
    this.#postpone(() => this.onDestroyed(error))
    return true
  }

  /** The stream's end has to wait for {@link #tellLate}. */
  #postpone(tell: () => void): void {
    this.#late ??= []
    this.#late.push(tell)
  }

  /** How the stream has ended; what must wait longer postpones itself again. */
  #tellLate(): void {
    const late = this.#late
    if (late === undefined) return
    this.#late = undefined
    for (const tell of late) tell()
  }

  /** Nothing is left to wait for. Not now: this may be a call of the program's. */
  #tellLateSoon(): void {
    if (this.#late !== undefined) process.nextTick(() => this.#tellLate())
  }

  /** False: the peer has sent too fast, and waits, or is closed. */
  #isInRate(rate: ReceiveRate): boolean {
    const timeMs = performance.now()
    const waitMs = rate.waitMs(timeMs)
    if (waitMs === 0) return true
    if (this.#settings.whenTooFast === 'close') {
      this.fail(CloseCode.PolicyViolation, rate.error(timeMs))
      return false
    }
    this.#hold(Hold.Rate)
    const delayMs = Math.min(longestTimerMs, Math.max(shortestRateWaitMs, waitMs))
    this.#rateTimer = setTimeout(() => this.#release(Hold.Rate), delayMs).unref()
    return false
  }

  /** The stream has ended or the connection is closing: from here on nobody is made to wait. */
  #dropRate(): void {
    if (this.#rate === undefined) return
    this.#rate = undefined
    clearTimeout(this.#rateTimer)
    this.#release(Hold.Rate)
  }

  #waitForTurn(): void {
    this.#hold(Hold.Turn)
    fairTime.wait(this)
  }

  #takeInflated(result: InflateResult, isText: boolean): void {
    if (this.readyState === ReadyState.Closed) return
    if (isInflateError(result)) {
      this.#receiver.stop()
      this.onViolation(result)
    } else if (isText && this.#compat.receiver?.checksUtf8 !== false && !isUtf8(result)) {
      this.#receiver.stop()
      this.onViolation(invalidText())
    } else {
      this.#receiver.charge(result.length)
      const isString = isText && this.#compat.textAs !== 'bytes'
      this.#handler.onMessage(isString ? decodeUtf8(result) : result, result.length, isText)
    }
  }

  /** Tells the budget what has changed since the last time. */
  #countHeld(): void {
    const budget = this.#incomingBudget
    if (budget === undefined) return
    const { heldBytes } = this
    const grownBytes = heldBytes - this.#heldBytes
    if (grownBytes === 0) return
    if (this.#heldBytes === 0) budget.enter(this)
    this.#heldBytes = heldBytes
    if (heldBytes === 0) budget.leave(this)
    if (grownBytes < 0) {
      budget.giveBack(-grownBytes)
    } else {
      budget.take(grownBytes)
      budget.relieve()
    }
  }

  #forgetReceived(): void {
    this.#receiver.stop()
    this.#inflater?.abandon()
    this.#inflatingBytes = 0
    this.#tellLateSoon()
  }

  #isMessageStalled(timeMs: number): boolean {
    const { messageTimeoutMs } = this.#settings
    const receiver = this.#receiver
    if (receiver.unfinishedBytes === undefined || (this.#holds & ~Hold.Turn) !== 0) {
      this.#progress = undefined
      return false
    }
    this.#progress ??= new MessageProgress()
    const stalledMs = this.#progress.stalledMs(timeMs, receiver)
    if (stalledMs === undefined || stalledMs < messageTimeoutMs) return false
    this.#drop(CloseCode.PolicyViolation, messageTooSlow(messageTimeoutMs, stalledMs))
    return true
  }

  /** As {@link fail}, also while closing, or when only the handler is left. */
  #drop(code: CloseCode, error: LimitError): void {
    if (this.readyState === ReadyState.Open) {
      this.fail(code, error)
    } else {
      this.#hasDiscarded = true
      this.#discard()
    }
  }

  /** Nothing that came is delivered any more, nor what the handler was given and has not read. */
  #discard(): void {
    this.#forgetReceived()
    this.#handler.onDiscard?.()
    this.#unreadBytes = 0
    this.#countHeld()
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
    const isHeldByApplication = (this.#holds & ~Hold.Turn) === Hold.Application
    return (
      this.readyState !== ReadyState.Open && isHeldByApplication && (this.#compat.unread ?? 'drop') === 'drop'
    )
  }

  get #mayRead(): boolean {
    return this.#holds === 0 || (this.#isDiscarding && (this.#holds & Hold.Turn) === 0)
  }

  #release(hold: Hold): void {
    if ((this.#holds & hold) === 0) return
    this.#holds &= ~hold
    this.#readOn()
  }

  #readOn(): void {
    if (this.#mayRead) {
      fairTime.begin(this)
      this.#receiver.resume()
      // What was waiting may have made us hold again.
      if (this.#mayRead) this.#transport.resume()
      this.#countHeld()
    }
    this.#tellLate()
  }

  #deliverUnread(): void {
    // A handler that pauses with each message gets the next one nevertheless.
    while ((this.#holds & Hold.Application) !== 0) this.#release(Hold.Application)
  }

  // --- ending

  /** What the ending asks for. */
  static readonly #Effects = class implements EndingHandler {
    readonly #connection: Connection

    constructor(connection: Connection) {
      this.#connection = connection
    }

    sendClose(frame: CloseFrame): void {
      this.#connection.#sender.sendClose(frame)
    }

    askForClose(due: CloseFrame, cause: CloseFrame | ProtocolViolation | LimitError): boolean {
      const handler = this.#connection.#handler
      if (handler.onCloseDue === undefined) return false
      if (cause instanceof Error) handler.onCloseDue(due, undefined, cause)
      else handler.onCloseDue(due, cause)
      return true
    }

    tellClosing(received: CloseFrame | undefined): void {
      const connection = this.#connection
      connection.#handler.onClosing?.(received)
      connection.#dropRate()
      if (connection.#isDiscarding) connection.#readOn()
    }

    tellViolation(error: ProtocolViolation | LimitError): void {
      this.#connection.#handler.onViolation?.(error)
    }

    discard(): void {
      this.#connection.#discard()
    }

    endTcp(): void {
      const connection = this.#connection
      const { pending } = connection.#sender
      if (pending !== undefined) {
        void pending.then(() => this.endTcp())
        return
      }
      connection.#outbox.end()
      connection.#holds = 0
      connection.#transport.resume()
      connection.#tellLateSoon()
    }

    cut(): void {
      const connection = this.#connection
      connection.#lostBytes = connection.#outbox.bufferedBytes
      connection.#outbox.cut()
    }
  }

  /** For so long, up to `time`, the peer could not have been heard, whatever it said. */
  #excuse(lostMs: number, time: number): void {
    if (this.#lastHeardMs < time) {
      this.#lastHeardMs = Math.trunc(Math.min(time, this.#lastHeardMs + lostMs))
    }
    this.#pings?.lose(lostMs, time)
    this.#progress?.excuse(lostMs)
    this.#ending.excuse(lostMs, time)
  }
}

function closeCodeOf(error: ProtocolViolation | LimitError): CloseCode {
  if (error instanceof ProtocolViolation) return error.closeCode
  return error.code === 'BW_TOO_MANY_FRAGMENTS' ? CloseCode.PolicyViolation : CloseCode.MessageTooBig
}

function resolutionOf({ closeTimeoutMs, messageTimeoutMs, keepalive }: ConnectionSettings): number {
  const shortest = Math.min(
    closeTimeoutMs,
    messageTimeoutMs,
    keepalive ? Math.min(keepalive.intervalMs, keepalive.timeoutMs) : Infinity,
  )
  return Math.min(1_000, Math.max(10, Math.floor(shortest / 4)))
}

/** Whole milliseconds need no memory of their own, and a connection looks at no smaller times. */
function nowMs(): number {
  return Math.trunc(performance.now())
}
