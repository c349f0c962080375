import { applyMask, copyMasked, frameHeaderBytes, Opcode, writeFrameHeader } from '@bothways/protocol'
import type { IBufferList, IConfig } from './types.ts'

/** How far {@link WebSocketFrame.addData} has come. */
const ParseState = { Header: 1, Length16: 2, Length64: 3, MaskKey: 4, Payload: 5, Complete: 6 } as const

/** One frame (RFC 6455 §5.2): to be sent by `connection.sendFrame`, or as a `frame` event brings it. */
export class WebSocketFrame {
  fin!: boolean
  rsv1!: boolean
  rsv2!: boolean
  rsv3!: boolean
  /** On a received frame: it was masked. `connection.sendFrame` sets it as the side demands. */
  mask!: boolean
  opcode!: number
  /** Of the payload, in bytes; known once the frame is received or serialized. */
  length!: number
  /** Text frames, too, have their payload as bytes. Of a close frame it is the description. */
  binaryPayload!: Buffer
  /** Memory for the masking key. */
  maskBytes: Buffer
  /** Memory for the bytes of the header that have come. */
  frameHeader: Buffer
  config: IConfig
  maxReceivedFrameSize: number
  protocolError: boolean
  frameTooLarge: boolean
  /** Why the connection ought to be dropped, when one of both above is true. */
  dropReason!: string
  /** A close frame with a payload of one byte has come. */
  invalidCloseFrameLength: boolean
  parseState: number
  /** A close frame's code; -1: it has none. */
  closeStatus: number

  /** The memory is used by {@link addData} and, of the mask, by {@link toBuffer}; frames may share it. */
  constructor(maskBytes: Buffer, frameHeader: Buffer, config: IConfig) {
    this.maskBytes = maskBytes
    this.frameHeader = frameHeader
    this.config = config
    this.maxReceivedFrameSize = config.maxReceivedFrameSize ?? Number.POSITIVE_INFINITY
    this.protocolError = false
    this.frameTooLarge = false
    this.invalidCloseFrameLength = false
    this.parseState = ParseState.Header
    this.closeStatus = -1
  }

  /**
   * Takes the frame, or as much of it as there is, out of the list. True when nothing more is needed: the frame is
   * complete, or `protocolError` or `frameTooLarge` says what is wrong with it.
   */
  addData(bufferList: IBufferList): boolean {
    if (this.parseState === ParseState.Header && this.#takeHeader(bufferList, 0, 2)) {
      this.#readStart()
      if (this.protocolError) return true
    }
    if (this.parseState === ParseState.Length16 && this.#takeHeader(bufferList, 2, 2)) {
      this.length = this.frameHeader.readUInt16BE(2)
      this.parseState = ParseState.MaskKey
    } else if (this.parseState === ParseState.Length64 && this.#takeHeader(bufferList, 2, 8)) {
      if (this.frameHeader.readUInt32BE(2) !== 0)
        return this.#fail('Unsupported 64-bit length frame received')
      this.length = this.frameHeader.readUInt32BE(6)
      this.parseState = ParseState.MaskKey
    }
    if (this.parseState === ParseState.MaskKey && (!this.mask || this.#takeMask(bufferList))) {
      this.parseState = ParseState.Payload
    }
    return this.parseState === ParseState.Payload && this.#takePayload(bufferList)
  }

  /** Skips the payload; false while it has not come. */
  throwAwayPayload(bufferList: IBufferList): boolean {
    if (bufferList.length < this.length) return false
    bufferList.advance(this.length)
    this.parseState = ParseState.Complete
    return true
  }

  /**
   * The frame as bytes.
   *
   * @param nullMask the masking key is 0, which leaves the payload legible
   */
  toBuffer(nullMask?: boolean): Buffer {
    const payload = this.#payload()
    this.length = payload.length
    const maskingKey = this.mask ? this.#newKey(nullMask) : undefined
    const bytes = Buffer.allocUnsafe(frameHeaderBytes(payload.length, Boolean(this.mask)) + payload.length)
    const opcode = (this.opcode & 0x0f) as Opcode
    const header = { opcode, isFinal: Boolean(this.fin), isCompressed: Boolean(this.rsv1), maskingKey }
    const payloadStart = writeFrameHeader(bytes, 0, payload.length, header)
    bytes[0]! |= (this.rsv2 ? 0x20 : 0) | (this.rsv3 ? 0x10 : 0)
    if (maskingKey === undefined) bytes.set(payload, payloadStart)
    else copyMasked(payload, bytes, payloadStart, maskingKey)
    return bytes
  }

  toString(): string {
    return (
      `Opcode: ${this.opcode}, fin: ${this.fin}, length: ${this.length}, ` +
      `hasPayload: ${Boolean(this.binaryPayload)}, masked: ${this.mask}`
    )
  }

  #payload(): Buffer {
    const payload = this.binaryPayload ?? Buffer.alloc(0)
    if (this.opcode !== Opcode.Close) return payload
    const body = Buffer.allocUnsafe(2 + payload.length)
    body.writeUInt16BE(this.closeStatus, 0)
    body.set(payload, 2)
    return body
  }

  #newKey(isNull: boolean | undefined): number {
    if (isNull) this.maskBytes.fill(0, 0, 4)
    else crypto.getRandomValues(this.maskBytes.subarray(0, 4))
    return this.maskBytes.readUInt32BE(0)
  }

  /** Takes bytes of the header into the memory for it; false while they have not come. */
  #takeHeader(bufferList: IBufferList, at: number, byteLength: number): boolean {
    return take(bufferList, this.frameHeader, at, byteLength)
  }

  #takeMask(bufferList: IBufferList): boolean {
    return take(bufferList, this.maskBytes, 0, 4)
  }

  #readStart(): void {
    const [first = 0, second = 0] = this.frameHeader
    this.fin = (first & 0x80) !== 0
    this.rsv1 = (first & 0x40) !== 0
    this.rsv2 = (first & 0x20) !== 0
    this.rsv3 = (first & 0x10) !== 0
    this.mask = (second & 0x80) !== 0
    this.opcode = first & 0x0f
    this.length = second & 0x7f
    if (this.opcode >= 0x08 && this.length > 125) this.#fail('Illegal control frame longer than 125 bytes.')
    else if (this.opcode >= 0x08 && !this.fin) this.#fail('Control frames must not be fragmented.')
    else if (this.length === 126) this.parseState = ParseState.Length16
    else if (this.length === 127) this.parseState = ParseState.Length64
    else this.parseState = ParseState.MaskKey
  }

  #takePayload(bufferList: IBufferList): boolean {
    const { length } = this
    if (length > this.maxReceivedFrameSize) {
      this.frameTooLarge = true
      this.dropReason = `Frame size of ${length} bytes exceeds maximum accepted frame size`
      return true
    }
    if (bufferList.length < length) return false
    const payload = length === 0 ? Buffer.alloc(0) : bufferList.take(length)
    if (length > 0) bufferList.advance(length)
    if (this.mask) applyMask(payload, this.maskBytes.readUInt32BE(0))
    const isClose = this.opcode === Opcode.Close
    this.invalidCloseFrameLength = isClose && length === 1
    if (isClose && length >= 2) this.closeStatus = payload.readUInt16BE(0)
    this.binaryPayload = isClose ? payload.subarray(2) : payload
    this.parseState = ParseState.Complete
    return true
  }

  #fail(reason: string): true {
    this.protocolError = true
    this.dropReason = reason
    return true
  }
}

function take(bufferList: IBufferList, target: Buffer, at: number, byteLength: number): boolean {
  if (bufferList.length < byteLength) return false
  bufferList.joinInto(target, at, 0, byteLength)
  bufferList.advance(byteLength)
  return true
}

/** Memory that frames of the program's own use while they are serialized; all connections share it. */
export const maskBytes: Buffer = Buffer.alloc(4)
export const frameHeader: Buffer = Buffer.alloc(10)

/** A frame that has come whole. */
export function receivedFrame(
  facts: Pick<WebSocketFrame, 'fin' | 'opcode' | 'mask' | 'binaryPayload' | 'config'>,
): WebSocketFrame {
  const frame = new WebSocketFrame(maskBytes, frameHeader, facts.config)
  frame.fin = facts.fin
  frame.rsv1 = false
  frame.rsv2 = false
  frame.rsv3 = false
  frame.mask = facts.mask
  frame.opcode = facts.opcode
  frame.length = facts.binaryPayload.length
  frame.binaryPayload = facts.binaryPayload
  frame.parseState = ParseState.Complete
  return frame
}
