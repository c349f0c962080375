import { Buffer } from 'node:buffer'
import { copyMasked, Opcode, writeFrameHeader } from '@bothways/protocol'

const capacityBytes = 128 * 1024

/** RFC 6455 §5.2: 2 bytes, 4 or 10, and 4 for a masking key. */
const longestHeaderBytes = 14

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

  /** Whether a frame with such a payload fits in behind the others. */
  hasRoomFor(payloadBytes: number): boolean {
    return this.#used + longestHeaderBytes + payloadBytes <= capacityBytes
  }

  /** Whether these bytes lie here. */
  holds(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#bytes.buffer
  }

  /** Writes a frame behind the others, masked if there is a key; there must be room. Returns its length. */
  appendFrame(payload: Uint8Array, opcode: Opcode, maskingKey: number | undefined): number {
    const start = this.#used
    const payloadStart = this.#writeHeader(payload.length, opcode, maskingKey)
    if (maskingKey === undefined) this.#bytes.set(payload, payloadStart)
    else copyMasked(payload, this.#bytes, payloadStart, maskingKey)
    this.#used = payloadStart + payload.length
    return this.#used - start
  }

  /** Writes the header of a frame behind the others; there must be room. */
  appendHeader(payloadBytes: number, opcode: Opcode, maskingKey: number | undefined): void {
    this.#used = this.#writeHeader(payloadBytes, opcode, maskingKey)
  }

  /** As {@link appendFrame}, for a text message of less than 64 KiB, with room for {@link bytesPerUnit}. */
  appendText(text: string, maskingKey: number | undefined): number {
    const start = this.#used
    const { length } = text
    // The header's length depends on the payload's, which is known when it has been written: mostly one fits all.
    const lengthBytes =
      length * bytesPerUnit < 126 ? 2 : length >= 126 ? 4 : Buffer.byteLength(text) < 126 ? 2 : 4
    const payloadStart = start + lengthBytes + (maskingKey === undefined ? 0 : 4)
    const payloadBytes = this.#bytes.write(text, payloadStart)
    this.#writeHeader(payloadBytes, Opcode.Text, maskingKey)
    this.#used = payloadStart + payloadBytes
    if (maskingKey !== undefined) {
      copyMasked(this.#bytes.subarray(payloadStart, this.#used), this.#bytes, payloadStart, maskingKey)
    }
    return this.#used - start
  }

  /** Copies bytes behind the others; false when there is no room for them. */
  append(bytes: Uint8Array): boolean {
    if (this.#used + bytes.length > capacityBytes) return false
    this.#bytes.set(bytes, this.#used)
    this.#used += bytes.length
    return true
  }

  /** Copies as many bytes of a payload as there is room for, from `start` on; returns how many. */
  fill(payload: Uint8Array, start: number, maskingKey: number | undefined): number {
    const part = payload.subarray(start, start + capacityBytes - this.#used)
    if (maskingKey === undefined) this.#bytes.set(part, this.#used)
    else copyMasked(part, this.#bytes, this.#used, maskingKey, start)
    this.#used += part.length
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

  #writeHeader(payloadBytes: number, opcode: Opcode, maskingKey: number | undefined): number {
    const bytes = this.#bytes
    if (payloadBytes < 126 && maskingKey === undefined) {
      const at = this.#used
      bytes[at] = 0x80 | opcode
      bytes[at + 1] = payloadBytes
      return at + 2
    }
    return writeFrameHeader(bytes, this.#used, payloadBytes, { opcode, maskingKey })
  }
}
