import { Buffer } from 'node:buffer'
import { constants, createInflateRaw, inflateRawSync } from 'node:zlib'
import { flushTail } from '../deflate-window.ts'
import { testedMajors } from '../transports/tcp-handle.ts'
import { presetWindow, storedBlockHeader } from './preset-window.ts'

/** What has come out, and how much of the input was read. */
export interface Inflated {
  /** In memory that holds more, and is written over by the next one: what is to be kept has to be copied. */
  readonly bytes: Buffer
  readonly readBytes: number
}

/** What the longest result may be. */
export const longestShortBytes: number = 256 * 1024

/** Behind what the sender has left out (RFC 7692 §7.2.2) an end: zlib then fails for data that stop inside a block. */
export const messageEnd: Buffer = Buffer.concat([flushTail, Buffer.from([0x03, 0x00])])

/** zlib cannot inflate raw data with a window of 256 bytes; a larger window reads it as well. */
const windowBits = 15

/** How zlib says that more has come out than `maxOutputLength`. */
const tooLong = 'ERR_BUFFER_TOO_LARGE'

/**
 * Inflates one message within the call.
 *
 * @param window what came before it, as far as it may refer to it: at most 32 KiB
 * @param maxBytes at most {@link longestShortBytes}
 * @throws what zlib throws; with the code `ERR_BUFFER_TOO_LARGE` when more than `maxBytes` come out
 */
export function inflateShort(payload: Uint8Array, window: Uint8Array, maxBytes: number): Inflated {
  kept ??= KeptInflate.make()
  return kept === 'none' ? inflateAnew(payload, window, maxBytes) : kept.inflate(payload, window, maxBytes)
}

let kept: KeptInflate | 'none' | undefined

/** What zlib returns with the option `info`. */
interface InfoResult {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

function inflateAnew(payload: Uint8Array, window: Uint8Array, maxBytes: number): Inflated {
  const { options, input, repeatedBytes } = presetWindow(window)
  // The types do not know what `info` makes of the result.
  const { buffer, engine } = inflateRawSync(Buffer.concat([input, payload, messageEnd]), {
    ...options,
    windowBits,
    info: true,
    // zlib stops as soon as this much has come out.
    maxOutputLength: Math.max(1, maxBytes) + repeatedBytes,
  }) as unknown as InfoResult
  return { bytes: buffer.subarray(repeatedBytes), readBytes: engine.bytesWritten - input.length }
}

/** The inside of a stream of `node:zlib`; no public interface, so all that is used of it is checked. */
interface ZlibHandle {
  onerror: (message: string, errno: number, code: string) => void
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputLength: number,
    output: Uint8Array,
    outputAt: number,
    outputLength: number,
  ): void
  reset(): void
}

/**
 * One zlib for all short messages of this process, one after the other: to make one for each takes longer than
 * inflating, and leaves so much garbage that collecting it keeps everybody waiting.
 */
class KeptInflate {
  readonly #handle: ZlibHandle
  /** How much room and how much input the last call has left. */
  readonly #left: Uint32Array
  readonly #output: Buffer = Buffer.allocUnsafeSlow(longestShortBytes + 1)
  #error: Error | undefined

  static make(): KeptInflate | 'none' {
    const { bun, deno, node } = process.versions
    const isTested =
      testedMajors.includes(Number.parseInt(node, 10)) && bun === undefined && deno === undefined
    if (!isTested || process.env.BOTHWAYS_TRANSPORT === 'stream') return 'none'
    const stream = createInflateRaw({ windowBits })
    const handle: unknown = Reflect.get(stream, '_handle')
    const left: unknown = Reflect.get(stream, '_writeState')
    return isHandle(handle) && left instanceof Uint32Array ? new KeptInflate(handle, left) : 'none'
  }

  private constructor(handle: ZlibHandle, left: Uint32Array) {
    this.#handle = handle
    this.#left = left
    handle.onerror = (message, errno, code) => {
      this.#error ??= Object.assign(new Error(message), { errno, code })
    }
  }

  inflate(payload: Uint8Array, window: Uint8Array, maxBytes: number): Inflated {
    this.#error = undefined
    try {
      if (window.length > 0) this.#remember(window)
      const roomBytes = Math.max(1, maxBytes) + 1
      let length = this.#write(constants.Z_NO_FLUSH, payload, 0, roomBytes)
      const readBytes = payload.length - this.#left[1]!
      // What is left has come behind a block that says it is the last.
      if (readBytes === payload.length && length < roomBytes) {
        length += this.#write(constants.Z_FINISH, messageEnd, length, roomBytes)
      }
      if (length === roomBytes) throw Object.assign(new RangeError('too long'), { code: tooLong })
      return { bytes: this.#output.subarray(0, length), readBytes }
    } finally {
      this.#handle.reset()
    }
  }

  #remember(window: Uint8Array): void {
    const { length } = window
    this.#write(constants.Z_NO_FLUSH, storedBlockHeader(length), 0, length)
    this.#write(constants.Z_NO_FLUSH, window, 0, length)
  }

  /** Returns how much has come out. */
  #write(flush: number, input: Uint8Array, start: number, end: number): number {
    this.#handle.writeSync(flush, input, 0, input.length, this.#output, start, end - start)
    if (this.#error !== undefined) throw this.#error
    return end - start - this.#left[0]!
  }
}

function isHandle(handle: unknown): handle is ZlibHandle {
  if (typeof handle !== 'object' || handle === null) return false
  return ['writeSync', 'reset', 'onerror'].every(name => typeof Reflect.get(handle, name) === 'function')
}
