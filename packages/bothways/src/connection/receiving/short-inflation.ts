import { Buffer } from 'node:buffer'
import { constants, createInflateRaw, inflateRawSync } from 'node:zlib'
import { flushTail } from '../deflate-window.ts'
import { KeptZlib } from '../kept-zlib.ts'
import { presetWindow, storedBlockHeader } from './preset-window.ts'

/** The bytes that have come out, and how much of the input was read. */
export interface Inflated {
  /** In memory that holds more, and is written over by the next one: bytes that are to be kept have to be copied. */
  readonly bytes: Buffer
  readonly readBytes: number
}

/** The most bytes that a result may have. */
export const longestShortBytes: number = 256 * 1024

/** The tail that the sender has left out (RFC 7692 §7.2.2), and an end: zlib then fails for data that stop inside a block. */
export const messageEnd: Buffer = Buffer.concat([flushTail, Buffer.from([0x03, 0x00])])

/** zlib cannot inflate raw data with a window of 256 bytes; a larger window reads it as well. */
const windowBits = 15

/** How zlib says that more has come out than `maxOutputLength`. */
const tooLong = 'ERR_BUFFER_TOO_LARGE'

/**
 * Inflates one message within the call.
 *
 * @param window the bytes before it, as far as it may refer to them: at most 32 KiB
 * @param maxBytes at most {@link longestShortBytes}
 * @throws what zlib throws; with the code `ERR_BUFFER_TOO_LARGE` when more than `maxBytes` come out
 */
export function inflateShort(payload: Uint8Array, window: Uint8Array, maxBytes: number): Inflated {
  kept ??= KeptInflate.make()
  return kept === 'none' ? inflateAnew(payload, window, maxBytes) : kept.inflate(payload, window, maxBytes)
}

let kept: KeptInflate | 'none' | undefined

/** The result of zlib with the option `info`. */
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

class KeptInflate {
  readonly #zlib: KeptZlib
  readonly #output: Buffer = Buffer.allocUnsafeSlow(longestShortBytes + 1)

  static make(): KeptInflate | 'none' {
    const zlib = KeptZlib.of(() => createInflateRaw({ windowBits }))
    return zlib === undefined ? 'none' : new KeptInflate(zlib)
  }

  private constructor(zlib: KeptZlib) {
    this.#zlib = zlib
  }

  inflate(payload: Uint8Array, window: Uint8Array, maxBytes: number): Inflated {
    try {
      if (window.length > 0) this.#remember(window)
      const roomBytes = Math.max(1, maxBytes) + 1
      let length = this.#write(constants.Z_NO_FLUSH, payload, 0, roomBytes)
      const readBytes = payload.length - this.#zlib.unreadBytes
      // Input that is left has come behind a block that says it is the last.
      if (readBytes === payload.length && length < roomBytes) {
        length += this.#write(constants.Z_FINISH, messageEnd, length, roomBytes)
      }
      if (length === roomBytes) throw Object.assign(new RangeError('too long'), { code: tooLong })
      return { bytes: this.#output.subarray(0, length), readBytes }
    } finally {
      this.#zlib.reset()
    }
  }

  /** The window goes in as a block that is not compressed. */
  #remember(window: Uint8Array): void {
    const { length } = window
    this.#write(constants.Z_NO_FLUSH, storedBlockHeader(length), 0, length)
    this.#write(constants.Z_NO_FLUSH, window, 0, length)
  }

  /** Returns how much has come out. */
  #write(flush: number, input: Uint8Array, start: number, end: number): number {
    return this.#zlib.write(flush, input, this.#output, start, end)
  }
}
