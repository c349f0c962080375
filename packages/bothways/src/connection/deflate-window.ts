import { Buffer } from 'node:buffer'
import type { ZlibOptions } from 'node:zlib'
import type { DeflateDirection } from '@bothways/protocol'

/** The end of a sync flush; it is not sent (RFC 7692 §7.2.1, §7.2.2). */
export const flushTail: Buffer = Buffer.from([0x00, 0x00, 0xff, 0xff])

/**
 * The text that back-references may reach (RFC 1951 §2). zlib is given it as a preset dictionary for each message,
 * so no zlib state lives between messages: an idle connection holds at most one window of plain bytes.
 */
export class DeflateWindow {
  readonly #maxBytes: number
  readonly #isForMessage: boolean
  #bytes: Buffer = Buffer.alloc(0)

  constructor(direction: DeflateDirection) {
    this.#maxBytes = 2 ** direction.windowBits
    this.#isForMessage = direction.noContextTakeover
  }

  /** They do not change any more. */
  get bytes(): Buffer {
    return this.#bytes
  }

  get dictionary(): Pick<ZlibOptions, 'dictionary'> {
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
