import { isUtf8 } from '#utf8'
import { Utf8Scanner } from './utf8-scanner.ts'

/** From this length on the platform's own check of the middle is worth the call. */
const bulkThresholdBytes = 32

/**
 * Checks the text of one message piece by piece, as fast as the platform can, and fails as early as
 * {@link Utf8Scanner}: the platform checks whole characters in bulk, the scanner what a cut has split.
 */
export class Utf8Validator {
  readonly #scanner = new Utf8Scanner()

  get isComplete(): boolean {
    return this.#scanner.isComplete
  }

  reset(): void {
    this.#scanner.reset()
  }

  /** False as soon as the text cannot be valid any more; the validator is then of no further use until reset. */
  push(bytes: Uint8Array): boolean {
    const end = bytes.length
    if (end < bulkThresholdBytes) return this.#scanner.scan(bytes, 0, end)

    let start = 0
    while (!this.#scanner.isComplete) {
      if (!this.#scanner.scan(bytes, start, start + 1)) return false
      start++
    }
    const bulkEnd = startOfLastCharacter(bytes, start)
    return isUtf8(bytes.subarray(start, bulkEnd)) && this.#scanner.scan(bytes, bulkEnd, end)
  }
}

/** Where the last character begins, looking back over at most the three bytes that may precede its end. */
function startOfLastCharacter(bytes: Uint8Array, start: number): number {
  const end = bytes.length
  for (let at = end - 1; at >= start && at >= end - 4; at--) {
    if ((bytes[at]! & 0xc0) !== 0x80) return at
  }
  return end
}
