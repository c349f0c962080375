import type { Connection } from '../connection/connection.ts'
import { isBlob } from '../connection/message-data.ts'
import { toSendData } from './send-data.ts'

export interface MessageStreamsHandler {
  /** Settles when the connection is over. */
  readonly closed: Promise<unknown>
  /** The program wants no more of one of the streams: `reason` is what it gave. */
  close(reason: unknown): void
}

/** The two streams of one connection (WHATWG Streams). Each makes its side of TCP wait for the other end. */
export class MessageStreams {
  readonly readable: ReadableStream<string | Uint8Array>
  readonly writable: WritableStream<string | ArrayBuffer | ArrayBufferView>
  readonly #connection: Connection
  #reading: ReadableStreamDefaultController<string | Uint8Array> | undefined
  #writing: WritableStreamDefaultController | undefined
  /** A write that waits for the peer to read. */
  #goOn: (() => void) | undefined

  constructor(connection: Connection, { closed, close }: MessageStreamsHandler) {
    this.#connection = connection
    this.readable = new ReadableStream({
      start: controller => {
        this.#reading = controller
      },
      pull: () => connection.resume(),
      cancel: reason => {
        this.#reading = undefined
        // Messages that still come are dropped, so that the peer's close frame is found behind them.
        connection.resume()
        close(reason)
      },
    })
    this.writable = new WritableStream({
      start: controller => {
        this.#writing = controller
      },
      write: chunk => this.#write(chunk),
      close: async () => {
        close(undefined)
        await closed
      },
      abort: reason => {
        this.#writing = undefined
        close(reason)
      },
    })
  }

  receive(message: string | Buffer): void {
    const controller = this.#reading
    if (controller === undefined) return
    controller.enqueue(typeof message === 'string' ? message : plainBytes(message))
    if ((controller.desiredSize ?? 0) <= 0) this.#connection.pause()
  }

  /** There is room for the next write. */
  goOn(): void {
    this.#goOn?.()
    this.#goOn = undefined
  }

  /** Both sides have said goodbye: messages that came can still be read, and nothing be written. */
  end(): void {
    this.#reading?.close()
    this.#reading = undefined
    this.#stopWriting(
      new DOMException('The connection is closed: nothing can be written.', 'InvalidStateError'),
    )
  }

  /** The connection was lost. */
  fail(error: Error): void {
    this.#reading?.error(error)
    this.#reading = undefined
    this.#stopWriting(error)
  }

  #stopWriting(error: Error): void {
    // While it is being closed this says nothing: the promise of `closed` does.
    this.#writing?.error(error)
    this.#writing = undefined
    this.goOn()
  }

  #write(chunk: unknown): Promise<void> | undefined {
    // The standard's would send its name.
    if (isBlob(chunk)) {
      throw new TypeError(
        'A chunk is a string or bytes: pipe blob.stream(), or write await blob.arrayBuffer().',
      )
    }
    const outcome = this.#connection.send(toSendData(chunk))
    if (outcome === 'refused') {
      throw new DOMException('The connection is closing: nothing can be written.', 'InvalidStateError')
    }
    if (outcome === 'sent') return undefined
    return new Promise(resolve => {
      this.#goOn = resolve
    })
  }
}

/** Not a `Buffer`, as in browsers. A message that fills its memory need not be copied: nobody else has it. */
function plainBytes(bytes: Buffer): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? new Uint8Array(bytes.buffer) : Uint8Array.from(bytes)
}
