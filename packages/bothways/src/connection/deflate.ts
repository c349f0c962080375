import { Buffer } from 'node:buffer'
import { types } from 'node:util'
import { constants, deflateRaw } from 'node:zlib'
import type { DeflateDirection } from '@bothways/protocol'
import { DeflateWindow, flushTail } from './deflate-window.ts'
import { type DeflateOptions, deflateShort, longestShortBytes } from './short-deflation.ts'
import { WorkGate } from './work-gate.ts'

/** How hard to compress. */
export interface CompressionTuning {
  /** zlib's level, 1 (fast) to 9 (small). */
  readonly level: number
  /** Messages below this length are sent as they are. */
  readonly thresholdBytes: number
}

/** The memory that zlib holds to compress, with the largest window and its default memory level. */
const stateBytes = 268 * 1024

/** All that is compressed at once in this process may hold 32 MiB, or what one message needs; the others wait their turn. */
const deflating = new WorkGate({ maxBytes: 32 * 1024 * 1024 })

/** Compresses the messages of one direction (RFC 7692 §7.2.1). Calls must not overlap. */
export class Deflater {
  readonly #options: DeflateOptions
  readonly #window: DeflateWindow
  readonly #gate: WorkGate

  /** @param gate that long messages wait at; by default one for the whole process */
  constructor(direction: DeflateDirection, tuning: CompressionTuning, gate: WorkGate = deflating) {
    this.#window = new DeflateWindow(direction)
    this.#gate = gate
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
    // Shared memory may change between what is compressed and what later messages refer to.
    if (types.isSharedArrayBuffer(part.buffer)) return this.deflate(Buffer.from(part), isFinal)
    const options = { ...this.#options, ...this.#window.dictionary }
    this.#window.append(part, isFinal)
    // Only the end of the message goes without the flush's tail.
    const tailBytes = isFinal ? flushTail.length : 0
    const withoutTail = (deflated: Buffer): Buffer => deflated.subarray(0, deflated.length - tailBytes)
    if (part.length <= longestShortBytes) return withoutTail(deflateShort(part, options))
    // The caller may reuse its memory meanwhile.
    const bytes = Buffer.from(part)
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        deflateRaw(bytes, options, (error, result) => {
          this.#gate.leave(ticket)
          if (error) reject(error)
          else resolve(withoutTail(result))
        })
      }
      const ticket = this.#gate.enter(stateBytes + bytes.length, begin)
    })
  }
}
