import { ClientError } from '../core/environment-kit.ts'

export type Message = string | ArrayBuffer | ArrayBufferView | Blob

/** Messages sent without a connection, oldest first; bounded. */
export class WaitingMessages {
  readonly #maxCount: number
  readonly #maxBytes: number
  #messages: Message[] = []
  #bytes = 0

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @throws ClientError `queue_full` */
  push(given: Message): void {
    const message = copyOf(given)
    const bytes = bytesOf(message)
    if (this.#messages.length >= this.#maxCount || this.#bytes + bytes > this.#maxBytes) {
      const text = `At most ${this.#maxCount} messages of ${this.#maxBytes} bytes together wait for a connection.`
      throw new ClientError('queue_full', text, true)
    }
    this.#messages.push(message)
    this.#bytes += bytes
  }

  takeAll(): Message[] {
    this.#bytes = 0
    return this.#messages.splice(0)
  }
}

/** A copy that waits, whatever becomes of the given data afterwards; as with a WebSocket, data that are no bytes are a string. */
function copyOf(data: Message): Message {
  if (typeof data !== 'object' || data === null) return String(data)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
  // By their members, since those of another realm are of other classes.
  if ('size' in data) return data
  return 'byteLength' in data ? data.slice(0) : String(data)
}

function bytesOf(message: Message): number {
  if (typeof message === 'string') return new TextEncoder().encode(message).length
  return 'size' in message ? message.size : message.byteLength
}
