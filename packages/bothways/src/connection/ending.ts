import type { LimitError, ProtocolViolation, Role } from '@bothways/protocol'
import { type CloseFrame, type Disconnect, describeDisconnect } from './disconnect.ts'

/** The WHATWG `readyState` values that an established connection can have. */
export const ReadyState = { Connecting: 0, Open: 1, Closing: 2, Closed: 3 } as const
export type ReadyState = (typeof ReadyState)[keyof typeof ReadyState]

/** The calls that an {@link Ending} makes. None of them may throw; any of them may bring the next event at once. */
export interface EndingHandler {
  /** Sends this close frame behind everything sent so far. Nothing is sent after it (RFC 6455 §5.5.1). */
  sendClose(frame: CloseFrame): void
  /**
   * A close frame is due: an answer to the peer's, or for a rule or a limit that the peer broke.
   *
   * @returns whether the program has been asked to send it, by {@link Ending.close}
   */
  askForClose(due: CloseFrame, cause: CloseFrame | ProtocolViolation | LimitError): boolean
  /** The connection is closing: no further message is taken. `received` is the peer's frame, if that began it. */
  tellClosing(received: CloseFrame | undefined): void
  tellViolation(error: ProtocolViolation | LimitError): void
  /** Nothing that came is delivered any more. */
  discard(): void
  /** Sends FIN behind everything sent so far, and goes on reading so that the peer's FIN is seen. */
  endTcp(): void
  /** Ends both directions of TCP at once; data that have not been sent are lost. */
  cut(): void
}

export interface EndingInit {
  readonly role: Role
  /** How long the peer has for its part, in ms. */
  readonly closeTimeoutMs: number
  /** TCP is ended by each side after the close handshake; false: by the server, and the client waits for it. */
  readonly isTcpEndedByBoth: boolean
  /** Data that came and have not been read are dropped by {@link Ending.terminate}. */
  readonly discardsAtCut: boolean
}

type Cause = Pick<Disconnect, 'by' | 'error'>

/** The ending so far: its cause, the close frames, and when TCP is cut. */
interface EndState {
  cause?: Cause
  sent?: CloseFrame
  received?: CloseFrame
  /** When TCP is cut if the peer has not done its part by then; undefined: not closing. */
  cutAtMs?: number
  /** Bytes that waited for the peer when they were last looked at while closing. */
  bufferedBytes?: number
}

/**
 * The ending of one connection (RFC 6455 §5.5.1, §7.1): each event that has to do with it is a method, and what has to be
 * done goes to the handler. It has no clock, no socket and no timer. Times are in ms, of one clock.
 */
export class Ending {
  readonly #handler: EndingHandler
  readonly #closeTimeoutMs: number
  /** RFC 6455 §7.1.1: the server ends TCP first, so that it is the one to wait in TIME_WAIT. */
  readonly #endsTcp: boolean
  readonly #discardsAtCut: boolean
  #readyState: ReadyState = ReadyState.Open
  #tcp: 'open' | 'ending' | 'over' = 'open'
  /** Undefined: nothing has begun, so that an idle connection holds none of it. */
  #end: EndState | undefined

  constructor(handler: EndingHandler, init: EndingInit) {
    this.#handler = handler
    this.#closeTimeoutMs = init.closeTimeoutMs
    this.#endsTcp = init.role === 'server' || init.isTcpEndedByBoth
    this.#discardsAtCut = init.discardsAtCut
  }

  get readyState(): ReadyState {
    return this.#readyState
  }

  /** Why the connection ends, so far. */
  get error(): Error | undefined {
    return this.#end?.cause?.error
  }

  /** RFC 6455 §5.5.2, §5.5.1: the peer expects nothing any more but a close frame. */
  get hasReceivedClose(): boolean {
    return this.#end?.received !== undefined
  }

  /** This side closes (RFC 6455 §7.1.2), or answers the peer's close frame. The second time nothing happens. */
  close(frame: CloseFrame, { by, error }: Cause, nowMs: number): void {
    if (this.#readyState !== ReadyState.Open) return
    this.#blame(by, error)
    this.#sendClose(frame, nowMs)
    if (this.hasReceivedClose) this.#endTcpAfterHandshake()
  }

  /** The peer's close frame has come (RFC 6455 §5.5.1): `answer` goes back unless one has been sent. */
  receiveClose(received: CloseFrame, answer: CloseFrame, nowMs: number): void {
    if (this.#readyState === ReadyState.Closed) return
    this.#begun.received = received
    this.#blame('peer', undefined)
    if (this.#readyState === ReadyState.Open && !this.#handler.askForClose(answer, received)) {
      this.#sendClose(answer, nowMs)
    }
    if (this.#readyState !== ReadyState.Open) this.#endTcpAfterHandshake()
  }

  /**
   * The peer broke a rule or a limit. RFC 6455 §7.1.7: to fail a connection is to say why and to end TCP, whichever the
   * role.
   */
  violate(error: ProtocolViolation | LimitError, due: CloseFrame, nowMs: number): void {
    if (this.#readyState === ReadyState.Closed) return
    this.#blame('policy', error)
    if (this.#readyState === ReadyState.Open) this.#handler.askForClose(due, error)
    if (this.#readyState === ReadyState.Open) this.#sendClose(due, nowMs)
    this.#handler.tellViolation(error)
    this.#endTcp()
  }

  /** This side fails the connection for a cause of its own (RFC 6455 §7.1.7). */
  fail(frame: CloseFrame, error: Error, nowMs: number): void {
    if (this.#readyState !== ReadyState.Open) return
    this.#blame('policy', error)
    this.#sendClose(frame, nowMs)
    this.#handler.discard()
    this.#endTcp()
  }

  /** The peer's FIN has come: it will send no more. */
  peerEnded(nowMs: number): void {
    if (this.#readyState === ReadyState.Closed) return
    this.#blame('network', undefined)
    this.#beginClosing(nowMs)
    this.#endTcp()
  }

  /** The peer does not answer: nobody would read a close frame. */
  lose(error: Error): void {
    this.#blame('network', error)
    this.cut()
  }

  /** This side wants it over at once. */
  terminate(error: Error | undefined, nowMs: number): void {
    if (this.#readyState === ReadyState.Closed) return
    this.#blame('us', error)
    if (this.#discardsAtCut) this.#handler.discard()
    this.#beginClosing(nowMs)
    this.cut()
  }

  /**
   * Time has passed while closing. A peer that is still taking data sent before the close gets more time; one ended
   * by policy does not.
   *
   * @param bufferedBytes bytes that have not been taken yet
   */
  tick(nowMs: number, bufferedBytes: number): void {
    const end = this.#end
    if (end?.cutAtMs === undefined || this.#tcp === 'over') return
    // Not before the turn of closing is over: frames sent in it are written by now, unless the peer does not read.
    end.bufferedBytes ??= bufferedBytes
    if (nowMs < end.cutAtMs) return
    const isMoving = bufferedBytes < end.bufferedBytes && end.cause?.by !== 'policy'
    end.bufferedBytes = bufferedBytes
    if (isMoving) end.cutAtMs = nowMs + this.#closeTimeoutMs
    else this.cut()
  }

  /** For so long, up to `nowMs`, the peer could not have been heard, whatever it did. */
  excuse(lostMs: number, nowMs: number): void {
    const end = this.#end
    if (end?.cutAtMs === undefined) return
    end.cutAtMs = Math.min(end.cutAtMs + lostMs, nowMs + this.#closeTimeoutMs)
  }

  /** Ends TCP at once. */
  cut(): void {
    if (this.#tcp === 'over') return
    this.#tcp = 'over'
    this.#handler.cut()
  }

  /** TCP is over; messages that came before that may still be delivered. */
  tcpEnded(error: Error | undefined, nowMs: number): void {
    if (this.#readyState === ReadyState.Closed) return
    this.#tcp = 'over'
    this.#blame('network', error)
    this.#beginClosing(nowMs)
  }

  /** Behind {@link tcpEnded}: all is over. RFC 6455 §7.1.4-§7.1.6 say what the program hears. */
  over(): Disconnect {
    this.#readyState = ReadyState.Closed
    const { cause, sent, received } = this.#begun
    return describeDisconnect({ by: cause?.by ?? 'network', error: cause?.error, sent, received })
  }

  get #begun(): EndState {
    this.#end ??= {}
    return this.#end
  }

  /** The first cause stays: its consequences must not overwrite it. */
  #blame(by: Disconnect['by'], error: Error | undefined): void {
    this.#begun.cause ??= { by, error }
  }

  #sendClose(frame: CloseFrame, nowMs: number): void {
    if (this.#tcp !== 'over') {
      this.#begun.sent = frame
      this.#handler.sendClose(frame)
    }
    this.#beginClosing(nowMs)
  }

  #beginClosing(nowMs: number): void {
    if (this.#readyState !== ReadyState.Open) return
    this.#readyState = ReadyState.Closing
    this.#begun.cutAtMs = nowMs + this.#closeTimeoutMs
    this.#handler.tellClosing(this.#begun.received)
  }

  #endTcpAfterHandshake(): void {
    if (this.#endsTcp) this.#endTcp()
  }

  #endTcp(): void {
    if (this.#tcp !== 'open') return
    this.#tcp = 'ending'
    this.#handler.endTcp()
  }
}
