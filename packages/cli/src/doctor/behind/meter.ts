import type { Socket } from 'node:net'

/** Counts the bytes that come over a connection, and sees how it ends. */
export class Meter {
  readonly #startedAt = performance.now()
  #wake: (() => void) | undefined
  bytes: number
  end: { readonly by: 'FIN' | 'RST'; readonly ms: number } | undefined

  /** @param bytes the count of bytes that have come already */
  constructor(socket: Socket, bytes = 0) {
    this.bytes = bytes
    socket.on('data', chunk => {
      this.bytes += chunk.length
      this.#wake?.()
    })
    socket.on('end', () => this.#ended('FIN'))
    socket.on('error', () => this.#ended('RST'))
    socket.on('close', () => this.#ended('FIN'))
    socket.resume()
  }

  /** Waits until so many bytes have come or the connection has ended, or `quietMs` bring nothing. */
  async until(bytes: number, quietMs: number): Promise<void> {
    while (this.bytes < bytes && this.end === undefined) {
      const before = this.bytes
      await this.#change(quietMs)
      if (this.bytes === before) return
    }
  }

  /** Waits for the end, at most `timeoutMs`. */
  async untilEnd(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while (this.end === undefined) {
      const left = deadline - performance.now()
      if (left <= 0) return
      await this.#change(left)
    }
  }

  async #change(timeoutMs: number): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, timeoutMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #ended(by: 'FIN' | 'RST'): void {
    this.end ??= { by, ms: Math.round(performance.now() - this.#startedAt) }
    this.#wake?.()
  }
}
