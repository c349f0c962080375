import {
  CloseCode,
  type DeflateDirection,
  encodeUtf8,
  Opcode,
  type Role,
  serializeCloseBody,
} from '@bothways/protocol'
import { Deflater } from './deflate.ts'
import type { CloseFrame } from './disconnect.ts'
import { frame } from './frame.ts'
import { newMaskingKey } from './masking-key.ts'
import { type MessageData, messageBytes } from './message-data.ts'
import type { ConnectionSettings } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { PreparedMessage } from './prepared-message.ts'

export interface FrameSenderInit {
  readonly role: Role
  readonly outbox: Outbox
  readonly compression: ConnectionSettings['compression']
  /** How messages may be compressed; undefined: not at all. */
  readonly outgoing: DeflateDirection | undefined
  /** A message's bytes could not be had: a `Blob` that cannot be read any more. */
  readonly onFailure: (error: Error) => void
}

/** Makes frames of what is sent and gives them to the outbox in that order, also those that are not ready yet. */
export class FrameSender {
  readonly #role: Role
  readonly #outbox: Outbox
  readonly #compression: ConnectionSettings['compression']
  readonly #outgoing: DeflateDirection | undefined
  readonly #deflater: Deflater | undefined
  readonly #onFailure: (error: Error) => void
  /** The last frame that was not ready when it was sent; later ones are made after it. */
  #lastPending: Promise<unknown> | undefined

  constructor({ role, outbox, compression, outgoing, onFailure }: FrameSenderInit) {
    this.#role = role
    this.#outbox = outbox
    this.#compression = compression
    this.#outgoing = outgoing
    this.#onFailure = onFailure
    if (outgoing !== undefined && compression !== false) this.#deflater = new Deflater(outgoing, compression)
  }

  /** Settles when everything sent so far is in the outbox; undefined when it is. */
  get pending(): Promise<unknown> | undefined {
    return this.#lastPending
  }

  send(data: MessageData): void {
    const isText = typeof data === 'string'
    if (this.#sharesBuffer && isText && this.#outbox.appendText(data)) return
    if (data instanceof Blob) {
      this.#queueLater(data.size, isText, () => data.arrayBuffer().then(Buffer.from))
    } else if (this.#outbox.isWaiting) {
      // Its turn has not come: what the caller does with its memory meanwhile must not matter.
      const bytes = Buffer.from(messageBytes(data))
      this.#queueLater(bytes.length, isText, () => bytes)
    } else {
      this.#queue(messageBytes(data), isText)
    }
  }

  /** As {@link send}, for a message that goes to many connections. Only a server's frames can be shared. */
  sendPrepared(message: PreparedMessage): void {
    const { payload, isText } = message
    if (!this.#isWorthDeflating(payload)) {
      this.#outbox.push(message.frame)
    } else if (this.#outbox.isWaiting) {
      this.#queueLater(payload.length, isText, () => payload)
    } else {
      const compression = this.#compression
      const shared = this.#outgoing && compression && message.deflatedFrame(this.#outgoing, compression)
      if (shared instanceof Promise) this.#queuePending(payload.length, shared)
      else if (shared) this.#outbox.push(shared)
      else this.#queue(payload, isText)
    }
  }

  /** A ping or pong goes ahead of messages that are not ready (RFC 6455 §5.4). */
  sendControl(opcode: typeof Opcode.Ping | typeof Opcode.Pong, payload: Uint8Array): void {
    this.#outbox.pushAhead(this.#frame(payload, opcode))
  }

  /** The close frame goes behind everything else. */
  sendClose({ code, reason }: CloseFrame): void {
    const sentCode = code === CloseCode.NoStatusReceived ? undefined : code
    this.#outbox.push(this.#frame(serializeCloseBody(sentCode, encodeUtf8(reason)), Opcode.Close))
  }

  /** True for frames that are written as they are: unmasked, uncompressed. */
  get #sharesBuffer(): boolean {
    return this.#role === 'server' && this.#deflater === undefined
  }

  #queue(payload: Buffer, isText: boolean): void {
    if (this.#sharesBuffer && this.#outbox.appendFrame(payload, isText ? Opcode.Text : Opcode.Binary)) return
    const made = this.#messageFrame(payload, isText)
    if (made instanceof Promise) this.#queuePending(payload.length, made)
    else this.#outbox.push(made)
  }

  /** Keeps the message's place while its bytes are not there, or while an earlier message's are not. */
  #queueLater(bytes: number, isText: boolean, source: () => Buffer | Promise<Buffer>): void {
    const turn = this.#lastPending ?? Promise.resolve()
    this.#queuePending(
      bytes,
      turn.then(source).then(payload => this.#messageFrame(payload, isText)),
    )
  }

  #queuePending(bytes: number, made: Promise<Buffer>): void {
    const pending = made.catch(error => {
      this.#onFailure(error)
      return undefined
    })
    this.#lastPending = pending
    this.#outbox.pushLater(bytes, pending)
    // Behind the outbox, so that whoever finds nothing pending finds its frame there.
    void pending.then(() => {
      if (this.#lastPending === pending) this.#lastPending = undefined
    })
  }

  #messageFrame(payload: Buffer, isText: boolean): Buffer | Promise<Buffer> {
    const opcode = isText ? Opcode.Text : Opcode.Binary
    if (this.#deflater === undefined || !this.#isWorthDeflating(payload)) return this.#frame(payload, opcode)
    const deflated = this.#deflater.deflate(payload)
    if (deflated instanceof Promise) return deflated.then(it => this.#frame(it, opcode, true))
    return this.#frame(deflated, opcode, true)
  }

  #isWorthDeflating(payload: Buffer): boolean {
    const compression = this.#compression
    return (
      this.#deflater !== undefined && compression !== false && payload.length >= compression.thresholdBytes
    )
  }

  #frame(payload: Uint8Array, opcode: Opcode, isCompressed = false): Buffer {
    // RFC 6455 §5.1: a client masks every frame, a server none.
    return this.#role === 'client'
      ? frame(payload, { opcode, isCompressed, maskingKey: newMaskingKey() })
      : frame(payload, { opcode, isCompressed })
  }
}
