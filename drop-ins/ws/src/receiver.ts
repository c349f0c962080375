import { Buffer } from 'node:buffer'
import { Writable } from 'node:stream'
import {
  Receiver as FrameReceiver,
  isUtf8,
  type LimitError,
  ProtocolViolation,
  type ReceivedMessage,
} from '@bothways/protocol'
import { messageBytes, ownBytes } from 'bothways/connection'
import { wsError } from './failures.ts'
import { asBinaryType, type BinaryType, emptyBuffer, givenBytes } from './payload.ts'
import type { PerMessageDeflate } from './permessage-deflate.ts'

export interface ReceiverInit {
  allowSynchronousEvents?: boolean
  binaryType?: BinaryType
  extensions?: Readonly<Record<string, PerMessageDeflate>>
  isServer?: boolean
  maxBufferedChunks?: number
  maxFragments?: number
  maxPayload?: number
  skipUTF8Validation?: boolean
}

/**
 * A stream that reads frames, as the `Receiver` of `ws` does for those who use it by itself. It emits `message`, `ping`,
 * `pong` and `conclude`, which is the peer's close frame.
 */
export class Receiver extends Writable {
  /** @internal */
  _binaryType: BinaryType
  readonly #frames: FrameReceiver
  readonly #deflate: PerMessageDeflate | undefined
  readonly #checksUtf8: boolean
  readonly #isSynchronous: boolean
  readonly #maxPayload: number
  /** An event waits for its turn, or a message is being inflated. */
  #isHeld = false
  /** Called when the chunk at hand has been read. */
  #callback: ((error?: Error | null) => void) | undefined

  constructor(options: ReceiverInit = {}) {
    super()
    const { maxPayload = 0, maxFragments = 0 } = options
    this._binaryType = options.binaryType ?? 'nodebuffer'
    this.#deflate = options.extensions?.['permessage-deflate']
    this.#checksUtf8 = options.skipUTF8Validation !== true
    this.#isSynchronous = options.allowSynchronousEvents !== false
    this.#maxPayload = maxPayload > 0 ? maxPayload : Number.MAX_SAFE_INTEGER
    this.#frames = new FrameReceiver(
      {
        onMessage: message => this.#take(message),
        onPing: payload => this.#deliver('ping', givenBytes(payload as Buffer)),
        onPong: payload => this.#deliver('pong', givenBytes(payload as Buffer)),
        onClose: (code, reason) => {
          this.emit('conclude', code, givenBytes(ownBytes(Buffer.from(reason))))
          this.end()
        },
        onViolation: error => this.#fail(error),
      },
      {
        role: options.isServer ? 'server' : 'client',
        maxMessageBytes: this.#maxPayload,
        maxFragmentCount: maxFragments > 0 ? maxFragments : Number.POSITIVE_INFINITY,
        isDeflateNegotiated: this.#deflate !== undefined,
        checksUtf8: this.#checksUtf8,
      },
    )
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#callback = callback
    this.#frames.push(chunk)
    this.#release()
  }

  /** The chunk is done with, unless something in it waits. */
  #release(error?: Error): void {
    if (this.#isHeld) return
    const callback = this.#callback
    this.#callback = undefined
    callback?.(error)
  }

  #fail(error: ProtocolViolation | LimitError): void {
    this.#isHeld = false
    this.#release(wsError(error))
  }

  #take(message: ReceivedMessage): void {
    const { isText } = message
    const payload = messageBytes(message.bytes())
    if (!message.isCompressed || this.#deflate === undefined) {
      this.#deliverMessage(payload, isText)
      return
    }
    this.#hold()
    this.#deflate.decompress(payload, true, (error, inflated = emptyBuffer) => {
      this.#isHeld = false
      if (error) {
        this.#frames.stop()
        this.#release(error)
      } else if (isText && this.#checksUtf8 && !isUtf8(inflated)) {
        this.#frames.stop()
        this.#fail(new ProtocolViolation('BW_INVALID_UTF8', 'A compressed text message was not UTF-8.'))
      } else {
        this.emit(
          'message',
          isText ? givenBytes(inflated) : asBinaryType(inflated, this._binaryType),
          !isText,
        )
        this.#goOn()
      }
    })
  }

  #deliverMessage(payload: Buffer, isText: boolean): void {
    this.#deliver('message', isText ? givenBytes(payload) : asBinaryType(payload, this._binaryType), !isText)
  }

  #deliver(event: string, ...args: unknown[]): void {
    if (this.#isSynchronous) {
      this.emit(event, ...args)
      return
    }
    this.#hold()
    setImmediate(() => {
      this.#isHeld = false
      this.emit(event, ...args)
      this.#goOn()
    })
  }

  #hold(): void {
    this.#isHeld = true
    this.#frames.pause()
  }

  #goOn(): void {
    this.#frames.resume()
    this.#release()
  }
}
