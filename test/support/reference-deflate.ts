import {
  constants,
  createDeflateRaw,
  createInflateRaw,
  type DeflateRaw,
  type InflateRaw,
  type ZlibOptions,
} from 'node:zlib'
import type { DeflateDirection } from '@bothways/protocol'

const flushTail = Buffer.from([0x00, 0x00, 0xff, 0xff])

/** RFC 7692 §7.2.1 with a kept zlib stream: the plain version, independent of the code under test. */
export class ReferenceDeflater {
  readonly #options: ZlibOptions
  readonly #noContextTakeover: boolean
  #stream: DeflateRaw | undefined

  constructor({ windowBits, noContextTakeover }: DeflateDirection) {
    // zlib cannot compress raw deflate with 8 bits; stored blocks refer to nothing, so they suit any window.
    this.#options = windowBits === 8 ? { level: 0 } : { windowBits }
    this.#noContextTakeover = noContextTakeover
  }

  async deflate(message: Uint8Array): Promise<Buffer> {
    this.#stream ??= createDeflateRaw(this.#options)
    const output = await run(this.#stream, message)
    if (this.#noContextTakeover) this.close()
    return output.subarray(0, output.length - flushTail.length)
  }

  close(): void {
    this.#stream?.close()
    this.#stream = undefined
  }
}

/** RFC 7692 §7.2.2 likewise. It inflates with exactly the window agreed on: a longer reference back is an error. */
export class ReferenceInflater {
  readonly #direction: DeflateDirection
  #stream: InflateRaw | undefined

  constructor(direction: DeflateDirection) {
    this.#direction = direction
  }

  async inflate(payload: Uint8Array): Promise<Buffer> {
    this.#stream ??= createInflateRaw({ windowBits: Math.max(9, this.#direction.windowBits) })
    const output = await run(this.#stream, Buffer.concat([payload, flushTail]))
    if (this.#direction.noContextTakeover) this.close()
    return output
  }

  close(): void {
    this.#stream?.close()
    this.#stream = undefined
  }
}

function run(stream: DeflateRaw | InflateRaw, input: Uint8Array): Promise<Buffer> {
  const output: Buffer[] = []
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      output.push(chunk)
    }
    stream.on('data', take)
    stream.once('error', reject)
    stream.write(input)
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off('data', take)
      stream.off('error', reject)
      resolve(Buffer.concat(output))
    })
  })
}
