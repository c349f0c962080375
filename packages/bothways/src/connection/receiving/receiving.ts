import {
  CloseCode,
  type DeflateDirections,
  decodeUtf8,
  isUtf8,
  type LimitError,
  type ProtocolViolation,
  type ReadMemory,
  type ReceivedFrame,
  type ReceivedMessage,
  Receiver,
  type ReceiverHandler,
} from '@bothways/protocol'
import type { BudgetHolder, ByteBudget } from '../byte-budget.ts'
import type { ConnectionHandler, ConnectionInit } from '../connection-init.ts'
import type { CloseFrame } from '../disconnect.ts'
import { ReadyState } from '../ending.ts'
import { closeCodeOf, invalidText, messageTooSlow, receivedTooMuch, shortReason } from '../failures.ts'
import { fairTime } from '../fair-time.ts'
import { messageBytes } from '../message-data.ts'
import { longestTimerMs } from '../option-checks.ts'
import type { ConnectionSettings } from '../options.ts'
import type { TransportHandler } from '../transports/transport.ts'
import { type InflateResult, Inflater, isInflateError } from './inflate.ts'
import { MessageProgress } from './message-progress.ts'
import { PauseReason, Reading } from './reading.ts'
import { ReceiveRate } from './receive-rate.ts'

/** A peer that sends too fast waits at least so long, in ms: not a timer for each message. */
const shortestRateWaitMs = 10

/**
 * The data that come on one connection, from the transport to the program: they are read as fast as the program, the rates and
 * the turns of the others allow, inflated and counted; how the stream ends is told behind all that came before.
 */
export abstract class Receiving extends Reading implements TransportHandler, ReceiverHandler, BudgetHolder {
  protected readonly handler: ConnectionHandler
  protected readonly receiver: Receiver
  /** How both sides may compress; undefined: not at all. */
  protected readonly deflate: DeflateDirections | undefined
  #inflater: Inflater | undefined
  /** Bytes that the budget knows of. */
  #countedBytes = 0
  /** Bytes that wait with the handler. */
  #unreadBytes = 0
  #progress: MessageProgress | undefined
  #hasDiscarded = false
  /** Undefined: the peer may send as fast as it likes. */
  #rate: ReceiveRate | undefined
  #lastHeardMs: number

  constructor(handler: ConnectionHandler, init: ConnectionInit) {
    super(init)
    const nowMs = performance.now()
    this.handler = handler
    this.deflate = init.deflate
    this.#rate = ReceiveRate.of(init.settings, nowMs)
    this.#lastHeardMs = Math.trunc(nowMs)
    this.receiver = new Receiver(this, this.kind.receiver(this.deflate !== undefined))
  }

  get settings(): ConnectionSettings {
    return this.kind.settings
  }

  /** How many bytes of writes that were not taken at once have been taken now. */
  abstract onTaken(bytes: number): void

  /** Writes the frames sent so far. */
  abstract flush(): void

  /** RFC 6455 §5.5.2. The memory is the caller's. */
  protected abstract answerPing(payload: Uint8Array): void

  /** @returns the round-trip time in ms, if it answers a ping of ours */
  protected abstract takePong(payload: Uint8Array, nowMs: number): number | undefined

  /** TCP is over, and all that came before has been handled. Called once, last. */
  protected abstract onReceivedAll(): void

  /** Begins to read. */
  start(): void {
    this.transport.start(this)
    if (this.pauseReasons !== 0) this.transport.pause()
  }

  /** When the peer was last heard, in whole ms: they need no memory of their own, and nobody looks at smaller times. */
  get lastHeardMs(): number {
    return this.#lastHeardMs
  }

  /** Until `nowMs` nothing could be heard, whatever the peer said. */
  protected excuseSilence(nowMs: number): void {
    this.#lastHeardMs = Math.trunc(nowMs)
  }

  /** As {@link excuseSilence}, for so long up to `nowMs`. */
  protected excuse(lostMs: number, nowMs: number): void {
    if (this.#lastHeardMs < nowMs) this.excuseSilence(Math.min(nowMs, this.#lastHeardMs + lostMs))
    this.#progress?.excuse(lostMs)
  }

  /** The application does not read. */
  pause(): void {
    this.pauseFor(PauseReason.Application)
  }

  resume(): void {
    this.resumeAfter(PauseReason.Application)
  }

  countUnread(bytes: number): void {
    if (bytes === this.#unreadBytes) return
    this.#unreadBytes = bytes
    this.countHeld()
  }

  /**
   * Whether messages that came and wait may be handled now. False: this connection's share of the turn is used up, nothing is
   * read, and `onTurn` follows in a later one.
   */
  hasTime(): boolean {
    if ((this.pauseReasons & PauseReason.Turn) !== 0) return false
    const timeMs = performance.now()
    fairTime.begin(this, timeMs)
    if (fairTime.goOn(this, 1, timeMs) > 0) return true
    this.#waitForTurn()
    return false
  }

  /** Gives up a peer that does not go on with its message; false: there is nothing to blame it for. */
  protected dropStalled(nowMs: number): boolean {
    const { messageTimeoutMs } = this.settings
    const receiver = this.receiver
    if (receiver.unfinishedBytes === undefined || (this.pauseReasons & ~PauseReason.Turn) !== 0) {
      this.#progress = undefined
      return false
    }
    this.#progress ??= new MessageProgress()
    const stalledMs = this.#progress.stalledMs(nowMs, receiver)
    if (stalledMs === undefined || stalledMs < messageTimeoutMs) return false
    this.#drop(CloseCode.PolicyViolation, messageTooSlow(messageTimeoutMs, stalledMs))
    return true
  }

  /** As {@link Connection.fail}: all that came or comes is discarded. */
  fail(code: CloseCode, error: Error, reason: string = error.message): void {
    this.#hasDiscarded = true
    this.ending.fail({ code, reason: shortReason(reason) }, error, performance.now())
  }

  /** Nothing that came is delivered any more, nor data that the handler was given and has not read. */
  discard(): void {
    this.#forget()
    this.handler.onDiscard?.()
    this.#unreadBytes = 0
    this.countHeld()
  }

  /** The close handshake has begun. */
  protected beginClosing(): void {
    this.#dropRate()
    if (this.isDiscarding) this.readOn()
  }

  /** This side has ended TCP: it reads until the peer does so, too. */
  protected readToEnd(): void {
    this.pauseReasons = 0
    this.transport.resume()
    this.tellLateSoon()
  }

  // --- the budget's side

  /** Bytes of memory taken by data that came and are unfinished or unread. */
  get heldBytes(): number {
    return this.receiver.heldBytes + (this.#inflater?.heldBytes ?? 0) + this.#unreadBytes
  }

  get isOver(): boolean {
    return this.readyState === ReadyState.Closed
  }

  giveUp({ limitBytes, usedBytes }: ByteBudget): void {
    this.#drop(CloseCode.TryAgainLater, receivedTooMuch(limitBytes, usedBytes))
  }

  // --- the turn's side

  onTurn(): void {
    this.pauseReasons &= ~PauseReason.Turn
    this.handler.onTurn?.()
    // Messages in the queue of the handler may have used the share up.
    if ((this.pauseReasons & PauseReason.Turn) !== 0) return
    this.readOn()
  }

  // --- the transport's side

  onData(chunk: Uint8Array): void {
    this.#hear(chunk.length)
    this.receiver.push(chunk)
    this.countHeld()
  }

  onBorrowedData(memory: ReadMemory, byteLength: number): void {
    this.#hear(byteLength)
    this.receiver.read(memory, byteLength)
    this.countHeld()
  }

  onEnd(): void {
    this.#dropRate()
    // A stream tells its end also while it is paused.
    if (!this.mayRead && !this.receiver.isDone) {
      this.postpone(() => this.onEnd())
      return
    }
    this.ending.peerEnded(performance.now())
  }

  onDestroyed(error: Error | undefined): void {
    if (this.isOver) return
    this.#dropRate()
    if (this.#isDestroyedLate(error)) return
    this.ending.tcpEnded(error, performance.now())
    if (this.compat.unread === 'deliver') {
      this.#deliverUnread()
      if (this.#isDestroyedLate(error)) return
    }
    fairTime.leave(this)
    // The handler may ask for time again, for messages that it has kept for itself.
    this.pauseReasons = 0
    this.#forget()
    this.countHeld()
    this.onReceivedAll()
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
    if (this.isDiscarding || this.#hasDiscarded) {
      // For good: a message that came later would be taken for the message after the last one delivered.
      this.#hasDiscarded = true
      return
    }
    const { isText, byteLength } = message
    if (!message.isCompressed || this.deflate === undefined) {
      const isString = isText && this.compat.textAs !== 'bytes'
      this.handler.onMessage(isString ? message.text() : messageBytes(message.bytes()), byteLength, isText)
      return
    }
    this.#inflater ??= new Inflater(this.deflate.incoming, this.settings.maxMessageBytes, this.kind.zlibGate)
    const isString = isText && this.compat.textAs !== 'bytes'
    const result = this.#inflater.inflate(message.bytes(), fairTime.isEarly(this), isString)
    if (!(result instanceof Promise)) {
      this.#takeInflated(result, isText)
      return
    }
    this.pauseFor(PauseReason.Inflating)
    void result.then(late => {
      fairTime.rejoin(this)
      this.#takeInflated(late, isText)
      this.resumeAfter(PauseReason.Inflating)
      this.countHeld()
    })
  }

  onFrame(frame: ReceivedFrame): void {
    if (frame.isFinal) this.#rate?.takeMessage(performance.now())
    if (this.isDiscarding || this.#hasDiscarded) this.#hasDiscarded = true
    else this.handler.onFrame?.(frame)
  }

  onPing(payload: Uint8Array): void {
    this.#rate?.takeMessage(performance.now())
    // First, since the payload is the handler's afterwards.
    if (this.compat.answersPings !== false) this.answerPing(payload)
    this.handler.onPing?.(messageBytes(payload))
  }

  onPong(payload: Uint8Array): void {
    const nowMs = performance.now()
    this.#rate?.takeMessage(nowMs)
    const roundTripMs = this.takePong(payload, nowMs)
    this.handler.onPong?.(messageBytes(payload), roundTripMs)
  }

  onClose(code: number, reason: string): void {
    const received: CloseFrame = { code, reason }
    // RFC 6455 §5.5.1: answer with the code that came; the reason too, since the other side's program will look for one. Bytes
    // that were not UTF-8 have become longer.
    const answer = { code, reason: shortReason(reason) }
    this.ending.receiveClose(received, answer, performance.now())
  }

  onViolation(error: ProtocolViolation | LimitError): void {
    const due = { code: closeCodeOf(error), reason: shortReason(error.message) }
    this.ending.violate(error, due, performance.now())
  }

  #hear(byteLength: number): void {
    const timeMs = performance.now()
    this.#rate?.takeBytes(byteLength, timeMs)
    this.#lastHeardMs = Math.trunc(timeMs)
    fairTime.begin(this, timeMs)
  }

  #takeInflated(result: InflateResult, isText: boolean): void {
    if (this.isOver) return
    if (isInflateError(result)) {
      this.receiver.stop()
      this.onViolation(result)
    } else if (isText && this.compat.receiver?.checksUtf8 !== false && !isUtf8(result)) {
      this.receiver.stop()
      this.onViolation(invalidText())
    } else {
      this.receiver.charge(result.length)
      const isString = isText && this.compat.textAs !== 'bytes'
      this.handler.onMessage(isString ? decodeUtf8(result) : result, result.length, isText)
    }
  }

  // --- how the stream has ended

  /** Data that came before are handled first where that goes on by itself; the application may never read on. */
  #isDestroyedLate(error: Error | undefined): boolean {
    if ((this.pauseReasons & ~PauseReason.Application) === 0 || this.receiver.isDone) return false
    this.postpone(() => this.onDestroyed(error))
    return true
  }

  #deliverUnread(): void {
    // A handler that pauses with each message gets the next one nevertheless.
    while ((this.pauseReasons & PauseReason.Application) !== 0) this.resumeAfter(PauseReason.Application)
  }

  // --- rates and turns

  /** False: the peer has sent too fast, and waits, or is closed. */
  #isInRate(rate: ReceiveRate): boolean {
    const timeMs = performance.now()
    const waitMs = rate.waitMs(timeMs)
    if (waitMs === 0) return true
    if (this.settings.whenTooFast === 'close') {
      this.fail(CloseCode.PolicyViolation, rate.error(timeMs))
      return false
    }
    this.pauseFor(PauseReason.Rate)
    const delayMs = Math.min(longestTimerMs, Math.max(shortestRateWaitMs, waitMs))
    rate.timer = setTimeout(() => this.resumeAfter(PauseReason.Rate), delayMs).unref()
    return false
  }

  /** The stream has ended or the connection is closing: from here on nobody is made to wait. */
  #dropRate(): void {
    if (this.#rate === undefined) return
    clearTimeout(this.#rate.timer)
    this.#rate = undefined
    this.resumeAfter(PauseReason.Rate)
  }

  #waitForTurn(): void {
    this.pauseFor(PauseReason.Turn)
    fairTime.wait(this)
  }

  // --- memory

  /** Tells the budget what has changed since the last time. */
  protected countHeld(): void {
    const budget = this.kind.incomingBudget
    if (budget === undefined) return
    const { heldBytes } = this
    const grownBytes = heldBytes - this.#countedBytes
    if (grownBytes === 0) return
    if (this.#countedBytes === 0) budget.enter(this)
    this.#countedBytes = heldBytes
    if (heldBytes === 0) budget.leave(this)
    if (grownBytes < 0) {
      budget.giveBack(-grownBytes)
    } else {
      budget.take(grownBytes)
      budget.relieve()
    }
  }

  #forget(): void {
    this.receiver.stop()
    this.#inflater?.abandon()
    this.tellLateSoon()
  }

  /** As {@link fail}, also while closing, or when only the handler is left. */
  #drop(code: CloseCode, error: LimitError): void {
    if (this.readyState === ReadyState.Open) {
      this.fail(code, error)
    } else {
      this.#hasDiscarded = true
      this.discard()
    }
  }
}
