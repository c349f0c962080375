import { copyBytes } from '#memory'
import { isUtf8 } from '#utf8'
import { type LimitError, ProtocolViolation } from '../errors.ts'
import { Utf8Validator } from '../text/utf8-validator.ts'
import { parseCloseBody } from './close-body.ts'
import {
  checkStart,
  headerBytes,
  longestHeaderBytes,
  longestMessage,
  readUint32,
  takeHeader,
} from './frame-header.ts'
import { applyMask } from './masking.ts'
import { isControlOpcode, Opcode } from './opcode.ts'
import { PayloadBuffer } from './payload-buffer.ts'
import type { ReadMemory } from './read-memory.ts'
import { deliver, deliverOwn } from './received-message.ts'
import type { ReceiverHandler } from './receiver-handler.ts'
import { type ReceiverOptions, type ReceiverRules, receiverRules } from './receiver-rules.ts'
import { giveBack, takeUnfinished, type Unfinished } from './unfinished.ts'

/** The cost of a frame besides its bytes: a flood of empty ones takes time too. */
const frameWork = 64

/** The work of a receiver before it asks for the first time: one frame, since nobody knows yet what its handler does. */
const firstWork = 1

/** The work of a receiver whose handler is not asked. */
const unlimitedWork = 2 ** 30

/** The first byte of a frame that is a message: FIN, no reserved bits (RFC 6455 §5.2). */
const finalText = 0x80 | Opcode.Text
const finalBinary = 0x80 | Opcode.Binary

/**
 * Reads the frames of one connection (RFC 6455 §5) and calls the handler with whole messages (or with their frames) and
 * control frames, in order, as they come. It has no clock, no socket and no streams: bytes go in by {@link push} or
 * {@link read}.
 *
 * Payloads are unmasked where they lie, and a message that lies in one chunk is copied only when the handler asks for
 * its bytes; one in pieces is collected as it comes. The handler's bytes are its own: nothing else lies in their memory,
 * so it may keep them or give them away. The receiver never throws on any input.
 */
export class Receiver {
  readonly #handler: ReceiverHandler
  readonly #rules: ReceiverRules

  /** Set for good by a close frame or a violation. */
  #isDone = false
  #isPaused = false
  #isReading = false
  /** The work allowed in one go, and the rest of it; not more than 0: look first whether to go on. */
  #allowedWork: number
  #workLeft = 0
  /** Chunks that came while paused or from inside a handler; the first one from where reading stopped. */
  #waiting: Uint8Array[] | undefined

  /** The frame or message at hand; undefined between messages, so that an idle connection holds none of it. */
  #unfinished: Unfinished | undefined

  constructor(handler: ReceiverHandler, options: ReceiverOptions) {
    this.#handler = handler
    this.#rules = receiverRules(options)
    this.#allowedWork = handler.allowWork === undefined ? unlimitedWork : firstWork
  }

  /** True once a close frame or a violation has come: nothing more will be read. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** Memory taken by what has come and was not delivered: an unfinished message, and what waits while paused. */
  get heldBytes(): number {
    let bytes = this.#unfinished === undefined ? 0 : this.#unfinished.heldBytes
    if (this.#waiting !== undefined) for (const chunk of this.#waiting) bytes += chunk.buffer.byteLength
    return bytes
  }

  /** How much has come of the message that is not finished; undefined when there is none. */
  get unfinishedBytes(): number | undefined {
    return this.#unfinished?.isInMessage === true ? this.#unfinished.messageLength : undefined
  }

  /** The number of the message that is not finished: tells it from others. */
  get unfinishedCount(): number {
    return this.#unfinished?.messageNumber ?? 0
  }

  /** Reads a chunk of any length. The receiver owns it from here on: payloads are unmasked inside it. */
  push(chunk: Uint8Array): void {
    if (this.#isDone || chunk.length === 0) return
    if (this.#isPaused || this.#isReading) {
      this.#wait(chunk)
      return
    }
    this.#workLeft = this.#allowedWork
    this.#read(chunk, chunk.length, undefined)
    this.#readWaiting()
  }

  /** As {@link push}, for the first bytes of memory that the caller uses again after the call. */
  read(memory: ReadMemory, byteLength: number): void {
    if (this.#isDone) return
    if (this.#isPaused || this.#isReading) {
      this.#wait(copyBytes(memory.bytes, 0, byteLength))
      return
    }
    this.#workLeft = this.#allowedWork
    this.#read(memory.bytes, byteLength, memory)
    if (this.#waiting !== undefined) this.#readWaiting()
  }

  /** Stops before the next frame, also when called by the handler amid a chunk; the rest of the chunk is kept. */
  pause(): void {
    this.#isPaused = true
    this.#workLeft = 0
  }

  /** Goes on where {@link pause} stopped. */
  resume(): void {
    this.#isPaused = false
    if (this.#isReading) return
    this.#workLeft = this.#allowedWork
    this.#readWaiting()
  }

  /** The handler has done work that the bytes of a frame do not show. */
  charge(work: number): void {
    this.#workLeft -= work
  }

  /** Discards whatever comes from now on. */
  stop(): void {
    this.#isDone = true
    this.#workLeft = 0
    this.#waiting = undefined
    this.#unfinished = undefined
  }

  #wait(chunk: Uint8Array): void {
    this.#waiting ??= []
    this.#waiting.push(chunk)
  }

  #readWaiting(): void {
    while (this.#waiting !== undefined && !this.#isPaused && !this.#isDone) {
      const chunk = this.#waiting.shift()
      if (chunk === undefined) this.#waiting = undefined
      else this.#read(chunk, chunk.length, undefined)
    }
  }

  /** Reads `bytes` up to `end`; they are `memory`'s if it is given, and borrowed then. */
  #read(bytes: Uint8Array, end: number, memory: ReadMemory | undefined): void {
    this.#isReading = true
    let at = 0
    while (at < end && (this.#workLeft > 0 || this.#mayGoOn())) {
      let next = this.#readWholeFrame(bytes, at, end, memory)
      if (next === at) next = this.#readPart(bytes, at, end, memory)
      this.#workLeft -= next - at + frameWork
      at = next
    }
    if (at < end && !this.#isDone) {
      const rest = memory === undefined ? bytes.subarray(at, end) : copyBytes(bytes, at, end)
      this.#waiting ??= []
      this.#waiting.unshift(rest)
    } else if (this.#workLeft <= 0) {
      // Before the next chunk comes, which would have to be kept.
      this.#mayGoOn()
    }
    this.#isReading = false
  }

  /** As much has been read as was allowed, or nothing more is to be read. */
  #mayGoOn(): boolean {
    if (this.#isPaused || this.#isDone) return false
    const allowed = this.#handler.allowWork?.(this.#allowedWork) ?? unlimitedWork
    // A receiver that was allowed too much begins with less.
    this.#allowedWork = allowed > 0 ? allowed : Math.max(1, this.#allowedWork >> 3)
    if (allowed <= 0 || this.#isPaused || this.#isDone) return false
    this.#workLeft = allowed
    return true
  }

  /**
   * The common case in one step: an unfragmented, uncompressed message of less than 64 KiB that lies in the chunk.
   * Returns where reading goes on, or `start` when the frame is anything else, also one that breaks a rule.
   */
  #readWholeFrame(
    bytes: Uint8Array,
    start: number,
    chunkEnd: number,
    memory: ReadMemory | undefined,
  ): number {
    if (this.#unfinished !== undefined || chunkEnd - start < 8) return start
    const rules = this.#rules
    if (rules.deliversFrames) return start
    const first = bytes[start]!
    const isText = first === finalText
    if (!isText && first !== finalBinary) return start

    const maskBit = rules.isServer ? 0x80 : 0
    let payloadBytes = bytes[start + 1]! ^ maskBit
    let at = start + 2
    if (payloadBytes > 125) {
      if (payloadBytes !== 126) return start
      payloadBytes = (bytes[at]! << 8) | bytes[at + 1]!
      if (payloadBytes < 126) return start
      at += 2
    }
    const payloadStart = rules.isServer ? at + 4 : at
    const end = payloadStart + payloadBytes
    if (end > chunkEnd || payloadBytes > rules.maxMessageBytes || payloadBytes > rules.maxFrameBytes)
      return start

    let isAscii = false
    const key = rules.isServer ? readUint32(bytes, at) : 0
    // Masking with 0 changes nothing and still tells whether the text is ASCII.
    if (memory !== undefined) {
      if (rules.isServer || isText) isAscii = memory.mask(payloadStart, end, key, 0)
    } else if (rules.isServer) {
      applyMask(bytes.subarray(payloadStart, end), key)
    }
    if (isText && !isAscii && rules.checksUtf8 && !isUtf8(bytes.subarray(payloadStart, end))) this.#failUtf8()
    else this.#deliver(isText, false, bytes, payloadStart, end, memory, isAscii)
    return end
  }

  /** Every other case, frame by frame and piece by piece; returns where reading goes on. */
  #readPart(bytes: Uint8Array, start: number, chunkEnd: number, memory: ReadMemory | undefined): number {
    const frame = this.#unfinished ?? takeUnfinished()
    this.#unfinished = frame
    const next = frame.isInPayload
      ? this.#readPayload(frame, bytes, start, chunkEnd, memory)
      : this.#readHeader(frame, bytes, start, chunkEnd, memory)
    if (frame.isBlank && this.#unfinished === frame) {
      this.#unfinished = undefined
      giveBack(frame)
    }
    return next
  }

  /** Reads a frame's header, or as much of it as there is, and returns where reading goes on. */
  #readHeader(
    frame: Unfinished,
    bytes: Uint8Array,
    start: number,
    chunkEnd: number,
    memory: ReadMemory | undefined,
  ): number {
    if (frame.headerLength === 0 && chunkEnd - start >= longestHeaderBytes) {
      return this.#takeHeader(frame, bytes, start)
        ? this.#beginPayload(frame, bytes, start + headerBytes(bytes, start), memory)
        : chunkEnd
    }
    let at = start
    frame.header ??= new Uint8Array(longestHeaderBytes)
    const header = frame.header
    while (at < chunkEnd) {
      header[frame.headerLength++] = bytes[at++]!
      if (frame.headerLength >= 2 && frame.headerLength === headerBytes(header, 0)) {
        frame.headerLength = 0
        return this.#takeHeader(frame, header, 0) ? this.#beginPayload(frame, bytes, at, memory) : chunkEnd
      }
    }
    // A fault of the first two bytes is refused now, before more of the header has come.
    if (frame.headerLength >= 2) {
      const error = checkStart(frame, header[0]!, header[1]!, this.#rules)
      if (error !== undefined) this.#violate(error)
    }
    return at
  }

  /** False when the header breaks a rule. */
  #takeHeader(frame: Unfinished, bytes: Uint8Array, start: number): boolean {
    const error = takeHeader(frame, bytes, start, this.#rules)
    if (error === undefined) return true
    this.#violate(error)
    return false
  }

  #beginPayload(frame: Unfinished, bytes: Uint8Array, at: number, memory: ReadMemory | undefined): number {
    frame.isInPayload = true
    // A payload of no bytes ends here; there may be no further byte to call for it.
    return frame.payloadBytes === 0 ? this.#readPayload(frame, bytes, at, at, memory) : at
  }

  #readPayload(
    frame: Unfinished,
    bytes: Uint8Array,
    start: number,
    chunkEnd: number,
    memory: ReadMemory | undefined,
  ): number {
    const end = Math.min(chunkEnd, start + frame.payloadBytes - frame.payloadCame)
    const piece = bytes.subarray(start, end)
    if (this.#rules.isServer) {
      if (memory === undefined) applyMask(piece, frame.maskingKey, frame.payloadCame)
      else memory.mask(start, end, frame.maskingKey, frame.payloadCame)
    }
    frame.payloadCame += piece.length
    const isWhole = frame.payloadCame === frame.payloadBytes
    if (isWhole) frame.isInPayload = false
    if (isControlOpcode(frame.opcode)) this.#takeControlPiece(frame, piece, isWhole)
    else this.#takeMessagePiece(frame, piece, isWhole, memory)
    return end
  }

  #takeControlPiece(frame: Unfinished, piece: Uint8Array, isWhole: boolean): void {
    if (!isWhole || frame.control !== undefined) {
      frame.control ??= new PayloadBuffer()
      frame.control.append(piece, frame.payloadBytes)
      if (!isWhole) return
    }
    const payload = frame.control?.take() ?? copyBytes(piece, 0, piece.length)
    frame.control = undefined
    if (frame.opcode === Opcode.Ping) this.#handler.onPing(payload)
    else if (frame.opcode === Opcode.Pong) this.#handler.onPong(payload)
    else this.#takeClose(payload)
  }

  #takeClose(body: Uint8Array): void {
    const close = parseCloseBody(body, this.#rules.checksUtf8, this.#rules.checksCloseCode)
    if (close instanceof ProtocolViolation) {
      this.#violate(close)
      return
    }
    this.stop()
    this.#handler.onClose(close.code, close.reason)
  }

  #takeMessagePiece(
    frame: Unfinished,
    piece: Uint8Array,
    isFrameWhole: boolean,
    memory: ReadMemory | undefined,
  ): void {
    if (this.#rules.deliversFrames) {
      this.#takeFramePiece(frame, piece, isFrameWhole)
      return
    }
    const isMessageWhole = isFrameWhole && frame.isFinal
    const isChecked = frame.isText && !frame.isCompressed && this.#rules.checksUtf8
    if (isMessageWhole && piece.length === frame.payloadBytes && frame.messageLength === 0) {
      // The message lies in one chunk (§5.4 lets empty fragments precede it).
      if (isChecked && !isUtf8(piece)) this.#failUtf8()
      else this.#deliverPiece(frame, piece, memory)
      return
    }

    if (isChecked) {
      frame.utf8 ??= new Utf8Validator()
      if (!frame.utf8.push(piece) || (isMessageWhole && !frame.utf8.isComplete)) {
        this.#failUtf8()
        return
      }
    }
    if (piece.length > 0) {
      frame.message ??= new PayloadBuffer()
      frame.message.append(piece, this.#expectedBytes(frame, piece))
    }
    if (!isMessageWhole) return
    const payload = frame.message?.take() ?? new Uint8Array(0)
    frame.message = undefined
    frame.utf8 = undefined
    frame.isInMessage = false
    deliverOwn(this.#handler, frame.isText, frame.isCompressed, payload)
  }

  #takeFramePiece(frame: Unfinished, piece: Uint8Array, isWhole: boolean): void {
    if (!isWhole || frame.message !== undefined) {
      frame.message ??= new PayloadBuffer()
      frame.message.append(piece, frame.payloadBytes)
      if (!isWhole) return
    }
    const payload = frame.message?.take() ?? copyBytes(piece, 0, piece.length)
    frame.message = undefined
    const [opcode, isFinal, isCompressed] = [frame.opcode, frame.isFinal, frame.isCompressed]
    if (isFinal) frame.isInMessage = false
    this.#handler.onFrame?.({ opcode, isFinal, isCompressed, payload })
  }

  /**
   * How long the message can become: its final frame tells, an earlier one does not. (A buffer that grew with
   * each frame to that frame's end would be copied once for each of many small ones.)
   */
  #expectedBytes(frame: Unfinished, piece: Uint8Array): number {
    if (!frame.isFinal) return longestMessage(frame, this.#rules)
    return frame.messageLength + piece.length + frame.payloadBytes - frame.payloadCame
  }

  #deliverPiece(frame: Unfinished, piece: Uint8Array, memory: ReadMemory | undefined): void {
    const { isText, isCompressed } = frame
    frame.isInMessage = false
    if (memory === undefined) {
      this.#deliver(isText, isCompressed, piece, 0, piece.length, undefined, false)
    } else {
      const start = piece.byteOffset
      this.#deliver(isText, isCompressed, memory.bytes, start, start + piece.length, memory, false)
    }
  }

  #deliver(
    isText: boolean,
    isCompressed: boolean,
    source: Uint8Array,
    start: number,
    end: number,
    memory: ReadMemory | undefined,
    isAscii: boolean,
  ): void {
    if (memory !== undefined && !this.#rules.checksUtf8) {
      // A borrowed memory's own decoder trusts what it decodes.
      deliverOwn(this.#handler, isText, isCompressed, copyBytes(source, start, end))
      return
    }
    deliver(this.#handler, isText, isCompressed, source, start, end, memory, isAscii)
  }

  #failUtf8(): void {
    this.#violate(
      new ProtocolViolation(
        'BW_INVALID_UTF8',
        'A text message was not UTF-8; send bytes as a binary message.',
      ),
    )
  }

  #violate(error: ProtocolViolation | LimitError): void {
    this.stop()
    this.#handler.onViolation(error)
  }
}
