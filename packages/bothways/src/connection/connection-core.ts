import type { LimitError, ProtocolViolation } from '@bothways/protocol'
import type { CloseFrame } from './disconnect.ts'
import { Ending, type EndingHandler, ReadyState } from './ending.ts'
import { Sending } from './sending/sending.ts'

// As it was when this was loaded: tests put a clock of their own in its place.
const { nextTick } = process

/**
 * The work that one connection does by itself: reading, receiving, looking at the clock, sending and ending put together. The
 * transport, the ticker and the queues call it; its owner has a `Connection`.
 *
 * Reading, receiving, liveness and sending are classes to inherit from, not objects beside: an object each, with its
 * references to the others, would cost every idle connection about 50 bytes more.
 */
export class ConnectionCore extends Sending implements EndingHandler {
  #ending: Ending | undefined
  #lostBytes = 0

  get ending(): Ending {
    this.#ending ??= new Ending(this, {
      role: this.role,
      closeTimeoutMs: this.settings.closeTimeoutMs,
      isTcpEndedByBoth: this.compat.tcpEndedBy === 'both',
      discardsAtCut: this.compat.unread !== 'deliver',
    })
    return this.#ending
  }

  get readyState(): ReadyState {
    return this.#ending === undefined ? ReadyState.Open : this.#ending.readyState
  }

  /** The bytes that had not been taken when TCP ended. */
  get lostBytes(): number {
    return this.#lostBytes
  }

  protected onReceivedAll(): void {
    this.stop()
    this.#lostBytes ||= this.outbox.lostBytes
    // Callbacks that wait for something to be taken hear that it will not be, before the end is told.
    if (this.outbox.abandon(this.ending.error)) nextTick(() => this.#tellOfEnd())
    else this.#tellOfEnd()
  }

  #tellOfEnd(): void {
    const disconnect = this.ending.over()
    this.abandonPings()
    this.handler.onClose(disconnect)
  }

  // --- the ending's side

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
    const { pending } = this
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
