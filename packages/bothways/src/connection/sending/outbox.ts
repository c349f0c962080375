import type { BudgetHolder, ByteBudget } from '../byte-budget.ts'
import type { Transport } from '../transports/transport.ts'
import type { FanOut, FanOutMember } from './fan-out.ts'
import { type FirstOctet, payloadBytesIn } from './frame.ts'
import { NotSentError } from './send-outcome.ts'
import { SharedBytes } from './shared-bytes.ts'
import { joinableBytes, type Piece, type Turn, type TurnWriter, turnOfProcess } from './turn.ts'
import { type Callback, inContext, Waiters } from './waiters.ts'
import { Writing } from './writing.ts'

export interface OutboxHandler {
  /** There is room again; asked for by {@link Outbox.oweRoom}. */
  onRoom(): void
  /** Too much waits for all connections together, and most for this one: it must go. */
  onTotalExceeded(budget: ByteBudget): void
}

export interface OutboxInit {
  readonly transport: Transport
  readonly handler: OutboxHandler
  /** Above it there is no room. */
  readonly highWaterMarkBytes: number
  /** Counts the bytes that wait together with those that wait elsewhere; undefined: nobody counts them. */
  readonly budget: ByteBudget | undefined
}

/** A frame that is not ready when it is sent, or has others before it that are not: until then its bytes count. */
interface Entry {
  readonly bytes: number
  frame: Piece | undefined
  isReady: boolean
  callbacks?: Callback[]
}

/** When so much is ready for one connection, it goes out before the turn ends. */
const muchBytes = 128 * 1024

const none: Piece[] = []

// As it was when this was loaded: tests put a clock of their own in its place.
const { nextTick } = process

/**
 * The frames of one connection on their way out, in order: those that are not ready yet, those of this turn of the
 * event loop, those of earlier turns, and the one write that is under way. Frames that are ready go out when the turn ends,
 * as one write for all that the turn has brought, however many messages that is.
 */
export class Outbox extends Writing implements TurnWriter, FanOutMember, BudgetHolder {
  readonly #handler: OutboxHandler
  readonly #highWaterMarkBytes: number
  /** The pieces that this turn has brought, but for the frames in the turn's tail. */
  #ready = none
  /** The tail included. */
  #readyBytes = 0
  /** Where else what this turn has brought is kept, with that of others who have the same to send. */
  #fanOut: FanOut | undefined
  /** While something is not ready: it, and all that was sent behind it. */
  #waiting: Entry[] | undefined
  #waitingBytes = 0
  #owesRoom = false
  #isInTurn = false
  #isCut = false

  constructor({ transport, handler, highWaterMarkBytes, budget }: OutboxInit, turn: Turn = turnOfProcess()) {
    super(transport, budget, turn)
    this.#handler = handler
    this.#highWaterMarkBytes = highWaterMarkBytes
  }

  /** Bytes handed over that the operating system has not taken. */
  get bufferedBytes(): number {
    const backlogBytes = this.unwritten === undefined ? 0 : this.unwritten.backlogBytes
    const fanOutBytes = this.#fanOut === undefined ? 0 : this.#fanOut.bytes
    return this.#waitingBytes + this.#readyBytes + fanOutBytes + backlogBytes + this.transport.queuedBytes
  }

  /** Bytes lost when the transport has ended, which knows no more how much of the last write was taken: all of it counts. */
  get lostBytes(): number {
    return this.bufferedBytes + Math.max(0, this.underWayBytes - this.transport.queuedBytes)
  }

  get hasRoom(): boolean {
    return this.bufferedBytes <= this.#highWaterMarkBytes
  }

  /** True while something is not ready. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined
  }

  get heldBytes(): number {
    return this.bufferedBytes
  }

  giveUp(budget: ByteBudget): void {
    this.#handler.onTotalExceeded(budget)
  }

  /** A frame of which the payload is copied, masked if there is a key; ahead of those that are not ready. */
  appendFrame(payload: Uint8Array, first: FirstOctet, maskingKey: number | undefined): void {
    if (this.isEnding) return
    if (this.#fanOut !== undefined) this.leaveFanOut()
    if (payload.length > joinableBytes) {
      this.flush()
      this.writeLong(payload, first, maskingKey)
      this.#afterWriting()
    } else this.#grow(this.turn.appendFrame(this, payload, first, maskingKey))
  }

  /** As {@link appendFrame}, for a text message; returns its length, undefined when it may be too long for that. */
  appendText(text: string, maskingKey: number | undefined): number | undefined {
    if (this.isEnding) return 0
    if (this.#fanOut !== undefined) this.leaveFanOut()
    const bytes = this.turn.appendText(this, text, maskingKey)
    if (bytes === undefined) return undefined
    this.#grow(bytes)
    return payloadBytesIn(bytes, maskingKey !== undefined)
  }

  /** Whole frames, behind all that was sent. Their memory must not change any more. */
  push(frames: Piece): void {
    if (this.isEnding) return
    if (this.#fanOut !== undefined) this.leaveFanOut()
    if (this.#waiting === undefined) this.#add(frames)
    else this.#wait({ bytes: frames.length, frame: frames, isReady: true })
  }

  /** Keeps a place for a frame that comes later; undefined gives the place up. `frame` must not reject. */
  pushLater(bytes: number, frame: Promise<Piece | undefined>): void {
    this.leaveFanOut()
    const entry: Entry = { bytes, frame: undefined, isReady: false }
    this.#wait(entry)
    void frame.then(result => {
      entry.frame = result
      entry.isReady = true
      this.#advance()
    })
  }

  /** Tells the handler once there is room again, also if there is by the end of this turn. */
  oweRoom(): void {
    this.#owesRoom = true
  }

  /** Calls back, in a later tick, when all that was handed over so far has been taken. */
  whenTaken(callback: Callback): void {
    this.leaveFanOut()
    const last = this.#waiting?.at(-1)
    if (this.#isCut) {
      nextTick(callback, new NotSentError(undefined))
    } else if (last !== undefined) {
      last.callbacks ??= []
      last.callbacks.push(inContext(callback))
    } else if (this.#bytesAhead === 0) {
      nextTick(callback)
    } else {
      this.#addWaiter(inContext(callback))
    }
  }

  /** Writes the pieces that are ready. */
  flush(): void {
    if (this.#fanOut !== undefined) this.leaveFanOut()
    const tail = this.turn.takeTail(this)
    const pieces = this.#ready
    if (this.isBehind) this.writeBacklog()
    this.#readyBytes = 0
    if (pieces.length > 0) {
      this.#ready = none
      if (tail !== undefined) pieces.push(tail)
      this.writePieces(pieces)
    } else if (tail !== undefined) {
      if (this.mayWrite) this.write(tail, this.turn.memory)
      else this.unwrittenOrNew.keep(tail)
    }
    this.#afterWriting()
  }

  /** Sends FIN behind everything. */
  end(): void {
    if (this.isEnding) return
    this.flush()
    this.isEnding = true
    if (!this.isBehind) this.transport.end()
  }

  /** Ends both directions at once: forgets all that was not written, and its memory. */
  cut(): void {
    if (this.#isCut) return
    this.#clear()
    // The bytes of the last write that the operating system has taken count as taken.
    this.waiters?.took(Math.max(0, this.underWayBytes - this.transport.queuedBytes))
    this.transport.destroy()
    this.unwritten?.returnLoan()
    this.#count()
  }

  /** Nothing more will be taken: tells those who wait for it, in a later tick. Returns whether there was anybody. */
  abandon(cause: Error | undefined): boolean {
    this.#clear()
    this.unwritten?.took(this.underWayBytes)
    this.#count()
    return this.waiters?.abandon(cause) === true
  }

  // --- the transport's side

  onTaken(bytes: number): void {
    this.unwritten?.took(bytes)
    this.waiters?.took(bytes)
    if (this.#isCut) return
    if (this.isBehind) this.writeBacklog()
    // Else each write would come a turn late once one has.
    if (this.transport.tellsLater && this.#readyBytes > 0) this.flush()
    this.#afterWriting()
    this.#tellOfRoom()
  }

  // --- the fan-out's side

  /** Whether nothing was sent in this turn, and nothing waits: then it may be one of many who write the same. */
  get isFree(): boolean {
    if (this.#isInTurn || this.isEnding || this.#fanOut !== undefined || this.#waiting !== undefined)
      return false
    if (this.bufferedBytes > 0 || this.underWayBytes > 0) return false
    return !this.turn.isExiting && !this.transport.tellsLater
  }

  /** The pieces that `fanOut` has and gets are written when the turn ends, unless others are to go out before. This must be free. */
  join(fanOut: FanOut): void {
    this.#fanOut = fanOut
    fanOut.join(this)
  }

  leaveFanOut(): void {
    const fanOut = this.#fanOut
    if (fanOut === undefined) return
    const { pieces } = fanOut
    if (!this.turn.hasRoomForShared(pieces.length)) {
      // With it the fan-out.
      this.turn.end()
      if (this.#fanOut === undefined) return
    }
    this.#fanOut = undefined
    this.turn.countShared(pieces.length)
    this.#ready = pieces.slice()
    this.#readyBytes = fanOut.bytes
    fanOut.leave(this)
    this.#joinTurn()
  }

  writeFanOut(pieces: readonly SharedBytes[]): void {
    this.#fanOut = undefined
    this.writePieces(pieces)
    this.#afterWriting()
  }

  // --- the turn's side

  addPiece(piece: Piece): void {
    if (this.#ready === none) this.#ready = [piece]
    else this.#ready.push(piece)
  }

  onTurnEnd(): void {
    this.#isInTurn = false
    this.flush()
  }

  /** A write of TLS is over only some time after it: so it is made at once, and the next one when the turn ends. */
  static readonly #flushEarly = (outbox: Outbox): void => {
    if (outbox.underWayBytes === 0) outbox.flush()
  }

  static readonly #tellLater = (outbox: Outbox): void => outbox.#tellOfRoom()

  get #bytesAhead(): number {
    return this.#readyBytes + (this.unwritten?.backlogBytes ?? 0) + this.underWayBytes
  }

  #add(frames: Piece): void {
    if (frames instanceof SharedBytes) this.turn.addShared(this, frames)
    else if (frames.length <= joinableBytes) this.turn.append(this, frames)
    else {
      this.flush()
      if (this.mayWrite) this.write(frames, undefined)
      else this.unwrittenOrNew.keep(frames)
      this.#afterWriting()
      return
    }
    this.#grow(frames.length)
  }

  #grow(bytes: number): void {
    this.#readyBytes += bytes
    if (this.#readyBytes >= muchBytes || this.turn.isExiting) this.flush()
    else if (!this.#isInTurn) this.#joinTurn()
  }

  #joinTurn(): void {
    this.#isInTurn = true
    this.turn.join(this)
    this.turn.expectWrite()
    if (this.transport.tellsLater) nextTick(Outbox.#flushEarly, this)
  }

  #wait(entry: Entry): void {
    if (this.isEnding) return
    this.#waiting ??= []
    this.#waiting.push(entry)
    this.#waitingBytes += entry.bytes
    this.#count()
  }

  #advance(): void {
    for (let first = this.#waiting?.[0]; first?.isReady; first = this.#waiting?.[0]) {
      this.#waiting!.shift()
      this.#waitingBytes -= first.bytes
      if (this.#waiting!.length === 0) this.#waiting = undefined
      if (first.frame !== undefined) this.#add(first.frame)
      for (const callback of first.callbacks ?? []) {
        if (this.#bytesAhead === 0) nextTick(callback)
        else this.#addWaiter(callback)
      }
    }
    this.#count()
  }

  #addWaiter(callback: Callback): void {
    this.waiters ??= new Waiters()
    this.waiters.add(callback, this.#bytesAhead)
  }

  #clear(): void {
    this.isEnding = true
    this.#isCut = true
    this.#owesRoom = false
    this.turn.takeTail(this)
    this.#fanOut?.leave(this)
    this.#fanOut = undefined
    this.#ready = none
    this.#readyBytes = 0
    this.unwritten?.drop()
    for (const { callbacks = [] } of this.#waiting ?? []) {
      for (const callback of callbacks) {
        this.waiters ??= new Waiters()
        this.waiters.add(callback, Number.POSITIVE_INFINITY)
      }
    }
    this.#waiting = undefined
    this.#waitingBytes = 0
  }

  /** After a write: tells the budget of the bytes held, and soon the handler of room that is owed. */
  #afterWriting(): void {
    if (this.unwritten !== undefined) this.#count()
    // Not at once: a sender must not be called back in the middle of its call.
    if (this.#owesRoom && this.hasRoom) nextTick(Outbox.#tellLater, this)
  }

  #tellOfRoom(): void {
    if (!this.#owesRoom || !this.hasRoom) return
    this.#owesRoom = false
    this.#handler.onRoom()
  }

  /** Tells the budget how much is held now. */
  #count(): void {
    if (this.#waitingBytes > 0) this.unwrittenOrNew.count(this, this.#waitingBytes, this.#isCut)
    else this.unwritten?.count(this, 0, this.#isCut)
  }
}
