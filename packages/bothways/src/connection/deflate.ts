import {
  constants,
  deflateRaw,
  deflateRawSync,
  inflateRaw,
  inflateRawSync,
  type ZlibOptions,
} from 'node:zlib'
import { type DeflateDirection, LimitError, messageTooBig, ProtocolViolation } from '@bothways/protocol'

/** How hard to compress. */
export interface CompressionTuning {
  /** zlib's level, 1 (fast) to 9 (small). */
  readonly level: number
  /** Messages below this length are sent as they are. */
  readonly thresholdBytes: number
}

/** Above this length zlib works in its thread pool, below it the trip there would cost more than the work. */
const asyncThresholdBytes = 32 * 1024

/** What a sync flush ends with; it is not sent (RFC 7692 §7.2.1, §7.2.2). */
const flushTail = Buffer.from([0x00, 0x00, 0xff, 0xff])

/** An empty block that says it is the last: zlib then fails for data that stop in the middle of a block. */
const lastBlock = Buffer.from([0x03, 0x00])

/** What zlib returns with the option `info`. */
interface Inflated {
  readonly buffer: Buffer
  /** `bytesWritten` is how much of the input it has read. */
  readonly engine: { readonly bytesWritten: number }
}

/**
 * The text that back-references may reach (RFC 1951 §2). zlib is given it as a preset dictionary for each message,
 * so no zlib state lives between messages: an idle connection holds at most one window of plain bytes.
 */
class Window {
  readonly #maxBytes: number
  readonly #isForMessage: boolean
  #bytes: Buffer = Buffer.alloc(0)

  constructor(direction: DeflateDirection) {
    this.#maxBytes = 2 ** direction.windowBits
    this.#isForMessage = direction.noContextTakeover
  }

  get dictionary(): ZlibOptions {
    return this.#bytes.length === 0 ? {} : { dictionary: this.#bytes }
  }

  /** @param isFinal the message ends here; without context takeover the next one begins with nothing */
  append(part: Uint8Array, isFinal: boolean): void {
    if (this.#isForMessage && isFinal) {
      if (this.#bytes.length > 0) this.#bytes = Buffer.alloc(0)
      return
    }
    if (part.length === 0) return
    const keptBytes = Math.max(0, this.#maxBytes - part.length)
    const kept = this.#bytes.subarray(Math.max(0, this.#bytes.length - keptBytes))
    const added = part.subarray(Math.max(0, part.length - this.#maxBytes))
    this.#bytes = Buffer.concat([kept, added])
  }
}

/** Compresses the messages of one direction (RFC 7692 §7.2.1). Calls must not overlap. */
export class Deflater {
  readonly #options: ZlibOptions
  readonly #window: Window

  constructor(direction: DeflateDirection, tuning: CompressionTuning) {
    this.#window = new Window(direction)
    this.#options = {
      windowBits: direction.windowBits,
      level: tuning.level,
      finishFlush: constants.Z_SYNC_FLUSH,
    }
  }

  /**
   * The payload of a compressed message, or of one frame of it; at once when it is short.
   *
   * @param isFinal false for all frames but a message's last
   */
  deflate(part: Uint8Array, isFinal = true): Buffer | Promise<Buffer> {
    const options = { ...this.#options, ...this.#window.dictionary }
    this.#window.append(part, isFinal)
    // Only the end of the message goes without the flush's tail.
    const tailBytes = isFinal ? flushTail.length : 0
    const withoutTail = (deflated: Buffer): Buffer => deflated.subarray(0, deflated.length - tailBytes)
    if (part.length <= asyncThresholdBytes) return withoutTail(deflateRawSync(part, options))
    return new Promise((resolve, reject) => {
      // The caller may reuse its memory meanwhile.
      deflateRaw(Buffer.from(part), options, (error, result) =>
        error ? reject(error) : resolve(withoutTail(result)),
      )
    })
  }
}

/** Inflates the messages of one direction (RFC 7692 §7.2.2). Calls must not overlap. */
export class Inflater {
  readonly #maxMessageBytes: number
  readonly #window: Window
  readonly #options: ZlibOptions

  constructor(direction: DeflateDirection, maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
    this.#window = new Window(direction)
    this.#options = {
      info: true,
      // zlib cannot inflate raw data with a window of 256 bytes; a larger window reads it as well.
      windowBits: 15,
      // zlib stops as soon as this much has come out, so a small message cannot become a large one.
      maxOutputLength: Math.max(1, maxMessageBytes),
    }
  }

  /** The message, or what is wrong with it; at once when it is short. */
  inflate(payload: Uint8Array): InflateResult | Promise<InflateResult> {
    // zlib itself sends such a payload for an empty message that follows a flush.
    if (payload.length === 0) return this.#accept(Buffer.alloc(0))
    const input = Buffer.concat([payload, flushTail, lastBlock])
    const options = { ...this.#options, ...this.#window.dictionary }
    if (payload.length <= asyncThresholdBytes) {
      try {
        // The types do not know what `info` makes of the result.
        return this.#take(inflateRawSync(input, options) as unknown as Inflated, payload)
      } catch (error) {
        return this.#refuse(error)
      }
    }
    return new Promise(resolve => {
      inflateRaw(input, options, (error, result) => {
        resolve(error === null ? this.#take(result as unknown as Inflated, payload) : this.#refuse(error))
      })
    })
  }

  /**
   * A block may say that it is the last of its stream (RFC 7692 §7.2.3.4). Behind it the payload holds nothing, or the
   * beginning of the empty block that the flush would have made; anything else would be lost.
   */
  #take({ buffer, engine }: Inflated, payload: Uint8Array): InflateResult {
    const rest = payload.subarray(engine.bytesWritten)
    if (rest.length > 1 || (rest.length === 1 && rest[0] !== 0)) {
      return this.#refuse(new Error('data behind a final block'))
    }
    return this.#accept(buffer)
  }

  #accept(message: Buffer): InflateResult {
    if (message.length > this.#maxMessageBytes) return messageTooBig(message.length, this.#maxMessageBytes)
    this.#window.append(message, true)
    return message
  }

  #refuse(error: unknown): ProtocolViolation | LimitError {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE')
      return messageTooBig(this.#maxMessageBytes + 1, this.#maxMessageBytes)
    const text = `A compressed message did not inflate: ${message}.`
    return new ProtocolViolation('BW_INFLATE_FAILED', text, undefined, error)
  }
}

export type InflateResult = Buffer | ProtocolViolation | LimitError

export function isInflateError(result: InflateResult): result is ProtocolViolation | LimitError {
  return result instanceof ProtocolViolation || result instanceof LimitError
}
