import { Buffer } from 'node:buffer'
import { copyMasked } from '@bothways/protocol'
import { type FirstOctet, textFrame, writeHeader } from './frame.ts'

/** Memory that a write still reads from. */
export interface Loan {
  /** The write is over. */
  giveBack(): void
}

const capacityBytes = 128 * 1024

/** So many blocks may be kept by regions that are lent: 2 MiB. */
const maxRetiredCount = 16

/** So many may be full of the frames of one turn, and are kept for later ones: a turn has up to 1 MiB with the one in use. */
export const maxFullCount = 7

/** RFC 6455 §5.2: 2 bytes, 4 or 10, and 4 for a masking key. */
const longestHeaderBytes = 14

/** A UTF-16 code unit becomes at most so many bytes of UTF-8. */
export const bytesPerUnit = 3

class Block implements Loan {
  readonly bytes = Buffer.allocUnsafeSlow(capacityBytes)
  readonly #onReturned: (block: Block) => void
  #lentCount = 0

  constructor(onReturned: (block: Block) => void) {
    this.#onReturned = onReturned
  }

  get isLent(): boolean {
    return this.#lentCount > 0
  }

  lend(): Loan {
    this.#lentCount++
    return this
  }

  giveBack(): void {
    this.#lentCount--
    if (this.#lentCount === 0) this.#onReturned(this)
  }
}

/**
 * Memory that all connections write their frames into, from the beginning of a block to its end, and then again.
 *
 * The owner of these bytes, and until when: written bytes belong to their writer until {@link clear}. A write that
 * the operating system takes at once leaves nothing behind. One that it does not take reads on from here: its region is
 * lent to it, and nothing is written there until it is given back; the rest of the block stays in use. A block that is
 * used up while some of it is lent is retired, and another takes its place. So a few bytes can keep a whole block, and
 * that is why there is a bound of lent ones: at it nothing is lent, and writes are made from exact copies.
 */
export class WriteMemory {
  #block: Block = this.#newBlock()
  /** Full of bytes that wait for {@link clear}. */
  readonly #full: Block[] = []
  /** Nobody's: to be used again. */
  readonly #spare: Block[] = []
  /** How many are lent, in part. */
  #lentCount = 0
  #used = 0

  /** How many bytes have been written, or are lent. */
  get used(): number {
    return this.#used
  }

  /** False when too many blocks are kept by regions lent already: then only copies of the bytes here may be written. */
  get mayLend(): boolean {
    return this.#lentCount < maxRetiredCount
  }

  /** How many blocks are full since {@link clear}, besides the one in use. */
  get fullCount(): number {
    return this.#full.length
  }

  /** Whether a frame with such a payload fits in behind the others. */
  hasRoomFor(payloadBytes: number): boolean {
    return this.#used + longestHeaderBytes + payloadBytes <= capacityBytes
  }

  /** Writes a frame behind the others, masked if there is a key; there must be room. Returns its length. */
  appendFrame(payload: Uint8Array, first: FirstOctet, maskingKey: number | undefined): number {
    const start = this.#used
    const payloadStart = this.#writeHeader(payload.length, first, maskingKey)
    if (maskingKey === undefined) this.#block.bytes.set(payload, payloadStart)
    else copyMasked(payload, this.#block.bytes, payloadStart, maskingKey)
    this.#used = payloadStart + payload.length
    return this.#used - start
  }

  /** Writes the header of a frame behind the others; there must be room. */
  appendHeader(payloadBytes: number, first: FirstOctet, maskingKey: number | undefined): void {
    this.#used = this.#writeHeader(payloadBytes, first, maskingKey)
  }

  /** As {@link appendFrame}, for a text message of less than 64 KiB, with room for {@link bytesPerUnit}. */
  appendText(text: string, maskingKey: number | undefined): number {
    const start = this.#used
    const { length } = text
    const { bytes } = this.#block
    // The header's length depends on the payload's, which is known when it has been written: mostly one fits all.
    const lengthBytes =
      length * bytesPerUnit < 126 ? 2 : length >= 126 ? 4 : Buffer.byteLength(text) < 126 ? 2 : 4
    const payloadStart = start + lengthBytes + (maskingKey === undefined ? 0 : 4)
    const payloadBytes = bytes.write(text, payloadStart)
    this.#writeHeader(payloadBytes, textFrame, maskingKey)
    this.#used = payloadStart + payloadBytes
    if (maskingKey !== undefined) {
      copyMasked(bytes.subarray(payloadStart, this.#used), bytes, payloadStart, maskingKey)
    }
    return this.#used - start
  }

  /** Copies bytes behind the others; false when there is no room for them. */
  append(bytes: Uint8Array): boolean {
    if (this.#used + bytes.length > capacityBytes) return false
    this.#block.bytes.set(bytes, this.#used)
    this.#used += bytes.length
    return true
  }

  /** Copies as many bytes of a payload as there is room for, from `start` on; returns how many. */
  fill(payload: Uint8Array, start: number, maskingKey: number | undefined): number {
    const part = payload.subarray(start, start + capacityBytes - this.#used)
    if (maskingKey === undefined) this.#block.bytes.set(part, this.#used)
    else copyMasked(part, this.#block.bytes, this.#used, maskingKey, start)
    this.#used += part.length
    return part.length
  }

  /** The bytes written from `start` on; they stay there until {@link clear}, or as long as they are lent. */
  written(start: number): Uint8Array {
    return this.#block.bytes.subarray(start, this.#used)
  }

  /** `bytes`, a region of it, are still read from; to be given back when they are not. */
  lend(_budget: unknown, bytes: Uint8Array): Loan {
    const block = this.#full.find(it => it.bytes.buffer === bytes.buffer) ?? this.#block
    if (!block.isLent) this.#lentCount++
    return block.lend()
  }

  /** The bytes written from `start` on have been taken, and are of no use any more. */
  rewind(start: number): void {
    this.#used = start
  }

  /** All that was written is of no use any more, but for lent regions. */
  clear(): void {
    if (this.#full.length > 0) {
      for (const block of this.#full.splice(0)) if (!block.isLent) this.#keep(block)
    }
    if (!this.#block.isLent) this.#used = 0
  }

  /** As {@link clear}, and makes room for so many bytes, at most 64 KiB, header included. */
  makeRoom(bytes: number): void {
    this.clear()
    if (this.#used + bytes > capacityBytes) this.#takeBlock()
  }

  /** Goes on in another block; the present one stays with those who have written there, until {@link clear}. */
  leave(): void {
    this.#full.push(this.#block)
    this.#takeBlock()
  }

  #takeBlock(): void {
    this.#block = this.#spare.pop() ?? this.#newBlock()
    this.#used = 0
  }

  #newBlock(): Block {
    return new Block(block => {
      this.#lentCount--
      if (block !== this.#block && !this.#full.includes(block)) this.#keep(block)
    })
  }

  #keep(block: Block): void {
    if (this.#spare.length < maxFullCount) this.#spare.push(block)
  }

  #writeHeader(payloadBytes: number, first: FirstOctet, maskingKey: number | undefined): number {
    return writeHeader(this.#block.bytes, this.#used, payloadBytes, first, maskingKey)
  }
}
