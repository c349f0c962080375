import { type DeflateDirection, Opcode } from '@bothways/protocol'
import { type CompressionTuning, Deflater } from '../deflate.ts'
import { ownBytes } from '../message-data.ts'
import { firstOctet, frame } from './frame.ts'
import { SharedBytes } from './shared-bytes.ts'

/**
 * A message for many connections: framed once, compressed at most once, the same bytes for all.
 *
 * The compressed form refers to nothing before it, so it may go only to connections that negotiated
 * `server_no_context_takeover`: on any other the peer's window would then hold what our compressor's does not,
 * and the next message would inflate to something else (RFC 7692 §7.1.1.1).
 */
export class PreparedMessage {
  readonly payload: Buffer
  readonly isText: boolean
  #text: string | undefined
  #frame: SharedBytes | undefined
  #deflated: { readonly windowBits: number; readonly frame: SharedBytes | Promise<SharedBytes> } | undefined

  /** Only for unmasked frames, a server's. `payload` must not change any more. */
  constructor(payload: Buffer, isText: boolean) {
    this.payload = payload
    this.isText = isText
  }

  /** As a program sees it: text as a string, which is made once for all who ask; bytes as a copy for each. */
  get data(): string | Buffer {
    if (!this.isText) return ownBytes(this.payload)
    this.#text ??= this.payload.toString('utf8')
    return this.#text
  }

  get frame(): SharedBytes {
    this.#frame ??= this.#frameOf(this.payload, false)
    return this.#frame
  }

  /**
   * The compressed frame, made by the first caller for its window; undefined for a caller with another window
   * or one that may refer to earlier messages.
   */
  deflatedFrame(
    direction: DeflateDirection,
    tuning: CompressionTuning,
  ): SharedBytes | Promise<SharedBytes> | undefined {
    if (!direction.noContextTakeover) return undefined
    if (this.#deflated === undefined) {
      const deflated = new Deflater(direction, tuning).deflate(this.payload)
      const made =
        deflated instanceof Promise
          ? deflated.then(it => this.#frameOf(it, true))
          : this.#frameOf(deflated, true)
      this.#deflated = { windowBits: direction.windowBits, frame: made }
    }
    return this.#deflated.windowBits <= direction.windowBits ? this.#deflated.frame : undefined
  }

  #frameOf(payload: Buffer, isCompressed: boolean): SharedBytes {
    const opcode = this.isText ? Opcode.Text : Opcode.Binary
    return new SharedBytes(frame(payload, firstOctet(opcode, true, isCompressed)))
  }
}
