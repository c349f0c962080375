/** The frames of one text, until the last has come. */
export class TextCollector {
  /** Each longer than the next, so that a flood of small frames costs little time and memory. */
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

  /** What is no UTF-8 becomes U+FFFD. */
  take(): string {
    const [only, ...others] = this.#parts
    if (only === undefined) return ''
    return others.length === 0 ? only.toString() : Buffer.concat(this.#parts).toString()
  }
}
