/** Bytes that come in pieces, until they are wanted in one. */
export class Collector {
  /** Each longer than the next, so that a flood of small pieces costs little time and memory. */
  readonly #parts: Buffer[] = []
  #byteLength = 0

  get byteLength(): number {
    return this.#byteLength
  }

  push(payload: Uint8Array): void {
    this.#byteLength += payload.length
    if (payload.length === 0) return
    let part = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
    let last = this.#parts.at(-1)
    while (last !== undefined && last.length <= part.length) {
      part = Buffer.concat([last, part])
      this.#parts.pop()
      last = this.#parts.at(-1)
    }
    this.#parts.push(part)
  }

  /** The bytes collected so far; the collector is empty afterwards. */
  take(): Buffer {
    const parts = this.#parts
    const [only = Buffer.alloc(0), ...others] = parts
    const bytes = others.length === 0 ? only : Buffer.concat(parts, this.#byteLength)
    parts.length = 0
    this.#byteLength = 0
    return bytes
  }
}
