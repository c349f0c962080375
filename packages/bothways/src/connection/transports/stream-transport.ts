import type { Duplex } from 'node:stream'
import { Fifo } from '../sending/fifo.ts'
import type { Transport, TransportHandler } from './transport.ts'

// As it was when this was loaded: tests put a clock of their own in its place.
const { setImmediate } = globalThis

interface CountingStream extends Duplex {
  readonly bytesRead?: number
  readonly bytesWritten?: number
}

/** A transport on the public stream interface: TCP, TLS, pipes, or any other Duplex. */
export class StreamTransport implements Transport {
  readonly #stream: CountingStream
  #error: Error | undefined
  #handler: TransportHandler | undefined
  #writtenBytes = 0
  #isEnded = false
  #isPausing = false
  #isDestroyed = false
  #isShared = false
  /** How many bytes of each write that has not called back were not taken at once. */
  readonly #underWay = new Fifo<number>()
  readonly #onWritten = (error: Error | null | undefined): void => this.#written(error)

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

  /** Bytes that this transport itself has written: fewer than {@link bytesWritten} when somebody else wrote too. */
  get writtenBytes(): number {
    return this.#writtenBytes
  }

  get queuedBytes(): number {
    return this.#isDestroyed ? 0 : this.#stream.writableLength
  }

  /** A stream may hand what it is given on, as a pipe in memory does. */
  get copiesBorrowed(): boolean {
    return true
  }

  get queues(): boolean {
    return this.#isShared
  }

  get tellsLater(): boolean {
    return 'encrypted' in this.#stream
  }

  /** Writes for a connection that hears of everything else by another way. */
  adopt(handler: TransportHandler): void {
    this.#handler = handler
  }

  /** From here on somebody else uses the stream as well. */
  shareStream(): void {
    this.#isShared = true
  }

  start(handler: TransportHandler): void {
    const stream = this.#stream
    this.adopt(handler)
    stream.on('data', chunk => {
      if (!this.#isDestroyed) handler.onData(chunk)
    })
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

  write(bytes: Uint8Array, isBorrowed: boolean): boolean {
    const stream = this.#stream
    if (this.#isEnded || this.#isDestroyed || stream.destroyed) return false
    this.#writtenBytes += bytes.length
    try {
      stream.write(isBorrowed ? Buffer.from(bytes) : bytes, this.#onWritten)
    } catch (error) {
      // A stream of the program, whose fault must not keep the other connections of this turn from writing.
      stream.destroy(error as Error)
      return false
    }
    // It calls back later, also when it has finished already.
    const isTaken = stream.writableLength === 0 && stream.writable
    this.#underWay.push(isTaken ? 0 : bytes.length)
    return isTaken
  }

  end(): void {
    if (this.#isEnded || this.#isDestroyed) return
    this.#isEnded = true
    this.#stream.end()
  }

  /** A write under way has the rest of this turn to be taken: one of TLS, which went out, is told of only then. */
  destroy(): void {
    if (this.#isDestroyed) return
    const stream = this.#stream
    const isWriting = stream.writableLength > 0 && !stream.destroyed
    this.#isDestroyed = true
    if (!isWriting) {
      stream.destroy()
      return
    }
    this.pause()
    setImmediate(() => stream.destroy())
  }

  #written(error: Error | null | undefined): void {
    const bytes = this.#underWay.shift() ?? 0
    // A socket that is destroyed calls back for what it never sent, too, and without an error.
    if (error || this.#stream.destroyed || bytes === 0) return
    this.#handler?.onTaken(bytes)
  }
}
