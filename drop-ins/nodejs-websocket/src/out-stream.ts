import { Writable } from 'node:stream'

/** Sends the fragments that an {@link OutStream} has collected. */
export interface FragmentSender {
  /** Calls back when it may go on, whatever became of the fragment. */
  sendFragment(payload: Buffer, position: { isFirst: boolean; isFinal: boolean }, callback?: () => void): void
  /** The message is over. */
  onFinish(): void
}

/** A binary message to be sent in frames of at least so many bytes, the last one excepted. */
export class OutStream extends Writable {
  readonly #sender: FragmentSender
  readonly #minBytes: number
  #chunks: Buffer[] = []
  #collectedBytes = 0
  #isFirst = true

  constructor(sender: FragmentSender, minBytes: number) {
    super()
    this.#sender = sender
    this.#minBytes = minBytes
    this.on('finish', () => {
      sender.sendFragment(this.#take(), { isFirst: this.#isFirst, isFinal: true })
      sender.onFinish()
    })
    // Writing on when the connection is gone ends a pipe, and not the process.
    this.on('error', () => {})
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    // The writer may use its memory again.
    this.#chunks.push(Buffer.from(chunk))
    this.#collectedBytes += chunk.length
    if (this.#collectedBytes < this.#minBytes) {
      callback()
      return
    }
    const isFirst = this.#isFirst
    this.#isFirst = false
    this.#sender.sendFragment(this.#take(), { isFirst, isFinal: false }, callback)
  }

  #take(): Buffer {
    const collected = Buffer.concat(this.#chunks, this.#collectedBytes)
    this.#chunks = []
    this.#collectedBytes = 0
    return collected
  }
}
