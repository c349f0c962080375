/** Where frames begin in a stream of bytes (RFC 6455 §5.2), so that a cut can be put inside one. */
export class FrameWalker {
  /** Bytes of the present frame that are still to come. */
  #left = 0
  readonly #header: number[] = []

  /** @returns where in these bytes frames begin */
  push(bytes: Uint8Array): number[] {
    const starts: number[] = []
    for (let at = 0; at < bytes.length; ) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at)
        this.#left -= taken
        at += taken
        continue
      }
      if (this.#header.length === 0) starts.push(at)
      this.#header.push(bytes[at++] as number)
      const rest = restOf(this.#header)
      if (rest === undefined) continue
      this.#left = rest
      this.#header.length = 0
    }
    return starts
  }
}

/** How many bytes follow a header, masking key included; undefined while it is not whole. */
function restOf(header: readonly number[]): number | undefined {
  const [, second] = header
  if (second === undefined) return undefined
  const length = second & 0x7f
  const more = length === 126 ? 2 : length === 127 ? 8 : 0
  if (header.length < 2 + more) return undefined
  const mask = second & 0x80 ? 4 : 0
  return mask + (more === 0 ? length : header.slice(2).reduce((sum, byte) => sum * 256 + byte, 0))
}
