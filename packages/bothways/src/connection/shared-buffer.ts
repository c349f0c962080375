import { Buffer } from 'node:buffer'
import { Opcode, writeFrameHeader } from '@bothways/protocol'

const capacityBytes = 128 * 1024

/** A header without a masking key (RFC 6455 §5.2): 2 bytes, 4 or 10. */
const longestHeaderBytes = 10

/** A UTF-16 code unit becomes at most so many bytes of UTF-8. */
export const bytesPerUnit = 3

/** Memory that is written from its beginning to its end and then used again. */
export class SharedBuffer {
  #bytes = Buffer.allocUnsafeSlow(capacityBytes)
  #used = 0

  /** How many bytes have been written. */
  get used(): number {
    return this.#used
  }

  /** Whether an unmasked frame with such a payload fits in behind the others. */
  hasRoomFor(payloadBytes: number): boolean {
    return this.#used + longestHeaderBytes + payloadBytes <= capacityBytes
  }

  /** Whether these bytes lie here. */
  holds(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#bytes.buffer
  }

  /** Writes an unmasked frame behind the others; there must be room. Returns its length. */
  appendFrame(payload: Uint8Array, opcode: Opcode): number {
    const start = this.#used
    const payloadStart = this.#writeHeader(payload.length, opcode)
    this.#bytes.set(payload, payloadStart)
    this.#used = payloadStart + payload.length
    return this.#used - start
  }

  /** Writes the header of an unmasked frame behind the others; there must be room. */
  appendHeader(payloadBytes: number, opcode: Opcode): void {
    this.#used = this.#writeHeader(payloadBytes, opcode)
  }

  /** As {@link appendFrame}, for a text message of less than 64 KiB, with room for {@link bytesPerUnit}. */
  appendText(text: string): number {
    const start = this.#used
    const { length } = text
    // The header's length depends on the payload's, which is known when it has been written: mostly one fits all.
    const headerBytes =
      length * bytesPerUnit < 126 ? 2 : length >= 126 ? 4 : Buffer.byteLength(text) < 126 ? 2 : 4
    const payloadBytes = this.#bytes.write(text, start + headerBytes)
    this.#used = this.#writeHeader(payloadBytes, Opcode.Text) + payloadBytes
    return this.#used - start
  }

  /** Copies bytes behind the others; false when there is no room for them. */
  append(bytes: Uint8Array): boolean {
    if (this.#used + bytes.length > capacityBytes) return false
    this.#bytes.set(bytes, this.#used)
    this.#used += bytes.length
    return true
  }

  /** Copies as many bytes as there is room for, from `start` on; returns how many. */
  fill(bytes: Uint8Array, start: number): number {
    const part = bytes.subarray(start, start + capacityBytes - this.#used)
    this.append(part)
    return part.length
  }

  /** What has been written from `start` on; it stays there until {@link clear}. */
  written(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#used)
  }

  clear(): void {
    this.#used = 0
  }

  /** Somebody else has the memory from here on. */
  giveAway(): void {
    this.#bytes = Buffer.allocUnsafeSlow(capacityBytes)
    this.#used = 0
  }

  #writeHeader(payloadBytes: number, opcode: Opcode): number {
    const bytes = this.#bytes
    if (payloadBytes < 126) {
      const at = this.#used
      bytes[at] = 0x80 | opcode
      bytes[at + 1] = payloadBytes
      return at + 2
    }
    return writeFrameHeader(bytes, this.#used, payloadBytes, { opcode })
  }
}
