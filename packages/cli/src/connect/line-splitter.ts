const lineFeed = 0x0a

/** The most bytes a line may have: longer input is no line, and would only fill the memory. */
const maxLineBytes = 512 * 1024 * 1024

/**
 * Cuts a stream of bytes into lines, at line feeds and nowhere else: a carriage return or U+2028 inside a message
 * belongs to it, and bytes that are no UTF-8 stay as they are.
 */
export class LineSplitter {
  #chunks: Buffer[] = []
  #bytes = 0

  /** The lines that this chunk completes, without their line feeds. */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = []
    let start = 0
    for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, start)) {
      lines.push(this.#join(chunk.subarray(start, at)))
      start = at + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
    return lines
  }

  /** The bytes behind the last line feed; undefined when there are none. */
  end(): Buffer | undefined {
    return this.#chunks.length === 0 ? undefined : this.#join(Buffer.alloc(0))
  }

  #keep(rest: Buffer): void {
    this.#bytes += rest.length
    if (this.#bytes > maxLineBytes) throw new RangeError(`a line is longer than ${maxLineBytes} bytes`)
    this.#chunks.push(rest)
  }

  #join(last: Buffer): Buffer {
    if (this.#chunks.length === 0) return last
    const line = Buffer.concat([...this.#chunks, last])
    this.#chunks = []
    this.#bytes = 0
    return line
  }
}
