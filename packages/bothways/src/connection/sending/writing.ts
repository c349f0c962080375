import type { ByteBudget } from '../byte-budget.ts'
import { ownBytes } from '../message-data.ts'
import type { Transport } from '../transports/transport.ts'
import type { FirstOctet } from './frame.ts'
import { SharedBytes } from './shared-bytes.ts'
import { bytesOf, joinableBytes, type Piece, type Source, type Turn } from './turn.ts'
import { Unwritten } from './unwritten.ts'
import type { Waiters } from './waiters.ts'
import { WriteMemory } from './write-memory.ts'

/** A long payload is written from memory with at least so much room. */
const longRoomBytes = 64 * 1024

/**
 * How pieces that are ready get to the transport: at once as far as the operating system takes them; the rest is kept, in memory
 * that nobody writes over, and is written in order when there is room.
 */
export abstract class Writing {
  protected readonly transport: Transport
  protected readonly turn: Turn
  readonly #budget: ByteBudget | undefined
  /** The bytes that the operating system did not take at once. */
  protected unwritten: Unwritten | undefined
  protected waiters: Waiters | undefined
  /** The end comes behind all that was sent; nothing more is taken. */
  protected isEnding = false

  constructor(transport: Transport, budget: ByteBudget | undefined, turn: Turn) {
    this.transport = transport
    this.#budget = budget
    this.turn = turn
  }

  /** True while something waits behind a write that the operating system has not taken since an earlier turn. */
  get isBehind(): boolean {
    return this.unwritten?.hasBacklog === true
  }

  protected get underWayBytes(): number {
    return this.unwritten === undefined ? 0 : this.unwritten.underWayBytes
  }

  protected get mayWrite(): boolean {
    const unwritten = this.unwritten
    if (unwritten === undefined) return true
    return !unwritten.hasBacklog && (unwritten.underWayBytes === 0 || this.transport.queues)
  }

  protected get unwrittenOrNew(): Unwritten {
    this.unwritten ??= new Unwritten(this.#budget)
    return this.unwritten
  }

  /**
   * Writes a long frame at once, by way of memory that stays in the processor's cache, and copies only the bytes that the
   * operating system does not take.
   */
  protected writeLong(payload: Uint8Array, first: FirstOctet, maskingKey: number | undefined): void {
    const memory = this.turn.longMemory()
    memory.makeRoom(longRoomBytes)
    const start = memory.used
    memory.appendHeader(payload.length, first, maskingKey)
    let at = 0
    if (this.mayWrite && memory.mayLend && !this.transport.copiesBorrowed) {
      let isTaken = true
      while (isTaken && at < payload.length) {
        at += memory.fill(payload, at, maskingKey)
        isTaken = this.write(memory.written(start), memory)
        if (isTaken) memory.rewind(start)
      }
    } else {
      this.unwrittenOrNew.keep(memory.written(start))
      memory.rewind(start)
    }
    if (at < payload.length) {
      this.unwrittenOrNew.keepRest(payload, at, maskingKey)
      this.writeBacklog()
    }
  }

  /** Short pieces go out joined, long ones by themselves. */
  protected writePieces(pieces: readonly Piece[]): void {
    let at = 0
    while (at < pieces.length && this.mayWrite) {
      const piece = pieces[at]!
      if (pieces.length === 1 || piece.length > joinableBytes) {
        this.write(bytesOf(piece), piece instanceof SharedBytes ? piece : this.turn.memory)
        at++
      } else {
        at = this.turn.joinPieces(pieces, at)
        this.write(this.turn.joinedBytes, this.turn.joinedSource)
      }
    }
    for (; at < pieces.length; at++) this.unwrittenOrNew.keep(pieces[at]!)
  }

  protected writeBacklog(): void {
    const unwritten = this.unwrittenOrNew
    while (unwritten.hasBacklog && (unwritten.underWayBytes === 0 || this.transport.queues)) {
      const piece = unwritten.takeNext()
      if (piece instanceof SharedBytes) this.write(piece.bytes, piece)
      else this.write(piece, undefined)
    }
    if (this.isEnding && !unwritten.hasBacklog) this.transport.end()
  }

  /** @param source undefined: the bytes are in memory of their own, which does not change any more */
  protected write(bytes: Uint8Array, source: Source | undefined): boolean {
    const isBorrowed = source instanceof WriteMemory
    if (isBorrowed && !source.mayLend && !this.transport.copiesBorrowed) {
      return this.write(ownBytes(bytes), undefined)
    }
    if (this.transport.write(bytes, isBorrowed)) {
      if (this.waiters !== undefined) this.waiters.took(bytes.length)
      return true
    }
    const isCopied = isBorrowed && this.transport.copiesBorrowed
    this.unwrittenOrNew.begin(bytes, isCopied ? undefined : source)
    return false
  }
}
