import type { Duplex } from 'node:stream'
import type { Transport, TransportHandler } from './transport.ts'

/** Up to this length joining pieces by a copy is cheaper than handing them over one by one. */
const joinThresholdBytes = 16 * 1024

interface CountingStream extends Duplex {
  readonly bytesRead?: number
  readonly bytesWritten?: number
}

/** A transport on the public stream interface: TCP, TLS, pipes, or any other Duplex. */
export class StreamTransport implements Transport {
  readonly #stream: CountingStream
  #error: Error | undefined
  #writtenBytes = 0
  #isEnded = false
  #onTaken: ((error: Error | null | undefined) => void) | undefined

  /** Takes `stream` over; from here on its errors are handled. */
  constructor(stream: Duplex) {
    this.#stream = stream
    stream.on('error', error => {
      this.#error = error
    })
  }

  get bytesRead(): number {
    return this.#stream.bytesRead ?? 0
  }

  get bytesWritten(): number {
    return this.#stream.bytesWritten ?? 0
  }

  /** What this transport itself has written: less than {@link bytesWritten} when somebody else did too. */
  get writtenBytes(): number {
    return this.#writtenBytes
  }

  get queuedBytes(): number {
    return this.#stream.writableLength
  }

  start(handler: TransportHandler): void {
    const stream = this.#stream
    this.#onTaken = error => {
      if (!error) handler.onTaken()
    }
    stream.on('data', chunk => handler.onData(chunk))
    // A stream that ended or was destroyed before has told so already.
    if (stream.readableEnded) process.nextTick(() => handler.onEnd())
    else stream.on('end', () => handler.onEnd())
    if (stream.destroyed) process.nextTick(() => handler.onDestroyed(this.#error))
    else stream.on('close', () => handler.onDestroyed(this.#error))
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  write(pieces: readonly Uint8Array[], wantsNotice: boolean): void {
    const stream = this.#stream
    if (this.#isEnded || stream.destroyed) return
    for (const piece of pieces) this.#writtenBytes += piece.length
    const notice = wantsNotice ? this.#onTaken : undefined
    if (pieces.length === 1) {
      stream.write(pieces[0], notice)
      return
    }
    stream.cork()
    let start = 0
    while (start < pieces.length) {
      let end = start
      let bytes = 0
      do bytes += pieces[end++]?.length ?? 0
      while (end < pieces.length && bytes + (pieces[end]?.length ?? 0) <= joinThresholdBytes)
      const joined = end === start + 1 ? pieces[start] : Buffer.concat(pieces.slice(start, end), bytes)
      stream.write(joined, end === pieces.length ? notice : undefined)
      start = end
    }
    stream.uncork()
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#stream.end()
  }

  destroy(): void {
    this.#stream.destroy()
  }
}
