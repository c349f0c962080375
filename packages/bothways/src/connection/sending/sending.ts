import { Buffer } from 'node:buffer'
import { CloseCode, Opcode } from '@bothways/protocol'
import type { ByteBudget } from '../byte-budget.ts'
import type { ConnectionHandler, ConnectionInit } from '../connection-init.ts'
import { ReadyState } from '../ending.ts'
import { sendQueueFull, sendQueuesFull, shortReason } from '../failures.ts'
import type { MessageData } from '../message-data.ts'
import type { FanOut } from './fan-out.ts'
import { FrameSender } from './frame-sender.ts'
import { Outbox, type OutboxHandler } from './outbox.ts'
import type { SendOutcome } from './send-outcome.ts'

/**
 * The sending of one connection: how much may wait for a slow reader, the news of room, and the pings
 * and pongs that go between the messages.
 */
export abstract class Sending extends FrameSender implements OutboxHandler {
  readonly outbox: Outbox
  /** `send` has answered false. */
  #owesDrain = false
  /** The latest ping that waits for the peer to read (RFC 6455 §5.5.3: earlier ones need no answer). */
  #owedPong: Buffer | undefined

  constructor(handler: ConnectionHandler, init: ConnectionInit) {
    super(handler, init)
    const { transport, settings, outgoingBudget } = init
    this.outbox = new Outbox({
      transport,
      handler: this,
      highWaterMarkBytes: settings.highWaterMarkBytes,
      budget: outgoingBudget,
    })
  }

  closeForPolicy(code: CloseCode, error: Error, reason: string = error.message): void {
    this.ending.close({ code, reason: shortReason(reason) }, { by: 'policy', error }, performance.now())
  }

  /** A message, which is taken. */
  send(data: MessageData): void {
    const byteLength = this.sendMessage(data)
    this.handler.onSent?.(byteLength)
  }

  /** Whether one more message is taken; if not, and the connection stays open, there will be a drain. */
  mayQueue(): boolean {
    if (this.readyState !== ReadyState.Open) return false
    const { maxBufferedBytes, whenBufferFull } = this.settings
    const { bufferedBytes } = this.outbox
    const isFull = bufferedBytes > maxBufferedBytes
    if (!isFull && !this.isTotalExceeded) return true
    if (whenBufferFull === 'close') {
      if (isFull) {
        this.closeForPolicy(CloseCode.TryAgainLater, sendQueueFull(maxBufferedBytes, bufferedBytes))
      } else {
        // Perhaps this one goes, too.
        this.kind.outgoingBudget?.relieve()
      }
      return this.readyState === ReadyState.Open
    }
    // A peer that reads as fast as this side sends takes no part of the budget that is used up.
    if (!isFull && !this.outbox.isBehind) return true
    this.#oweDrain()
    return false
  }

  /** The outcome for the message that was taken last. */
  outcome(): SendOutcome {
    if (this.outbox.hasRoom) return 'sent'
    this.#oweDrain()
    return 'queued'
  }

  /** Whether it gets the messages of `fanOut` together with others, as a connection may that has nothing else to send. */
  joins(fanOut: FanOut): boolean {
    const { outbox } = this
    if (this.readyState !== ReadyState.Open || !outbox.isFree || !fanOut.admits(this)) return false
    outbox.join(fanOut)
    return true
  }

  protected onSendFailure(error: Error): void {
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
    if (this.readyState === ReadyState.Open) this.handler.onDrain?.()
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
      this.sendControl(Opcode.Pong, payload)
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
    if (!this.ending.hasReceivedClose) this.sendControl(Opcode.Pong, payload)
  }

  protected get hasRoom(): boolean {
    return this.outbox.hasRoom
  }

  get bufferedBytes(): number {
    return this.outbox.bufferedBytes
  }

  protected sendPing(payload: Uint8Array): void {
    this.sendControl(Opcode.Ping, payload)
    this.outbox.flush()
  }
}
