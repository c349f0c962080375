import { Buffer } from 'node:buffer'
import { CloseCode, type LimitError, Opcode, type ProtocolViolation, type Role } from '@bothways/protocol'
import type { ByteBudget } from './byte-budget.ts'
import type { ConnectionHandler, ConnectionInit } from './connection-init.ts'
import type { CloseFrame } from './disconnect.ts'
import { Ending, type EndingHandler, ReadyState } from './ending.ts'
import { sendQueueFull, sendQueuesFull, shortReason } from './failures.ts'
import { Liveness } from './liveness/liveness.ts'
import { FrameSender, type FrameSenderHandler } from './sending/frame-sender.ts'
import { newMaskingKey } from './sending/masking-key.ts'
import { Outbox, type OutboxHandler } from './sending/outbox.ts'
import type { SendOutcome } from './sending/send-outcome.ts'

// As it was when this was loaded: tests put a clock of their own in its place.
const { nextTick } = process

/**
 * What one connection does by itself: reading, receiving, looking at the clock, sending and ending put together. The
 * transport, the heartbeat and the queues call it; its owner has a `Connection`.
 *
 * Reading, receiving and liveness are classes to inherit from, not objects beside: an object each, with its references
 * to the others, would cost every idle connection about 50 bytes more.
 */
export class ConnectionCore extends Liveness implements EndingHandler, FrameSenderHandler, OutboxHandler {
  readonly role: Role
  readonly outbox: Outbox
  readonly sender: FrameSender
  readonly ending: Ending
  readonly #outgoingBudget: ByteBudget | undefined
  #lostBytes = 0
  /** `send` has answered false. */
  #owesDrain = false
  /** The latest ping that waits for the peer to read (RFC 6455 §5.5.3: earlier ones need no answer). */
  #owedPong: Buffer | undefined

  constructor(handler: ConnectionHandler, init: ConnectionInit) {
    super(handler, init)
    const { role, transport, settings, deflate, zlibGate, outgoingBudget } = init
    const { compat } = this
    this.role = role
    this.#outgoingBudget = outgoingBudget
    this.outbox = new Outbox({
      transport,
      handler: this,
      highWaterMarkBytes: settings.highWaterMarkBytes,
      budget: outgoingBudget,
    })
    this.sender = new FrameSender({
      role,
      outbox: this.outbox,
      compression: settings.compression,
      outgoing: deflate?.outgoing,
      nextMaskingKey: compat.nextMaskingKey ?? newMaskingKey,
      zlibGate,
      handler: this,
    })
    this.ending = new Ending(this, {
      role,
      closeTimeoutMs: settings.closeTimeoutMs,
      isTcpEndedByBoth: compat.tcpEndedBy === 'both',
      discardsAtCut: compat.unread !== 'deliver',
    })
  }

  /** What had not been taken when TCP ended. */
  get lostBytes(): number {
    return this.#lostBytes
  }

  closeForPolicy(code: CloseCode, error: Error, reason: string = error.message): void {
    this.ending.close({ code, reason: shortReason(reason) }, { by: 'policy', error }, performance.now())
  }

  // --- the sending side

  /** Whether one more message is taken; if not, and the connection stays open, there will be a drain. */
  mayQueue(): boolean {
    if (this.ending.readyState !== ReadyState.Open) return false
    const { maxBufferedBytes, whenBufferFull } = this.settings
    const { bufferedBytes } = this.outbox
    const isFull = bufferedBytes > maxBufferedBytes
    if (!isFull && this.#outgoingBudget?.isExceeded !== true) return true
    if (whenBufferFull === 'close') {
      if (isFull) {
        this.closeForPolicy(CloseCode.TryAgainLater, sendQueueFull(maxBufferedBytes, bufferedBytes))
      } else {
        // Perhaps this one goes, too.
        this.#outgoingBudget?.relieve()
      }
      return this.ending.readyState === ReadyState.Open
    }
    // Whoever reads as fast as this side sends takes no part of what is used up.
    if (!isFull && !this.outbox.isBehind) return true
    this.#oweDrain()
    return false
  }

  /** What has become of the message that was taken last. */
  outcome(): SendOutcome {
    if (this.outbox.hasRoom) return 'sent'
    this.#oweDrain()
    return 'queued'
  }

  onSendFailure(error: Error): void {
    this.closeForPolicy(CloseCode.InternalError, error)
  }

  onRoom(): void {
    if (!this.outbox.hasRoom) {
      this.outbox.oweRoom()
      return
    }
    this.#payPong()
    if (!this.#owesDrain) return
    this.#owesDrain = false
    if (this.ending.readyState === ReadyState.Open) this.handler.onDrain?.()
  }

  /** Nobody would read a close frame; so the connection is cut, and the memory is free at once. */
  onTotalExceeded({ limitBytes, usedBytes }: ByteBudget): void {
    this.closeForPolicy(CloseCode.TryAgainLater, sendQueuesFull(limitBytes, usedBytes))
    this.ending.cut()
  }

  #oweDrain(): void {
    this.#owesDrain = true
    this.outbox.oweRoom()
  }

  // --- the receiving side

  onTaken(bytes: number): void {
    this.outbox.onTaken(bytes)
  }

  flush(): void {
    this.outbox.flush()
  }

  /** RFC 6455 §5.5.2: a ping is answered unless a close frame has come, so also while we are closing. */
  protected answerPing(payload: Uint8Array): void {
    if (this.isOver) return
    if (this.outbox.hasRoom) {
      // RFC 6455 §5.5.3: it answers for an earlier one that still waits, whose pong would come behind it.
      this.#owedPong = undefined
      this.sender.sendControl(Opcode.Pong, payload)
    } else {
      this.#owedPong = Buffer.from(payload)
      this.outbox.oweRoom()
    }
  }

  /** RFC 6455 §5.5.2: not behind the peer's close frame. */
  #payPong(): void {
    const payload = this.#owedPong
    if (payload === undefined) return
    this.#owedPong = undefined
    if (!this.ending.hasReceivedClose) this.sender.sendControl(Opcode.Pong, payload)
  }

  protected onReceivedAll(): void {
    this.stop()
    this.#lostBytes ||= this.outbox.lostBytes
    // Who waits for something to be taken hears that it will not be before the end is told.
    if (this.outbox.abandon(this.ending.error)) nextTick(() => this.#tellOfEnd())
    else this.#tellOfEnd()
  }

  #tellOfEnd(): void {
    const disconnect = this.ending.over()
    this.abandonPings()
    this.handler.onClose(disconnect)
  }

  // --- liveness's side

  protected get hasRoom(): boolean {
    return this.outbox.hasRoom
  }

  get bufferedBytes(): number {
    return this.outbox.bufferedBytes
  }

  protected sendPing(payload: Uint8Array): void {
    this.sender.sendControl(Opcode.Ping, payload)
    this.outbox.flush()
  }

  // --- the ending's side

  sendClose(frame: CloseFrame): void {
    this.sender.sendClose(frame)
  }

  askForClose(due: CloseFrame, cause: CloseFrame | ProtocolViolation | LimitError): boolean {
    const { handler } = this
    if (handler.onCloseDue === undefined) return false
    if (cause instanceof Error) handler.onCloseDue(due, undefined, cause)
    else handler.onCloseDue(due, cause)
    return true
  }

  tellClosing(received: CloseFrame | undefined): void {
    this.handler.onClosing?.(received)
    this.beginClosing()
  }

  tellViolation(error: ProtocolViolation | LimitError): void {
    this.handler.onViolation?.(error)
  }

  endTcp(): void {
    const { pending } = this.sender
    if (pending !== undefined) {
      void pending.then(() => this.endTcp())
      return
    }
    this.outbox.end()
    this.readToEnd()
  }

  cut(): void {
    this.#lostBytes = this.outbox.bufferedBytes
    this.outbox.cut()
  }
}
