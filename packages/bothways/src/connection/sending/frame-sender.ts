import { Buffer } from 'node:buffer'
import { CloseCode, encodeUtf8, Opcode, type Role, serializeCloseBody } from '@bothways/protocol'
import { type CompressionTuning, Deflater } from '../deflate.ts'
import type { CloseFrame } from '../disconnect.ts'
import { Liveness } from '../liveness/liveness.ts'
import { isBlob, type MessageData, messageBytes } from '../message-data.ts'
import type { FrameMaker } from './fan-out.ts'
import { binaryFrame, type FirstOctet, firstOctet, frame } from './frame.ts'
import { deflatedFrame, wholeFrame } from './frame-formats.ts'
import { newMaskingKey } from './masking-key.ts'
import type { Outbox } from './outbox.ts'
import type { Publication } from './publication.ts'
import type { SharedBytes } from './shared-bytes.ts'
import type { Piece } from './turn.ts'

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

/** Whole messages, as they are and to be compressed. */
const plain = { text: { opcode: Opcode.Text }, binary: { opcode: Opcode.Binary } } as const
const compressed = {
  text: { opcode: Opcode.Text, compresses: true },
  binary: { opcode: Opcode.Binary, compresses: true },
} as const

/** Makes frames of what is sent and gives them to the outbox in that order, also those that are not ready yet. */
export abstract class FrameSender extends Liveness implements FrameMaker {
  abstract readonly outbox: Outbox
  #deflater: Deflater | undefined
  /** The last frame that was not ready when it was sent; later ones are made after it. */
  #lastPending: Promise<unknown> | undefined

  /** A message's bytes could not be had: a `Blob` that cannot be read any more. */
  protected abstract onSendFailure(error: Error): void

  get role(): Role {
    return this.kind.role
  }

  /** Settles when everything sent so far is in the outbox; undefined when it is. */
  protected get pending(): Promise<unknown> | undefined {
    return this.#lastPending
  }

  /** How messages are compressed; undefined: they go out as they are. */
  get #tuning(): CompressionTuning | undefined {
    if (this.deflate?.outgoing === undefined) return undefined
    const { compression } = this.settings
    return compression === false ? undefined : compression
  }

  /** A message. What the caller does with its memory afterwards does not matter. Returns how many bytes it has. */
  protected sendMessage(data: MessageData): number {
    const isPlain = this.#tuning === undefined && !this.outbox.isWaiting
    if (typeof data === 'string') {
      // Its length in UTF-8 is known once it has been written: to count that before takes half as long as to write it.
      const bytes = isPlain ? this.outbox.appendText(data, this.#newKey()) : undefined
      if (bytes !== undefined) return bytes
      const payload = messageBytes(data)
      this.#sendBytes(payload, this.#kindOf(payload.length).text)
      return payload.length
    }
    if (isBlob(data)) {
      this.#sendLater(data, data.size, this.#kindOf(data.size).binary)
      return data.size
    }
    const payload = messageBytes(data)
    if (isPlain) this.outbox.appendFrame(payload, binaryFrame, this.#newKey())
    else this.#sendBytes(payload, this.#kindOf(payload.length).binary)
    return payload.length
  }

  /** As {@link sendMessage}, for a message that goes to many connections. Only a server's frames can be shared. */
  sendShared(publication: Publication): void {
    if (this.#tuning === undefined) this.outbox.push(publication.encoded(wholeFrame))
    else this.#compressShared(publication, this.#tuning)
  }

  get isTotalExceeded(): boolean {
    return this.kind.outgoingBudget?.isExceeded === true
  }

  sharedFrame(publication: Publication): SharedBytes | undefined {
    const tuning = this.#tuning
    const direction = this.deflate?.outgoing
    if (tuning === undefined || direction === undefined) return publication.encoded(wholeFrame)
    if (!direction.noContextTakeover) return undefined
    if (publication.payload.length < tuning.thresholdBytes) return publication.encoded(wholeFrame)
    const shared = publication.encoded(deflatedFrame(direction.windowBits, tuning.level))
    return shared instanceof Promise ? undefined : shared
  }

  makesSameAs({ kind, deflate }: FrameSender): boolean {
    if (kind !== this.kind) return false
    const [mine, others] = [this.deflate?.outgoing, deflate?.outgoing]
    return (
      mine === others ||
      (mine?.windowBits === others?.windowBits && mine?.noContextTakeover === others?.noContextTakeover)
    )
  }

  /** A frame as it is described, in its turn. */
  sendFrame(payload: Uint8Array | Blob, options: FrameSendOptions): void {
    if (isBlob(payload)) this.#sendLater(payload, payload.size, options)
    else this.#sendBytes(payload, options)
  }

  /** A ping or pong goes ahead of messages that are not ready (RFC 6455 §5.4). */
  sendControl(opcode: typeof Opcode.Ping | typeof Opcode.Pong, payload: Uint8Array): void {
    this.outbox.appendFrame(payload, firstOctet(opcode), this.#newKey())
  }

  /** The close frame goes behind everything else. */
  sendClose({ code, reason }: CloseFrame): void {
    const sentCode = code === CloseCode.NoStatusReceived ? undefined : code
    const body = serializeCloseBody(sentCode, encodeUtf8(reason))
    this.outbox.push(frame(body, firstOctet(Opcode.Close), this.#newKey()))
  }

  /** RFC 6455 §5.1: a client masks every frame, a server none. */
  #newKey(isMasked: boolean = this.role === 'client'): number | undefined {
    return isMasked ? (this.compat.nextMaskingKey ?? newMaskingKey)() : undefined
  }

  /** Whether messages of this size are worth compressing. */
  #kindOf(bytes: number): typeof plain | typeof compressed {
    return this.#tuning !== undefined && bytes >= this.#tuning.thresholdBytes ? compressed : plain
  }

  #compressShared(publication: Publication, tuning: CompressionTuning): void {
    const { payload, isText } = publication
    const kind = this.#kindOf(payload.length)
    const direction = this.deflate?.outgoing
    if (kind === plain || direction === undefined) {
      this.outbox.push(publication.encoded(wholeFrame))
    } else if (!direction.noContextTakeover) {
      this.#sendBytes(payload, isText ? kind.text : kind.binary)
    } else {
      const shared = publication.encoded(deflatedFrame(direction.windowBits, tuning.level))
      if (shared instanceof Promise) this.#queuePending(payload.length, this.#behindPending(shared))
      else this.outbox.push(shared)
    }
  }

  #sendBytes(payload: Uint8Array, options: FrameSendOptions): void {
    if (this.outbox.isWaiting) {
      // Its turn has not come: the caller may change its memory meanwhile, which must not matter.
      this.#sendLater(Buffer.from(payload), payload.length, options)
    } else if (options.compresses === true) {
      const deflated = this.#deflate(payload, options)
      if (!(deflated instanceof Promise)) this.#append(deflated, options)
      else {
        this.#queuePending(
          payload.length,
          deflated.then(it => this.#frame(it, options)),
        )
      }
    } else {
      this.#append(payload, options)
    }
  }

  /** Keeps the place of a message whose bytes are not there, or of which an earlier one's are not. */
  #sendLater(payload: Buffer | Blob, bytes: number, options: FrameSendOptions): void {
    const turn = this.#lastPending ?? Promise.resolve()
    const made = turn
      .then(() => (isBlob(payload) ? payload.arrayBuffer().then(Buffer.from) : payload))
      .then(it => this.#deflate(it, options))
      .then(it => this.#frame(it, options))
    this.#queuePending(bytes, made)
  }

  #append(payload: Uint8Array, options: FrameSendOptions): void {
    this.outbox.appendFrame(payload, this.#firstOctetOf(options), this.#newKey(options.isMasked))
  }

  /** It is ready when all that was sent before it is, too. */
  #behindPending(shared: Promise<SharedBytes>): Promise<SharedBytes> {
    const pending = this.#lastPending
    return pending === undefined ? shared : Promise.all([shared, pending]).then(([ready]) => ready)
  }

  #queuePending(bytes: number, made: Promise<Piece>): void {
    const pending = made.catch(error => {
      this.onSendFailure(error)
      return undefined
    })
    this.#lastPending = pending
    this.outbox.pushLater(bytes, pending)
    // Behind the outbox, so that a frame that finds nothing pending is there.
    void pending.then(() => {
      if (this.#lastPending === pending) this.#lastPending = undefined
    })
  }

  /** The payload as it goes into the frame. */
  #deflate(payload: Uint8Array, { compresses, isFinal }: FrameSendOptions): Uint8Array | Promise<Uint8Array> {
    const [tuning, direction] = [this.#tuning, this.deflate?.outgoing]
    if (compresses !== true || tuning === undefined || direction === undefined) return payload
    this.#deflater ??= new Deflater(direction, tuning, this.kind.zlibGate)
    return this.#deflater.deflate(payload, isFinal)
  }

  /** RFC 7692 §6: RSV1 is set on a compressed message's first frame only. */
  #firstOctetOf({ opcode, isFinal, compresses }: FrameSendOptions): FirstOctet {
    const isCompressed = compresses === true && this.#tuning !== undefined && opcode !== Opcode.Continuation
    return firstOctet(opcode, isFinal, isCompressed)
  }

  #frame(payload: Uint8Array, options: FrameSendOptions): Buffer {
    return frame(payload, this.#firstOctetOf(options), this.#newKey(options.isMasked))
  }
}
