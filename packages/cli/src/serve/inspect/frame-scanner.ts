/** The most bytes of a payload that are kept. */
export const keptPayloadBytes = 65_536

export interface ScannedFrame {
  readonly fin: boolean
  readonly rsv: readonly [boolean, boolean, boolean]
  readonly opcode: number
  readonly maskingKey: Buffer | undefined
  readonly bytes: number
  readonly header: Buffer
  /** Its beginning, unmasked. */
  readonly payload: Buffer
}

/** Reads the frames of one direction (RFC 6455 §5.2) to show them: nothing is checked, and nothing long is kept. */
export class FrameScanner {
  readonly #onFrame: (frame: ScannedFrame) => void
  #header = Buffer.alloc(0)
  #frame: Omit<ScannedFrame, 'payload'> | undefined
  #kept: Buffer[] = []
  #keptBytes = 0
  #leftBytes = 0

  constructor(onFrame: (frame: ScannedFrame) => void) {
    this.#onFrame = onFrame
  }

  push(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0)
      rest = this.#frame === undefined ? this.#readHeader(rest) : this.#readPayload(rest)
  }

  #readHeader(chunk: Buffer): Buffer {
    const wanted = headerBytes(this.#header)
    const taken = chunk.subarray(0, wanted - this.#header.length)
    this.#header = Buffer.concat([this.#header, taken])
    if (this.#header.length === headerBytes(this.#header)) {
      this.#frame = parseHeader(this.#header)
      this.#leftBytes = this.#frame.bytes
      this.#header = Buffer.alloc(0)
      if (this.#leftBytes === 0) this.#finish()
    }
    return chunk.subarray(taken.length)
  }

  #readPayload(chunk: Buffer): Buffer {
    const part = chunk.subarray(0, this.#leftBytes)
    this.#leftBytes -= part.length
    const kept = Buffer.from(part.subarray(0, keptPayloadBytes - this.#keptBytes))
    this.#kept.push(kept)
    this.#keptBytes += kept.length
    if (this.#leftBytes === 0) this.#finish()
    return chunk.subarray(part.length)
  }

  #finish(): void {
    const frame = this.#frame as Omit<ScannedFrame, 'payload'>
    const payload = Buffer.concat(this.#kept)
    const { maskingKey } = frame
    // RFC 6455 §5.3
    if (maskingKey !== undefined) {
      for (let at = 0; at < payload.length; at++)
        payload.writeUInt8(payload.readUInt8(at) ^ maskingKey.readUInt8(at % 4), at)
    }
    this.#frame = undefined
    this.#kept = []
    this.#keptBytes = 0
    this.#onFrame({ ...frame, payload })
  }
}

/** How long the header is, as far as its beginning tells. */
function headerBytes(begun: Buffer): number {
  if (begun.length < 2) return 2
  const second = begun.readUInt8(1)
  const length = second & 0x7f
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (second >= 0x80 ? 4 : 0)
}

function parseHeader(header: Buffer): Omit<ScannedFrame, 'payload'> {
  const [first, second] = [header.readUInt8(0), header.readUInt8(1)]
  const length = second & 0x7f
  return {
    fin: (first & 0x80) !== 0,
    rsv: [(first & 0x40) !== 0, (first & 0x20) !== 0, (first & 0x10) !== 0],
    opcode: first & 0x0f,
    maskingKey: second >= 0x80 ? header.subarray(-4) : undefined,
    bytes:
      length === 126 ? header.readUInt16BE(2) : length === 127 ? Number(header.readBigUInt64BE(2)) : length,
    header,
  }
}
