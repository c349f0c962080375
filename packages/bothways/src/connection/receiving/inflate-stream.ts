import { constants, createInflateRaw, type InflateRaw } from 'node:zlib'
import { testedMajors } from '../transports/tcp-handle.ts'

/** The most bytes that the thread pool gives at a time. */
export const chunkBytes: number = 64 * 1024

/** zlib cannot inflate raw data with a window of 256 bytes; a larger window reads it as well. */
const windowBits = 15

/** How many are kept for those that come: as many as the thread pool has threads, unless it is told otherwise. */
const maxIdleCount = 4

/** Whose data a stream inflates. */
export interface InflateReader {
  /** Some of what comes out; others may lie in the same memory. */
  onInflated(chunk: Buffer): void
  /** All has come out; of the input so much was read: behind a block that says it is the last, nothing is. */
  onInflatedAll(readBytes: number): void
  onInflateError(error: Error): void
}

/**
 * One zlib that works in the thread pool, for one input after the other. To make one for each takes longer than to inflate
 * a few KiB, and what is left of them keeps everybody waiting while it is collected.
 */
export class InflateStream {
  static readonly #idle: InflateStream[] = []

  readonly #stream: InflateRaw
  readonly #isKept: boolean
  #reader: InflateReader | undefined
  /** How much it had read of earlier inputs. */
  #readBefore = 0
  #inputBytes = 0
  #isRead = false

  /** @param parts whole streams of DEFLATE data, of which the first is inflated. They must not change meanwhile. */
  static read(parts: readonly Buffer[], reader: InflateReader): InflateStream {
    const isKept = mayBeKept && parts.length === 1
    const kept = isKept ? InflateStream.#idle.pop() : undefined
    const stream = kept ?? new InflateStream(isKept)
    stream.#read(parts, reader)
    return stream
  }

  private constructor(isKept: boolean) {
    this.#isKept = isKept
    const stream = createInflateRaw({
      windowBits,
      chunkSize: chunkBytes,
      // Data that stop in the middle of a block are an error; otherwise only where the stream ends.
      ...(isKept && { flush: constants.Z_FINISH }),
    })
    this.#stream = stream
    stream.on('data', (chunk: Buffer) => {
      this.#reader?.onInflated(chunk)
      this.#finishIfDone()
    })
    stream.on('error', error => this.#take()?.onInflateError(error))
    stream.on('end', () => {
      const reader = this.#take()
      stream.destroy()
      reader?.onInflatedAll(stream.bytesWritten - this.#readBefore)
    })
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
    this.#finishIfDone()
  }

  /** The output that has not come yet is not needed. */
  destroy(): void {
    this.#reader = undefined
    this.#stream.destroy()
  }

  #read(parts: readonly Buffer[], reader: InflateReader): void {
    const stream = this.#stream
    this.#reader = reader
    this.#readBefore = stream.bytesWritten
    this.#isRead = false
    if (!this.#isKept) {
      for (const part of parts) stream.write(part)
      stream.end()
      return
    }
    const [input] = parts as readonly [Buffer]
    this.#inputBytes = input.length
    stream.write(input, error => {
      if (error) return this.#take()?.onInflateError(error)
      this.#isRead = true
      this.#finishIfDone()
    })
  }

  /** While it is paused, output that has come waits. */
  #finishIfDone(): void {
    const stream = this.#stream
    if (!this.#isRead || stream.isPaused() || stream.readableLength > 0) return
    const readBytes = stream.bytesWritten - this.#readBefore
    // zlib has stopped behind a last block: `end` comes, and the stream is of no further use.
    if (readBytes < this.#inputBytes) return
    const reader = this.#take()
    if (reader === undefined) return
    if (InflateStream.#idle.length < maxIdleCount) {
      stream.reset()
      InflateStream.#idle.push(this)
    } else {
      stream.destroy()
    }
    reader.onInflatedAll(readBytes)
  }

  #take(): InflateReader | undefined {
    const reader = this.#reader
    this.#reader = undefined
    return reader
  }
}

const { bun, deno, node } = process.versions
/** Elsewhere than in Node, what a stream does when it has been set back has not been tested. */
const mayBeKept = bun === undefined && deno === undefined && testedMajors.includes(Number.parseInt(node, 10))
