import type { Receiver } from '@bothways/protocol'
import type { ConnectionCompat } from '../compat.ts'
import type { ConnectionInit } from '../connection-init.ts'
import { ConnectionKind } from '../connection-kind.ts'
import { type Ending, ReadyState } from '../ending.ts'
import { fairTime, type TurnMember } from '../fair-time.ts'
import type { Transport } from '../transports/transport.ts'

/** Why nothing is read for the moment; reading goes on when no reason is left. */
export const PauseReason = { Application: 1, Inflating: 2, Turn: 4, Rate: 8 } as const
export type PauseReason = (typeof PauseReason)[keyof typeof PauseReason]

/**
 * Whether one connection reads: it stops for any {@link PauseReason}, and what its stream has told meanwhile comes behind what
 * waits. A class to inherit from instead of an object beside, which each connection would have to pay for.
 */
export abstract class Reading implements TurnMember {
  readonly transport: Transport
  protected readonly kind: ConnectionKind
  /** Made when it begins. */
  abstract readonly ending: Ending
  abstract readonly readyState: ReadyState
  protected abstract readonly receiver: Receiver
  protected pauseReasons = 0
  /** How the byte stream has ended, to be told behind messages that came before and have not been handled yet. */
  #late: (() => void)[] | undefined

  constructor(init: ConnectionInit) {
    this.transport = init.transport
    this.kind = ConnectionKind.of(init)
  }

  protected get compat(): ConnectionCompat {
    return this.kind.compat
  }

  abstract onTurn(): void

  /** Reading on has changed how many bytes are held. */
  protected abstract countHeld(): void

  /** Nothing is read for the moment, for whichever reason. */
  protected get isReadingPaused(): boolean {
    return this.pauseReasons !== 0
  }

  protected pauseFor(reason: PauseReason): void {
    this.pauseReasons |= reason
    if (this.mayRead) return
    this.receiver.pause()
    this.transport.pause()
  }

  protected resumeAfter(reason: PauseReason): void {
    if ((this.pauseReasons & reason) === 0) return
    this.pauseReasons &= ~reason
    this.readOn()
  }

  protected readOn(): void {
    if (this.mayRead) {
      fairTime.begin(this)
      this.receiver.resume()
      // Frames that were waiting may have paused us again.
      if (this.mayRead) this.transport.resume()
      this.countHeld()
    }
    this.tellLate()
  }

  protected get mayRead(): boolean {
    return this.pauseReasons === 0 || (this.isDiscarding && (this.pauseReasons & PauseReason.Turn) === 0)
  }

  /**
   * Once the close handshake has begun, an application that does not read must not keep the peer's close frame from
   * us: messages that come before that are read and dropped.
   */
  protected get isDiscarding(): boolean {
    if (this.readyState === ReadyState.Open) return false
    return (
      (this.pauseReasons & ~PauseReason.Turn) === PauseReason.Application &&
      (this.compat.unread ?? 'drop') === 'drop'
    )
  }

  /** The stream's end has to wait for {@link tellLate}. */
  protected postpone(tell: () => void): void {
    this.#late ??= []
    this.#late.push(tell)
  }

  /** Nothing is left to wait for. Not now: this may be a call of the program's. */
  protected tellLateSoon(): void {
    if (this.#late !== undefined) process.nextTick(() => this.tellLate())
  }

  /** Tells how the stream has ended; a call that must wait longer postpones itself again. */
  protected tellLate(): void {
    const late = this.#late
    if (late === undefined) return
    this.#late = undefined
    for (const tell of late) tell()
  }
}
