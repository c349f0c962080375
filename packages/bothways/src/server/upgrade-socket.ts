import type { Socket } from 'node:net'
import { type Refusal, serializeRefusal } from '@bothways/protocol'
import { StreamTransport } from '../connection/stream-transport.ts'

/** How long a refused client may take to read its answer and leave, in ms. */
const lingerMs = 2_000

/**
 * The TCP or TLS connection of an upgrade request, until it is a WebSocket or refused. It tells whether somebody
 * else, another `upgrade` listener of the same HTTP server, writes to it as well: two answers to one request
 * reach the client as "Invalid frame header" and the like.
 */
export class UpgradeSocket {
  readonly stream: Socket
  readonly transport: StreamTransport
  /** What had been written when the request came: a connection may have carried ordinary requests before. */
  readonly #writtenBefore: number
  #writtenByUs = 0

  constructor(stream: Socket) {
    this.stream = stream
    this.#writtenBefore = stream.bytesWritten
    // It also listens for errors: a client that leaves now must not end the process.
    this.transport = new StreamTransport(stream)
  }

  get isGone(): boolean {
    return this.stream.destroyed || !this.stream.writable
  }

  /** True when bytes were written that are not ours. */
  get isAnsweredByOthers(): boolean {
    return this.stream.bytesWritten !== this.#writtenBefore + this.#writtenByUs + this.transport.writtenBytes
  }

  write(text: string): void {
    this.#writtenByUs += Buffer.byteLength(text)
    this.stream.write(text)
  }

  /** Answers over HTTP and ends; false when somebody else has answered. */
  refuse(refusal: Refusal): boolean {
    if (this.isAnsweredByOthers) return false
    if (this.isGone) return true
    const { stream } = this
    stream.end(serializeRefusal(refusal))
    // Unread bytes would turn the end into a reset, and the client would lose the answer.
    stream.resume()
    stream.setTimeout(lingerMs, () => stream.destroy())
    return true
  }
}
