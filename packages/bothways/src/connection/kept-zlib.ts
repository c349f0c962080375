import type { DeflateRaw, InflateRaw } from 'node:zlib'
import { testedMajors } from './transports/tcp-handle.ts'

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
 * One zlib for all short messages of this process, one after the other, each within a call: to make one for each takes
 * longer than what it does with it, and leaves so much garbage that collecting it keeps everybody waiting.
 */
export class KeptZlib {
  readonly #handle: ZlibHandle
  /** How much room and how much input the last call has left. */
  readonly #left: Uint32Array
  #error: Error | undefined

  /** Undefined where a zlib is not to be kept: another runtime, an untested version, or the user's wish. */
  static of(make: () => InflateRaw | DeflateRaw): KeptZlib | undefined {
    const { bun, deno, node } = process.versions
    const isTested =
      testedMajors.includes(Number.parseInt(node, 10)) && bun === undefined && deno === undefined
    if (!isTested || process.env.BOTHWAYS_TRANSPORT === 'stream') return undefined
    const stream = make()
    const handle: unknown = Reflect.get(stream, '_handle')
    const left: unknown = Reflect.get(stream, '_writeState')
    return isHandle(handle) && left instanceof Uint32Array ? new KeptZlib(handle, left) : undefined
  }

  private constructor(handle: ZlibHandle, left: Uint32Array) {
    this.#handle = handle
    this.#left = left
    handle.onerror = (message, errno, code) => {
      this.#error ??= Object.assign(new Error(message), { errno, code })
    }
  }

  /** How much of its input the last call has not read. */
  get unreadBytes(): number {
    return this.#left[1]!
  }

  /**
   * The result goes into `output`, from `start` to `end` at most; returns its length.
   *
   * @throws what zlib throws
   */
  write(flush: number, input: Uint8Array, output: Uint8Array, start: number, end: number): number {
    this.#handle.writeSync(flush, input, 0, input.length, output, start, end - start)
    const error = this.#error
    if (error === undefined) return end - start - this.#left[0]!
    this.#error = undefined
    throw error
  }

  /** It forgets the message. */
  reset(): void {
    this.#handle.reset()
    this.#error = undefined
  }
}

function isHandle(handle: unknown): handle is ZlibHandle {
  if (typeof handle !== 'object' || handle === null) return false
  return ['writeSync', 'reset', 'onerror'].every(name => typeof Reflect.get(handle, name) === 'function')
}
