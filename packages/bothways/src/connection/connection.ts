import { CloseCode, checkControlPayload, isControlOpcode, Opcode, type Role } from '@bothways/protocol'
import type { Channel, Sink } from './channel.ts'
import { ConnectionCore } from './connection-core.ts'
import type { ConnectionHandler, ConnectionInit } from './connection-init.ts'
import { ReadyState } from './ending.ts'
import { isBlob, type MessageData } from './message-data.ts'
import type { FanOut } from './sending/fan-out.ts'
import type { FrameSendOptions } from './sending/frame-sender.ts'
import type { Publication } from './sending/publication.ts'
import type { SendOutcome } from './sending/send-outcome.ts'
import { NotSentError } from './sending/send-outcome.ts'
import type { SharedBytes } from './sending/shared-bytes.ts'
import type { Callback } from './sending/waiters.ts'

/**
 * One WebSocket connection after its opening handshake, for either role (RFC 6455 §5-§7), over any `Transport`: the calls that
 * its owner may make. The work that it does by itself is in {@link ConnectionCore}.
 */
export class Connection implements Channel<MessageData>, Sink {
  readonly #core: ConnectionCore

  constructor(handler: ConnectionHandler, init: ConnectionInit) {
    this.#core = new ConnectionCore(handler, init)
  }

  get role(): Role {
    return this.#core.role
  }

  /** Begins to read. `head` are the bytes that came right behind the opening handshake. */
  start(head: Uint8Array = new Uint8Array(0)): void {
    this.#core.start()
    if (head.length > 0) this.receive(head)
  }

  /** Takes bytes that the peer has sent and that came past the transport, before anything that comes by it. */
  receive(bytes: Uint8Array): void {
    this.#core.onData(bytes)
  }

  get readyState(): ReadyState {
    return this.#core.readyState
  }

  get isOpen(): boolean {
    return this.readyState === ReadyState.Open
  }

  /** Bytes given to `send` that the operating system has not taken yet, frame headers included. */
  get bufferedAmount(): number {
    return this.#core.outbox.bufferedBytes
  }

  /** The {@link bufferedAmount} when TCP ended: nobody will take these bytes any more. 0 before. */
  get lostBytes(): number {
    return this.#core.lostBytes
  }

  get roundTripTimeMs(): number | undefined {
    return this.#core.roundTripTimeMs
  }

  /** How long nothing has been read, in whole milliseconds. */
  get idleMs(): number {
    return Math.trunc(performance.now()) - this.#core.lastHeardMs
  }

  /** Bytes of memory taken by data that came and are unfinished or unread. */
  get heldBytes(): number {
    return this.#core.heldBytes
  }

  get bytesReceived(): number {
    return this.#core.transport.bytesRead
  }

  get bytesSent(): number {
    return this.#core.transport.bytesWritten
  }

  /** Sends one message. Behind `queued`, and behind `refused` while the connection is open, comes `onDrain`. */
  send(data: MessageData): SendOutcome {
    if (!this.#core.mayQueue()) return 'refused'
    this.#core.send(data)
    return this.#core.outcome()
  }

  /** As {@link send}, for a message that goes to many connections. Only a server's frames can be shared. */
  sendShared(message: Publication, fanOut?: FanOut): SendOutcome {
    if (fanOut !== undefined && this.#core.joins(fanOut)) return 'sent'
    if (!this.#core.mayQueue()) return 'refused'
    this.#core.sendShared(message)
    return this.#core.outcome()
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
    if (!this.#core.mayQueue()) return 'refused'
    this.#core.sendFrame(payload, options)
    return this.#core.outcome()
  }

  /**
   * Sends the bytes of whole frames that the caller has made, unchecked, behind everything sent so far. Their memory
   * must not change any more. What goes to several connections is given as {@link SharedBytes}, which they hold together.
   */
  sendEncoded(frames: Uint8Array | SharedBytes): SendOutcome {
    if (!this.#core.mayQueue()) return 'refused'
    this.#core.outbox.push(frames)
    return this.#core.outcome()
  }

  /** Writes the frames sent so far at once, instead of at the end of this turn of the event loop. */
  flush(): void {
    this.#core.outbox.flush()
  }

  /**
   * For a program that uses the stream under the connection as well: frames sent before are written, and from here on
   * all data go by it.
   */
  shareStream(): void {
    this.#core.transport.shareStream?.()
    this.#core.flush()
  }

  /**
   * Calls back once everything sent so far has been taken by the operating system, or with an error when the
   * connection ends before.
   */
  whenTaken(callback: Callback): void {
    if (this.readyState === ReadyState.Closed)
      process.nextTick(callback, new NotSentError(this.#core.ending.error))
    else this.#core.outbox.whenTaken(callback)
  }

  /**
   * Sends a ping and promises the round-trip time in ms, or undefined when the connection ends first.
   *
   * @throws UsageError `BW_CONTROL_FRAME_TOO_LONG` for more than 125 bytes
   */
  ping(payload: Uint8Array = this.#core.nextPayload()): Promise<number | undefined> {
    checkControlPayload(payload.length)
    if (!this.isOpen) return Promise.resolve(undefined)
    this.#core.sendControl(Opcode.Ping, payload)
    return this.#core.track(payload)
  }

  /**
   * Starts the close handshake (RFC 6455 §7.1.2) behind everything sent so far; a second call does nothing.
   * `code` must be sendable and `reason` at most 123 bytes: the callers check, with their own errors.
   */
  close(code?: number, reason = ''): void {
    const closeFrame = { code: code ?? CloseCode.NoStatusReceived, reason }
    this.#core.ending.close(closeFrame, { by: 'us', error: undefined }, performance.now())
  }

  /**
   * Ends because a bound or a rule of this side was reached: `error` is told to the program, `reason`
   * to the peer.
   */
  closeForPolicy(code: CloseCode, error: Error, reason: string = error.message): void {
    this.#core.closeForPolicy(code, error, reason)
  }

  /**
   * Fails the connection for a cause on this side (RFC 6455 §7.1.7): the peer is told why, TCP ends, and whatever came
   * or comes is discarded. A connection that is closing already goes on with that.
   */
  fail(code: CloseCode, error: Error, reason: string = error.message): void {
    this.#core.fail(code, error, reason)
  }

  /** Cuts TCP at once. The peer sees 1006. Nothing more is delivered, unless `compat.unread` says so. */
  terminate(error?: Error): void {
    this.#core.ending.terminate(error, performance.now())
  }

  /** Stops reading; TCP then makes the peer wait. Nothing that came is lost. */
  pause(): void {
    this.#core.pause()
  }

  resume(): void {
    this.#core.resume()
  }

  /** How many bytes of the data that the handler was given wait for the application: they count as unread. */
  countUnread(bytes: number): void {
    this.#core.countUnread(bytes)
  }

  /**
   * Whether messages that came and wait may be handled now. False: this connection's share of the turn is used up, nothing is
   * read, and `onTurn` follows in a later one.
   */
  hasTime(): boolean {
    return this.#core.hasTime()
  }
}
