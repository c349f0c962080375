import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Refusal, serializeRefusal } from '@bothways/protocol'
import { type StreamBackedTransport, takeTransport } from '../connection/transports/take-transport.ts'

/** How long a refused client may take to read its answer and leave, in ms, whatever it sends meanwhile. */
export const lingerMs = 2_000

/** A `net.Socket`, or any other Duplex that an HTTP server has read a request from: then less is known of it. */
export type UpgradeStream = Duplex &
  Partial<Pick<Socket, 'bytesWritten' | 'remoteAddress' | 'remotePort' | 'setNoDelay' | 'setTimeout'>>

/**
 * The TCP or TLS connection of an upgrade request, until it is a WebSocket or refused. It tells whether somebody
 * else, another `upgrade` listener of the same HTTP server, writes to it as well: two answers to one request
 * reach the client as "Invalid frame header" and the like.
 */
export class UpgradeSocket {
  readonly stream: UpgradeStream
  #transport: StreamBackedTransport | undefined
  /** The bytes that had been written when the request came: a connection may have carried ordinary requests before. */
  readonly #writtenBefore: number
  #writtenByUs = 0

  constructor(stream: UpgradeStream) {
    this.stream = stream
    this.#writtenBefore = stream.bytesWritten ?? 0
  }

  /** Nobody would read an answer. */
  get isGone(): boolean {
    return this.stream.destroyed || !this.stream.writable
  }

  /** The client has said that it will send no more: a WebSocket could not even be closed. */
  get isHalfClosed(): boolean {
    return this.stream.readableEnded
  }

  /** True when bytes were written that are not ours. */
  get isAnsweredByOthers(): boolean {
    // Fewer than ours is possible: a connection that broke counts only what has left.
    const ours = this.#writtenByUs + (this.#transport?.writtenBytes ?? 0)
    return (this.stream.bytesWritten ?? 0) > this.#writtenBefore + ours
  }

  /** The transport of the WebSocket that this becomes. */
  open(kind: 'auto' | 'stream'): StreamBackedTransport {
    // The HTTP server's own timeouts end with the handshake.
    this.stream.setTimeout?.(0)
    this.stream.setNoDelay?.(true)
    this.#transport = takeTransport(this.stream, kind)
    return this.#transport
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
    const timer = setTimeout(() => stream.destroy(), lingerMs).unref()
    stream.once('close', () => clearTimeout(timer))
    return true
  }

  /** Ends after a failure of ours: with an answer if there was none yet. */
  abandon(refusal: Refusal): void {
    if (this.#writtenByUs > 0) this.stream.destroy()
    else this.refuse(refusal)
  }
}
