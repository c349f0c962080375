import { Duplex } from 'node:stream'

/** A stream that shows the bytes that go through it, both ways. */
export class ObservedStream extends Duplex {
  readonly #inner: Duplex
  readonly #onRead: (chunk: Buffer) => void
  readonly #onWritten: (chunk: Buffer) => void

  constructor(inner: Duplex, onRead: (chunk: Buffer) => void, onWritten: (chunk: Buffer) => void) {
    super({ allowHalfOpen: true })
    this.#inner = inner
    this.#onRead = onRead
    this.#onWritten = onWritten
    inner.on('data', (chunk: Buffer) => {
      this.#onRead(chunk)
      if (!this.push(chunk)) inner.pause()
    })
    inner.on('end', () => this.push(null))
    inner.on('error', error => this.destroy(error))
    inner.on('close', () => this.destroy())
  }

  override _read(): void {
    this.#inner.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#onWritten(chunk)
    this.#inner.write(chunk, done)
  }

  override _final(done: () => void): void {
    this.#inner.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner.destroy()
    done(error)
  }
}
