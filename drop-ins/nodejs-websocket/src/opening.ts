import type { Socket } from 'node:net'
import { type HeadResult, readHead } from './head.ts'
import * as limits from './limits.ts'

/** A socket on which an opening handshake is under way: it is cut off when that takes too long. */
export class Opening {
  readonly #socket: Socket
  #timer: NodeJS.Timeout | undefined

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Reads the other side's half, which has so long to come. */
  read(timeoutMs: number, onHead: (result: HeadResult) => void, lateError?: () => Error): void {
    this.#cutAfter(timeoutMs, lateError)
    readHead(this.#socket, Math.min(limits.maxHeadBytes, limits.settings.maxBufferLength), onHead)
  }

  /** Ends a connection that is not to open, and does not wait for long. */
  refuse(answer?: string): void {
    this.#cutAfter(limits.refusalTimeoutMs)
    this.#socket.resume()
    if (answer === undefined) this.#socket.end()
    else this.#socket.end(answer)
  }

  /** It is over. */
  end(): void {
    clearTimeout(this.#timer)
  }

  #cutAfter(milliseconds: number, reason?: () => Error): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#socket.destroy(reason?.()), milliseconds)
    this.#timer.unref()
  }
}
