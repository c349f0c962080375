import { Buffer } from 'node:buffer'
import { copyMasked } from '@bothways/protocol'
import type { ByteBudget } from '../byte-budget.ts'
import { Fifo } from './fifo.ts'
import type { SharedBytes } from './shared-bytes.ts'

/** The next piece to be written is about so long, if there is so much. */
const pieceBytes = 64 * 1024

/** Chunks for small frames grow with the bytes that wait, so that at most half of their memory is empty. */
const smallestChunkBytes = 1024
const largestChunkBytes = 64 * 1024

/** Long frames come in larger ones, which their bytes fill. */
const longChunkBytes = 256 * 1024

/** The memory of a reference to shared bytes, with the room in which the list of them grows. Short ones are copied. */
const referenceBytes = 24
const worthSharingBytes = 256

/** Shared bytes of this length are written by themselves. */
const longBytes = 16 * 1024

/**
 * The frames that one connection has to send and the operating system has not taken, in order: those of its own one behind the
 * other in chunks of memory that nobody else has, and references to those it shares with others. So about as many bytes are
 * held as are counted, whatever the frames' length.
 */
export class Backlog {
  readonly #budget: ByteBudget | undefined
  /** All full but the last one. */
  readonly #chunks: Buffer[] = []
  readonly #shared = new Fifo<SharedBytes>()
  /** How many bytes of the connection's own come before each of those. */
  readonly #ownBefore = new Fifo<number>()
  /** How many bytes have been taken out of the first chunk, and written into the last one. */
  #start = 0
  #end = 0
  /** Since the beginning: the connection's own bytes, and those taken out. */
  #ownBytes = 0
  #ownTaken = 0
  #sharedBytes = 0
  #chunkBytes = 0

  constructor(budget: ByteBudget | undefined) {
    this.#budget = budget
  }

  get bytes(): number {
    return this.#ownBytes - this.#ownTaken + this.#sharedBytes
  }

  /** The memory it takes, but for shared bytes. */
  get heldBytes(): number {
    return this.#chunkBytes + this.#shared.length * referenceBytes
  }

  /**
   * Copies bytes behind the others, masked if there is a key.
   *
   * @param phase how many bytes of the same payload came before
   */
  append(bytes: Uint8Array, maskingKey?: number, phase = 0): void {
    let at = 0
    while (at < bytes.length) {
      const chunk = this.#chunkFor(bytes.length - at)
      const part = bytes.subarray(at, at + chunk.length - this.#end)
      if (maskingKey === undefined) chunk.set(part, this.#end)
      else copyMasked(part, chunk, this.#end, maskingKey, phase + at)
      this.#end += part.length
      at += part.length
    }
    this.#ownBytes += bytes.length
  }

  appendShared(shared: SharedBytes): void {
    if (shared.length < worthSharingBytes) {
      this.append(shared.bytes)
      return
    }
    shared.lend(this.#budget)
    this.#shared.push(shared)
    this.#ownBefore.push(this.#ownBytes)
    this.#sharedBytes += shared.length
  }

  /**
   * Takes the next piece out; there must be one. Its memory does not change any more. Long shared bytes come as they
   * are, and are given back: their writer borrows them anew.
   */
  take(): Uint8Array | SharedBytes {
    const shared = this.#sharedAtHand
    if (shared !== undefined && shared.length >= longBytes) {
      this.#takeShared()
      return shared
    }
    const own = this.#ownAtHand
    return own >= longBytes || own === this.bytes ? this.#takeOwn(own) : this.#join()
  }

  /** Gives back the shared bytes; nothing may be called any more. */
  drop(): void {
    for (const shared of this.#shared) shared.giveBack()
  }

  /** The last chunk, with room in it. */
  #chunkFor(bytes: number): Buffer {
    const last = this.#chunks.at(-1)
    if (last !== undefined && this.#end < last.length) return last
    const wanted = Math.max(smallestChunkBytes, this.#ownBytes - this.#ownTaken)
    const length = Math.max(Math.min(wanted, largestChunkBytes), Math.min(bytes, longChunkBytes))
    const chunk = Buffer.allocUnsafeSlow(length)
    this.#chunks.push(chunk)
    this.#chunkBytes += length
    this.#end = 0
    return chunk
  }

  /** The shared bytes, if they come next. */
  get #sharedAtHand(): SharedBytes | undefined {
    return this.#ownBefore.first === this.#ownTaken ? this.#shared.first : undefined
  }

  /** How many own bytes come next, and lie in one piece. */
  get #ownAtHand(): number {
    const first = this.#chunks[0]
    if (first === undefined) return 0
    const end = this.#chunks.length === 1 ? this.#end : first.length
    const beforeShared = (this.#ownBefore.first ?? this.#ownBytes) - this.#ownTaken
    return Math.min(end - this.#start, beforeShared)
  }

  #takeOwn(bytes: number): Uint8Array {
    const chunk = this.#chunks[0]!
    const piece = chunk.subarray(this.#start, this.#start + bytes)
    this.#start += bytes
    this.#ownTaken += bytes
    if (this.#start === chunk.length) {
      this.#chunks.shift()
      this.#chunkBytes -= chunk.length
      this.#start = 0
    }
    return piece
  }

  /** Short ones in one piece, up to the next long one. */
  #join(): Uint8Array {
    const parts: Uint8Array[] = []
    let room = pieceBytes
    while (room > 0 && this.bytes > 0) {
      const shared = this.#sharedAtHand
      if (shared !== undefined && (shared.length > room || shared.length >= longBytes)) break
      const part = shared?.bytes ?? this.#takeOwn(Math.min(room, this.#ownAtHand))
      if (shared !== undefined) this.#takeShared()
      parts.push(part)
      room -= part.length
    }
    const joined = Buffer.allocUnsafeSlow(pieceBytes - room)
    let at = 0
    for (const part of parts) {
      joined.set(part, at)
      at += part.length
    }
    return joined
  }

  #takeShared(): void {
    this.#ownBefore.shift()
    const shared = this.#shared.shift()!
    this.#sharedBytes -= shared.length
    shared.giveBack()
  }
}
