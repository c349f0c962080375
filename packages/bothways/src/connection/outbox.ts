import { AsyncResource } from 'node:async_hooks'
import { Buffer } from 'node:buffer'
import { copyMasked, type Opcode } from '@bothways/protocol'
import { bytesPerUnit, SharedBuffer } from './shared-buffer.ts'
import type { Transport } from './transport.ts'
import { type Callback, Waiters } from './waiters.ts'

interface Entry {
  /** Counted as buffered until it is written. */
  readonly bytes: number
  frame: Uint8Array | undefined
  isReady: boolean
  callbacks?: Callback[]
}

/** A longer frame goes out by itself: copying it to its neighbours would cost more than a further write. */
const joinableBytes = 16 * 1024

/** A frame of this length fills a write by itself. */
const longBytes = 64 * 1024

const none: readonly Uint8Array[] = []

// As they were when this was loaded: tests put clocks of their own in their place, and the network goes on without them.
const { setImmediate } = globalThis
const { nextTick } = process

/**
 * The frames on their way out, in order. Some are not ready yet (a `Blob` is being read, a large message
 * compressed): later ones wait behind them. Ready ones go out at the end of the turn of the event loop, as one write
 * for all that the turn has brought: one for each connection that was read, however many messages it is answered.
 */
export class Outbox {
  readonly #transport: Transport
  readonly #highWaterMarkBytes: number
  #ready: Uint8Array[] = none as Uint8Array[]
  /** Of the ready frames, those in the turn's memory included. */
  #readyBytes = 0
  #waiting: Entry[] | undefined
  #waitingBytes = 0
  #isNoticeOwed = false
  /** How often notice was asked for, and how often it came: in that order. */
  #noticesAsked = 0
  #noticesCame = 0
  #waiters: Waiters | undefined
  #isScheduled = false

  /** @param highWaterMarkBytes above it, the transport is asked to tell when it has caught up */
  constructor(transport: Transport, highWaterMarkBytes: number) {
    this.#transport = transport
    this.#highWaterMarkBytes = highWaterMarkBytes
    if (isExitWatched) return
    isExitWatched = true
    process.once('exit', flushAtExit)
  }

  /** Bytes handed over that the operating system has not taken. */
  get bufferedBytes(): number {
    return this.#waitingBytes + this.#readyBytes + this.#transport.queuedBytes
  }

  get hasRoom(): boolean {
    return this.bufferedBytes <= this.#highWaterMarkBytes
  }

  /** True while something is not ready. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined
  }

  /**
   * Writes a frame into the turn's memory, masked if there is a key; false when it is too long for that, or when others
   * wait, and the caller makes a frame to {@link push}.
   */
  appendFrame(payload: Uint8Array, opcode: Opcode, maskingKey: number | undefined): boolean {
    if (payload.length > joinableBytes || this.#waiting !== undefined) return false
    this.#takeTurn(payload.length)
    this.#grow(turn.appendFrame(payload, opcode, maskingKey))
    return true
  }

  /** As {@link appendFrame}, for a text message. */
  appendText(text: string, maskingKey: number | undefined): boolean {
    const longestBytes = text.length * bytesPerUnit
    if (longestBytes > joinableBytes || this.#waiting !== undefined) return false
    this.#takeTurn(longestBytes)
    this.#grow(turn.appendText(text, maskingKey))
    return true
  }

  /**
   * Writes a long frame at once, by way of memory that stays in the processor's cache, and copies only what the
   * operating system does not take; false when it is not long, or when others wait.
   */
  writeLong(payload: Uint8Array, opcode: Opcode, maskingKey: number | undefined): boolean {
    if (payload.length < longBytes || this.#waiting !== undefined || this.#transport.queuedBytes > 0)
      return false
    this.flush()
    joined.clear()
    joinedPieces = none
    joined.appendHeader(payload.length, opcode, maskingKey)
    let at = 0
    let isTaken = true
    while (at < payload.length && isTaken) {
      at += joined.fill(payload, at, maskingKey)
      const isLast = at === payload.length
      if (isLast) this.#noticesAsked++
      isTaken = this.#transport.writeShared(joined.written(0), isLast)
      if (isTaken) joined.clear()
      else joined.giveAway()
    }
    if (at < payload.length) {
      const rest = Buffer.from(payload.subarray(at))
      if (maskingKey !== undefined) copyMasked(rest, rest, 0, maskingKey, at)
      this.pushAhead(rest)
      this.flush()
    }
    return true
  }

  push(frame: Uint8Array): void {
    if (this.#waiting === undefined) this.pushAhead(frame)
    else this.#wait({ bytes: frame.length, frame, isReady: true })
  }

  /** A ping or pong need not wait behind messages that are not ready (RFC 6455 §5.4 lets it pass). */
  pushAhead(frame: Uint8Array): void {
    if (tailOwner === this) sealTail()
    this.#add(frame)
    this.#grow(frame.length)
  }

  /** Keeps a place for a frame that comes later; undefined gives the place up. `frame` must not reject. */
  pushLater(bytes: number, frame: Promise<Uint8Array | undefined>): void {
    const entry: Entry = { bytes, frame: undefined, isReady: false }
    this.#wait(entry)
    void frame.then(result => {
      entry.frame = result
      entry.isReady = true
      this.#advance()
    })
  }

  /**
   * The next write asks for notice, also if there is room again by then: what was in the way may have been taken
   * meanwhile, or become shorter when it was compressed.
   */
  oweNotice(): void {
    this.#isNoticeOwed = true
  }

  /** Calls back, in a later tick, when all that was handed over so far has been taken. */
  whenTaken(callback: Callback): void {
    const last = this.#waiting?.at(-1)
    this.#waiters ??= new Waiters()
    if (last !== undefined) {
      last.callbacks ??= []
      last.callbacks.push(inContext(callback))
    } else if (this.#readyBytes > 0) {
      this.#waiters.add(inContext(callback))
    } else if (this.#noticesAsked > this.#noticesCame) {
      this.#waiters.add(inContext(callback))
      this.#waiters.depart(this.#noticesAsked)
    } else {
      nextTick(callback)
    }
  }

  /** The transport has given a notice. */
  onNotice(): void {
    this.#noticesCame++
    this.#waiters?.arrive(this.#noticesCame)
  }

  /** Writes what is ready. */
  flush(): void {
    if (tailOwner === this) sealTail()
    const pieces = this.#ready
    if (pieces.length === 0) return
    const wantsNotice = this.#isNoticeOwed || !this.hasRoom || this.#waiters?.awaitWrite === true
    this.#isNoticeOwed = false
    if (wantsNotice) {
      this.#noticesAsked++
      this.#waiters?.depart(this.#noticesAsked)
    }
    this.#ready = none as Uint8Array[]
    this.#readyBytes = 0
    if (pieces.length === 1) this.#writePiece(pieces[0]!, wantsNotice)
    else this.#writePieces(pieces, wantsNotice)
  }

  /** Forgets all that was not written. */
  clear(): void {
    if (tailOwner === this) tailOwner = undefined
    this.#ready = none as Uint8Array[]
    this.#readyBytes = 0
    for (const { callbacks = [] } of this.#waiting ?? []) {
      for (const callback of callbacks) this.#waiters?.add(callback)
    }
    this.#waiting = undefined
    this.#waitingBytes = 0
  }

  /** Forgets all that was not written, and tells those who wait for it. */
  abandon(cause: Error | undefined): void {
    this.clear()
    this.#waiters?.abandon(cause)
  }

  #takeTurn(payloadBytes: number): void {
    if (!turn.hasRoomFor(payloadBytes)) flushAll()
    if (tailOwner === this) return
    sealTail()
    tailOwner = this
    tailStart = turn.used
  }

  #add(piece: Uint8Array): void {
    if (this.#ready === none) this.#ready = [piece]
    else this.#ready.push(piece)
  }

  #grow(bytes: number): void {
    this.#readyBytes += bytes
    if (isExiting) this.flush()
    else if (!this.#isScheduled) this.#schedule()
  }

  #wait(entry: Entry): void {
    this.#waiting ??= []
    this.#waiting.push(entry)
    this.#waitingBytes += entry.bytes
  }

  #advance(): void {
    let first = this.#waiting?.[0]
    while (first?.isReady) {
      this.#waiting!.shift()
      this.#waitingBytes -= first.bytes
      if (first.frame !== undefined) this.pushAhead(first.frame)
      for (const callback of first.callbacks ?? []) this.#waiters?.add(callback)
      first = this.#waiting![0]
    }
    if (this.#waiting?.length === 0) this.#waiting = undefined
  }

  #writePiece(piece: Uint8Array, wantsNotice: boolean): void {
    if (!turn.holds(piece)) this.#transport.write(piece, wantsNotice)
    else if (!this.#transport.writeShared(piece, wantsNotice)) isTurnGivenAway = true
  }

  /** Small ones go out joined, large ones by themselves. */
  #writePieces(pieces: readonly Uint8Array[], wantsNotice: boolean): void {
    if (isJoined(pieces)) {
      this.#writeJoined(wantsNotice)
      return
    }
    joined.clear()
    joinedPieces = none
    const last = pieces.at(-1)
    for (const piece of pieces) {
      if (piece.length <= joinableBytes && joined.append(piece)) continue
      this.#writeJoined(false)
      joined.clear()
      if (piece.length <= joinableBytes) joined.append(piece)
      else this.#writePiece(piece, wantsNotice && piece === last)
    }
    if (joined.used === bytesOf(pieces)) joinedPieces = pieces
    this.#writeJoined(wantsNotice)
  }

  #writeJoined(wantsNotice: boolean): void {
    if (joined.used === 0) return
    if (this.#transport.writeShared(joined.written(0), wantsNotice)) return
    joined.giveAway()
    joinedPieces = none
  }

  #schedule(): void {
    this.#isScheduled = true
    unflushed.push(this)
    if (isFlushDue) return
    isFlushDue = true
    setImmediate(flushAtEnd)
  }

  static flushScheduled(outbox: Outbox): void {
    outbox.#isScheduled = false
    outbox.flush()
  }

  static addTail(outbox: Outbox, piece: Uint8Array): void {
    outbox.#add(piece)
  }
}

/** Those with something to write in this turn of the event loop. */
let unflushed: Outbox[] = []
let isFlushDue = false
let isExitWatched = false
/** There will be no end of this turn: what is sent is written at once. */
let isExiting = false

/** Where small frames of this turn are written, those of one connection one behind the other as far as possible. */
const turn = new SharedBuffer()
/** A transport still writes from there. */
let isTurnGivenAway = false
/** Whose frames are at the end of it, and where they begin. */
let tailOwner: Outbox | undefined
let tailStart = 0

/**
 * What was joined last, and of which frames. Subscribers of the same topics have the same frames to send, which are
 * joined for the first of them only.
 */
const joined = new SharedBuffer()
let joinedPieces = none

/** What was written at the end of the turn's memory becomes a piece. */
function sealTail(): void {
  if (tailOwner === undefined) return
  if (turn.used > tailStart) Outbox.addTail(tailOwner, turn.written(tailStart))
  tailOwner = undefined
}

function isJoined(pieces: readonly Uint8Array[]): boolean {
  const { length } = pieces
  if (length !== joinedPieces.length) return false
  for (let at = 0; at < length; at++) if (pieces[at] !== joinedPieces[at]) return false
  return true
}

function bytesOf(pieces: readonly Uint8Array[]): number {
  let bytes = 0
  for (const piece of pieces) bytes += piece.length
  return bytes
}

function flushAtEnd(): void {
  isFlushDue = false
  flushAll()
}

/** What was sent before `process.exit()` goes out. */
function flushAtExit(): void {
  isExiting = true
  flushAll()
}

/** A callback in the asynchronous context of whoever has given it, as those of a stream are. */
function inContext(callback: Callback): Callback {
  const resource = new AsyncResource('BothwaysSend')
  return (...args) => resource.runInAsyncScope(callback, undefined, ...args)
}

/** Writes everything, one write for each connection; then the turn's memory is free again. */
function flushAll(): void {
  const outboxes = unflushed
  unflushed = []
  for (const outbox of outboxes) Outbox.flushScheduled(outbox)
  if (isTurnGivenAway) turn.giveAway()
  else turn.clear()
  isTurnGivenAway = false
}
