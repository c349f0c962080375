import { Buffer } from 'node:buffer'
import {
  CloseCode,
  type DeflateDirection,
  encodeUtf8,
  type FrameOptions,
  Opcode,
  type Role,
  serializeCloseBody,
} from '@bothways/protocol'
import { type CompressionTuning, Deflater } from './deflate.ts'
import type { CloseFrame } from './disconnect.ts'
import { frame } from './frame.ts'
import { isBlob, type MessageData, messageBytes } from './message-data.ts'
import type { ConnectionSettings } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { PreparedMessage } from './prepared-message.ts'
import type { WorkGate } from './work-gate.ts'

export interface FrameSenderInit {
  readonly role: Role
  readonly outbox: Outbox
  readonly compression: ConnectionSettings['compression']
  /** How messages may be compressed; undefined: not at all. */
  readonly outgoing: DeflateDirection | undefined
  readonly nextMaskingKey: () => number
  /** Where long messages wait for their turn to be compressed. */
  readonly zlibGate?: WorkGate | undefined
  readonly handler: FrameSenderHandler
}

/** One frame, described by itself (RFC 6455 §5.2). */
export interface FrameSendOptions {
  readonly opcode: Opcode
  /** Default true. */
  readonly isFinal?: boolean
  /**
   * The payload is compressed, if that was agreed on. The same for all frames of a message, since the first one says
   * it. Default false.
   */
  readonly compresses?: boolean
  /** Default: as the role demands (RFC 6455 §5.1). */
  readonly isMasked?: boolean
}

export interface FrameSenderHandler {
  /** A message's bytes could not be had: a `Blob` that cannot be read any more. */
  onSendFailure(error: Error): void
}

/** Makes frames of what is sent and gives them to the outbox in that order, also those that are not ready yet. */
export class FrameSender {
  readonly #role: Role
  readonly #outbox: Outbox
  readonly #handler: FrameSenderHandler
  readonly #nextMaskingKey: () => number
  /** How messages are compressed; both undefined: they go out as they are. */
  readonly #tuning: CompressionTuning | undefined
  readonly #direction: DeflateDirection | undefined
  readonly #zlibGate: WorkGate | undefined
  #deflater: Deflater | undefined
  /** The last frame that was not ready when it was sent; later ones are made after it. */
  #lastPending: Promise<unknown> | undefined

  constructor({ role, outbox, compression, outgoing, nextMaskingKey, zlibGate, handler }: FrameSenderInit) {
    this.#role = role
    this.#nextMaskingKey = nextMaskingKey
    this.#outbox = outbox
    this.#handler = handler
    this.#zlibGate = zlibGate
    if (outgoing === undefined || compression === false) return
    this.#tuning = compression
    this.#direction = outgoing
  }

  /** Settles when everything sent so far is in the outbox; undefined when it is. */
  get pending(): Promise<unknown> | undefined {
    return this.#lastPending
  }

  send(data: MessageData): void {
    const isText = typeof data === 'string'
    if (isText && this.#tuning === undefined && this.#outbox.appendText(data, this.#newKey())) return
    if (!isText && isBlob(data)) {
      this.#queueLater(
        data.size,
        () => data.arrayBuffer().then(Buffer.from),
        payload => this.#messageFrame(payload, isText),
      )
    } else if (this.#outbox.isWaiting) {
      // Its turn has not come: what the caller does with its memory meanwhile must not matter.
      const bytes = Buffer.from(messageBytes(data))
      this.#queueLater(
        bytes.length,
        () => bytes,
        payload => this.#messageFrame(payload, isText),
      )
    } else {
      this.#queue(messageBytes(data), isText)
    }
  }

  /** As {@link send}, for a message that goes to many connections. Only a server's frames can be shared. */
  sendPrepared(message: PreparedMessage): void {
    const { payload, isText } = message
    const [tuning, direction] = [this.#tuning, this.#direction]
    if (tuning === undefined || direction === undefined || payload.length < tuning.thresholdBytes) {
      this.#outbox.push(message.frame)
    } else if (this.#outbox.isWaiting) {
      this.#queueLater(
        payload.length,
        () => payload,
        it => this.#messageFrame(it, isText),
      )
    } else {
      const shared = message.deflatedFrame(direction, tuning)
      if (shared === undefined) this.#queue(payload, isText)
      else if (shared instanceof Promise) this.#queuePending(payload.length, shared)
      else this.#outbox.push(shared)
    }
  }

  /** Sends a frame as it is described, in its turn. */
  sendFrame(payload: Uint8Array | Blob, options: FrameSendOptions): void {
    if (isBlob(payload)) {
      this.#queueLater(
        payload.size,
        () => payload.arrayBuffer().then(Buffer.from),
        it => this.#describedFrame(it, options),
      )
    } else if (this.#outbox.isWaiting) {
      const bytes = Buffer.from(payload)
      this.#queueLater(
        bytes.length,
        () => bytes,
        it => this.#describedFrame(it, options),
      )
    } else if (!this.#appendDescribed(payload, options)) {
      const made = this.#describedFrame(payload, options)
      if (made instanceof Promise) this.#queuePending(payload.length, made)
      else this.#outbox.push(made)
    }
  }

  /** As most frames are: one for a whole message, or for a ping. */
  #appendDescribed(payload: Uint8Array, options: FrameSendOptions): boolean {
    const { opcode, isFinal = true, compresses = false, isMasked = this.#role === 'client' } = options
    if (!isFinal || compresses) return false
    const key = isMasked ? this.#nextMaskingKey() : undefined
    return this.#outbox.appendFrame(payload, opcode, key) || this.#outbox.writeLong(payload, opcode, key)
  }

  /** A ping or pong goes ahead of messages that are not ready (RFC 6455 §5.4). */
  sendControl(opcode: typeof Opcode.Ping | typeof Opcode.Pong, payload: Uint8Array): void {
    this.#outbox.pushAhead(this.#frame(payload, { opcode }))
  }

  /** The close frame goes behind everything else. */
  sendClose({ code, reason }: CloseFrame): void {
    const sentCode = code === CloseCode.NoStatusReceived ? undefined : code
    this.#outbox.push(this.#frame(serializeCloseBody(sentCode, encodeUtf8(reason)), { opcode: Opcode.Close }))
  }

  /** RFC 6455 §5.1: a client masks every frame, a server none. */
  #newKey(): number | undefined {
    return this.#role === 'client' ? this.#nextMaskingKey() : undefined
  }

  #queue(payload: Buffer, isText: boolean): void {
    if (this.#tuning === undefined) {
      const opcode = isText ? Opcode.Text : Opcode.Binary
      const key = this.#newKey()
      if (this.#outbox.appendFrame(payload, opcode, key) || this.#outbox.writeLong(payload, opcode, key))
        return
    }
    const made = this.#messageFrame(payload, isText)
    if (made instanceof Promise) this.#queuePending(payload.length, made)
    else this.#outbox.push(made)
  }

  /** Keeps the message's place while its bytes are not there, or while an earlier message's are not. */
  #queueLater(
    bytes: number,
    source: () => Buffer | Promise<Buffer>,
    make: (payload: Buffer) => Buffer | Promise<Buffer>,
  ): void {
    const turn = this.#lastPending ?? Promise.resolve()
    this.#queuePending(bytes, turn.then(source).then(make))
  }

  #queuePending(bytes: number, made: Promise<Buffer>): void {
    const pending = made.catch(error => {
      this.#handler.onSendFailure(error)
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
    const isLong = this.#tuning !== undefined && payload.length >= this.#tuning.thresholdBytes
    return isLong ? this.#compressedFrame(payload, { opcode }) : this.#frame(payload, { opcode })
  }

  #describedFrame(payload: Uint8Array, options: FrameSendOptions): Buffer | Promise<Buffer> {
    const { compresses = false, isMasked, ...header } = options
    return compresses
      ? this.#compressedFrame(payload, header, isMasked)
      : this.#frame(payload, header, isMasked)
  }

  #compressedFrame(payload: Uint8Array, header: FrameOptions, isMasked?: boolean): Buffer | Promise<Buffer> {
    const [tuning, direction] = [this.#tuning, this.#direction]
    if (tuning === undefined || direction === undefined) return this.#frame(payload, header, isMasked)
    this.#deflater ??= new Deflater(direction, tuning, this.#zlibGate)
    const deflated = this.#deflater.deflate(payload, header.isFinal)
    // RFC 7692 §6: RSV1 is set on a message's first frame only.
    const isCompressed = header.opcode !== Opcode.Continuation
    if (deflated instanceof Promise) {
      return deflated.then(it => this.#frame(it, { ...header, isCompressed }, isMasked))
    }
    return this.#frame(deflated, { ...header, isCompressed }, isMasked)
  }

  #frame(payload: Uint8Array, header: FrameOptions, isMasked = this.#role === 'client'): Buffer {
    return frame(payload, isMasked ? { ...header, maskingKey: this.#nextMaskingKey() } : header)
  }
}
