import type { Duplex } from 'node:stream'
import type { Transport, TransportHandler } from './transport.ts'

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
  #isPausing = false
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

  /** Writes for a connection that hears of everything else by another way. */
  adopt(handler: TransportHandler): void {
    const stream = this.#stream
    this.#onTaken = error => {
      // A socket that is destroyed calls back for what it never sent, too, and without an error.
      if (!error && !stream.destroyed) handler.onTaken()
    }
  }

  /** All data go by the stream as it is. */
  shareStream(): void {}

  start(handler: TransportHandler): void {
    const stream = this.#stream
    this.adopt(handler)
    stream.on('data', chunk => handler.onData(chunk))
    // A stream that ended or was destroyed before has told so already.
    if (stream.readableEnded) process.nextTick(() => handler.onEnd())
    else stream.on('end', () => handler.onEnd())
    if (stream.destroyed) process.nextTick(() => handler.onDestroyed(this.#error))
    else stream.on('close', () => handler.onDestroyed(this.#error))
  }

  /** The stream's event `pause` of this moment is this transport's doing, not somebody else's. */
  get isPausing(): boolean {
    return this.#isPausing
  }

  pause(): void {
    this.#isPausing = true
    this.#stream.pause()
    this.#isPausing = false
  }

  resume(): void {
    this.#stream.resume()
  }

  write(bytes: Uint8Array, wantsNotice: boolean): void {
    if (this.#isEnded || this.#stream.destroyed) return
    this.#writtenBytes += bytes.length
    this.#stream.write(bytes, wantsNotice ? this.#onTaken : undefined)
  }

  writeShared(bytes: Uint8Array, wantsNotice: boolean): boolean {
    this.write(Buffer.from(bytes), wantsNotice)
    return true
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
