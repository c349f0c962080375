import { fairTime } from '../fair-time.ts'
import { ownBytes } from '../message-data.ts'
import type { FirstOctet } from './frame.ts'
import { SharedBytes } from './shared-bytes.ts'
import { bytesPerUnit, maxFullCount, WriteMemory } from './write-memory.ts'

/** Bytes of whole frames: a region of the turn's memory, or shared ones. */
export type Piece = Uint8Array | SharedBytes

/** Where bytes lie that are to be written. */
export type Source = WriteMemory | SharedBytes

/** The owner of frames to write in a turn: one connection, or those that write the same. */
export interface TurnWriter {
  /** Goes behind the pieces that are ready already: frames that it has written into the turn's memory, or shared ones. */
  addPiece(piece: SharedBytes | Uint8Array): void
  /** The turn ends: pieces that are ready go out. */
  onTurnEnd(): void
}

/** A longer piece goes out by itself: copying it to its neighbours would cost more than a further write. */
export const joinableBytes: number = 16 * 1024

/** Of shared bytes, so many may be ready in one turn, all connections together. */
const maxSharedCount = 256 * 1024

/** With fewer writers, the time that a turn's end takes does not matter to anybody. */
const manyWriters = 64

/** Blocks of memory are added to a turn while so many share one: up to 800 bytes each, which are cheaper to keep than to write. */
const writersPerBlock = 160

/** How long the write of one connection takes, in ms, before any has been measured. */
const usualWriteMs = 1 / 256

// As they were when this was loaded: tests put a clock of their own in their place, and the network goes on without it.
const { setImmediate } = globalThis
const now = performance.now.bind(performance)

/**
 * The sending of all connections in one turn of the event loop: the memory in which their small frames are written, those of
 * one connection one behind the other as far as possible, and the outboxes that have something to write at the turn's end.
 */
export class Turn {
  readonly memory: WriteMemory = new WriteMemory()
  /** Whose frames are at the end of it, and where they begin. */
  #tailOwner: TurnWriter | undefined
  #tailStart = 0

  /** The memory where pieces are joined, and from which frames too long for the turn's memory are written. */
  readonly #joinMemory = new WriteMemory()
  /**
   * The pieces joined last, and the bytes that they became. Subscribers of the same topics have the same frames to send, which
   * are joined for the first of them only.
   */
  #joinedPieces: readonly Piece[] = []
  #joinedBytes: Uint8Array = new Uint8Array(0)
  #joinedSource: Source = this.#joinMemory

  #members: TurnWriter[] = []
  /** How many connections they are. */
  #writerCount = 0
  #isEndDue = false
  #writeMs = usualWriteMs
  #sharedCount = 0
  #isExiting = false
  /** How many calls of {@link end} are under way: a stream of the program may send something while it is written to. */
  #depth = 0

  /** There will be no end of this turn, since the process ends: frames sent now are to be written at once. */
  get isExiting(): boolean {
    return this.#isExiting
  }

  /** Writes a frame of at most {@link joinableBytes} into the turn's memory; returns its length. */
  appendFrame(
    owner: TurnWriter,
    payload: Uint8Array,
    first: FirstOctet,
    maskingKey: number | undefined,
  ): number {
    this.#openTail(owner, payload.length)
    return this.memory.appendFrame(payload, first, maskingKey)
  }

  /** As {@link appendFrame}, for a text message; undefined when it may be too long. */
  appendText(owner: TurnWriter, text: string, maskingKey: number | undefined): number | undefined {
    const longestBytes = text.length * bytesPerUnit
    if (longestBytes > joinableBytes) return undefined
    this.#openTail(owner, longestBytes)
    return this.memory.appendText(text, maskingKey)
  }

  /** As {@link appendFrame}, for bytes that are frames already. */
  append(owner: TurnWriter, bytes: Uint8Array): void {
    this.#openTail(owner, bytes.length)
    this.memory.append(bytes)
  }

  /** Something shared goes behind what `owner` has written so far. */
  addShared(owner: TurnWriter, shared: SharedBytes): void {
    if (this.#sharedCount >= maxSharedCount) this.end()
    this.#sharedCount++
    if (this.#tailOwner === owner) this.#closeTail()
    owner.addPiece(shared)
  }

  /** The frames that `owner` has written last, if they have not become a piece of it; they are not the turn's any more. */
  takeTail(owner: TurnWriter): Uint8Array | undefined {
    if (this.#tailOwner !== owner) return undefined
    this.#tailOwner = undefined
    return this.memory.written(this.#tailStart)
  }

  /** `member` has something to write: tells it when the turn ends. */
  join(member: TurnWriter): void {
    this.#members.push(member)
    if (this.#isEndDue) return
    this.#isEndDue = true
    setImmediate(Turn.#endDue, this)
  }

  /** One connection more writes when the turn ends. */
  expectWrite(): void {
    const count = ++this.#writerCount
    if (count % manyWriters === 0) fairTime.expectWriting(count * this.#writeMs)
  }

  /** Whether so many shared pieces more may be ready in this turn. */
  hasRoomForShared(count: number): boolean {
    return this.#sharedCount + count <= maxSharedCount
  }

  /** So many pieces that are shared are ready once more. */
  countShared(count: number): void {
    this.#sharedCount += count
  }

  /** Ends the turn: everybody writes; then its memory is free again. */
  end(): void {
    this.#sharedCount = 0
    const members = this.#members
    const writerCount = this.#writerCount
    this.#members = []
    this.#writerCount = 0
    this.#depth++
    if (writerCount < manyWriters) for (const member of members) member.onTurnEnd()
    else this.#endMany(members, writerCount)
    this.#depth--
    if (this.#isMemoryFree) this.memory.clear()
  }

  /** Nobody has anything in it that is still to be written. */
  get #isMemoryFree(): boolean {
    return this.#depth === 0 && this.#members.length === 0
  }

  #endMany(members: readonly TurnWriter[], writerCount: number): void {
    const begunMs = now()
    for (const member of members) member.onTurnEnd()
    this.#writeMs += ((now() - begunMs) / writerCount - this.#writeMs) / 4
    fairTime.expectWriting(0)
  }

  /** Ends the last turn: frames sent from here on are to be written at once. */
  endForGood(): void {
    this.#isExiting = true
    this.end()
  }

  static #endDue(turn: Turn): void {
    turn.#isEndDue = false
    turn.end()
  }

  /** Joins short pieces from `start` on; returns where it has stopped. They are at {@link joinedBytes}. */
  joinPieces(pieces: readonly Piece[], start: number): number {
    if (start === 0 && this.#isJoined(pieces)) return pieces.length
    const memory = this.longMemory()
    memory.makeRoom(joinRoomBytes)
    const joinedStart = memory.used
    let at = start
    while (at < pieces.length && isShort(pieces[at]!) && memory.append(bytesOf(pieces[at]!))) at++
    this.#joinedBytes = memory.written(joinedStart)
    this.#joinedSource = memory
    if (!memory.mayLend) {
      this.#joinedSource = new SharedBytes(ownBytes(this.#joinedBytes))
      this.#joinedBytes = this.#joinedSource.bytes
    }
    if (start === 0 && at === pieces.length) this.#joinedPieces = pieces
    return at
  }

  get joinedBytes(): Uint8Array {
    return this.#joinedBytes
  }

  get joinedSource(): Source {
    return this.#joinedSource
  }

  /** Memory for frames too long for the turn's; nobody's until it is used. */
  longMemory(): WriteMemory {
    this.#joinedPieces = []
    return this.#joinMemory
  }

  #openTail(owner: TurnWriter, payloadBytes: number): void {
    if (!this.memory.hasRoomFor(payloadBytes)) this.#makeRoom()
    if (this.#tailOwner === owner) return
    this.#closeTail()
    this.#tailOwner = owner
    this.#tailStart = this.memory.used
  }

  #makeRoom(): void {
    if (this.#depth === 0 && !this.#isWorthMore) this.end()
    if (this.#isMemoryFree) this.memory.makeRoom(joinRoomBytes)
    else {
      this.#closeTail()
      this.memory.leave()
    }
  }

  /** So many have something to write that a write of each now, and one more when the turn ends, would cost more than a block. */
  get #isWorthMore(): boolean {
    const { fullCount } = this.memory
    return fullCount < maxFullCount && this.#writerCount >= (fullCount + 1) * writersPerBlock
  }

  /** The frames at the end of the memory become a piece of the outbox that has written them. */
  #closeTail(): void {
    const owner = this.#tailOwner
    if (owner === undefined) return
    this.#tailOwner = undefined
    if (this.memory.used > this.#tailStart) owner.addPiece(this.memory.written(this.#tailStart))
  }

  #isJoined(pieces: readonly Piece[]): boolean {
    const joined = this.#joinedPieces
    if (pieces === joined) return true
    const { length } = pieces
    if (length !== joined.length) return false
    for (let at = 0; at < length; at++) if (pieces[at] !== joined[at]) return false
    return true
  }
}

/** More than any frame that goes there, its header included. */
const joinRoomBytes = 64 * 1024

function isShort(piece: Piece): boolean {
  return piece.length <= joinableBytes
}

export function bytesOf(piece: Piece): Uint8Array {
  return piece instanceof SharedBytes ? piece.bytes : piece
}

/** That of all connections of this process; frames sent before it exits go out, too. */
let processTurn: Turn | undefined

export function turnOfProcess(): Turn {
  if (processTurn === undefined) {
    const turn = new Turn()
    processTurn = turn
    fairTime.writeFirst(() => turn.end())
    process.once('exit', () => turn.endForGood())
  }
  return processTurn
}
