import type { Readable } from 'node:stream'
import { LimitError, Opcode, limits as protocolLimits, type ReceivedFrame } from '@bothways/protocol'
import { Collector } from './collector.ts'
import { InStream } from './in-stream.ts'
import * as limits from './limits.ts'

/** The calls that a {@link Receiving} makes on its connection. */
interface ReceivingConnection {
  onText(text: string): void
  /** @returns whether anybody listens */
  onBinary(stream: Readable): boolean
  /** A text is longer than it may be. */
  onTooBig(error: LimitError): void
  pause(): void
  resume(): void
}

/** Turns frames into whole texts and streams of binary messages, for the program. */
export class Receiving {
  readonly #connection: ReceivingConnection
  #text: Collector | undefined
  #binary: InStream | undefined

  constructor(connection: ReceivingConnection) {
    this.#connection = connection
  }

  take({ opcode, isFinal, payload }: ReceivedFrame): void {
    if (opcode === Opcode.Text) this.#text = new Collector()
    else if (opcode === Opcode.Binary) this.#beginBinary()
    if (this.#text !== undefined) this.#takeText(this.#text, payload, isFinal)
    else this.#takeBinary(payload, isFinal)
  }

  /** Nothing more will come. */
  end(): void {
    this.#binary?.finish()
    this.#binary = undefined
  }

  #takeText(text: Collector, payload: Uint8Array, isFinal: boolean): void {
    const limit = Math.max(limits.maxTextBytes, limits.settings.maxBufferLength)
    const actual = text.byteLength + payload.length
    if (actual > limit) {
      this.#text = undefined
      const message = `Text of ${actual} bytes is over the limit of ${limit}.`
      this.#connection.onTooBig(new LimitError(protocolLimits.maxMessageBytes, limit, actual, message))
      return
    }
    text.push(payload)
    if (!isFinal) return
    this.#text = undefined
    // Bytes that are no UTF-8 become U+FFFD.
    this.#connection.onText(text.take().toString())
  }

  #beginBinary(): void {
    const stream = new InStream(() => this.#connection.resume())
    this.#binary = stream
    // Nobody listens: it is not kept.
    if (!this.#connection.onBinary(stream)) stream.resume()
  }

  #takeBinary(payload: Uint8Array, isFinal: boolean): void {
    const stream = this.#binary
    if (stream === undefined) return
    stream.receive(payload)
    if (isFinal) {
      this.#binary = undefined
      stream.finish()
    } else if (!stream.destroyed && stream.unreadBytes > limits.settings.maxBufferLength) {
      this.#connection.pause()
    }
  }
}
