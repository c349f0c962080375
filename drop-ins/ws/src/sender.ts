import { Buffer } from 'node:buffer'
import { randomFillSync } from 'node:crypto'
import type { Duplex } from 'node:stream'
import {
  applyMask,
  copyMasked,
  frameHeaderBytes,
  Opcode,
  serializeCloseBody,
  writeFrameHeader,
} from '@bothways/protocol'
import { isBlob } from 'bothways/connection'
import { checkCloseCode, closeReason } from './close-arguments.ts'
import { checkControlLength, emptyBuffer, toBuffer } from './payload.ts'
import type { PerMessageDeflate } from './permessage-deflate.ts'

type Callback = (error?: Error | null) => void

/** The header fields of a frame, and how to mask it. */
export interface FrameInit {
  opcode: number
  fin?: boolean
  mask?: boolean
  /** Where the masking key is kept. */
  maskBuffer?: Buffer
  /** Writes a masking key. */
  generateMask?: (mask: Buffer) => void
  /** The data must not be masked where they lie. */
  readOnly?: boolean
  rsv1?: boolean
}

interface SendInit {
  binary?: boolean
  compress?: boolean
  fin?: boolean
  mask?: boolean
}

/** Makes frames and writes them to a stream, as the `Sender` of `ws` does for those who use it by itself. */
export class Sender {
  readonly #socket: Duplex
  readonly #extensions: Readonly<Record<string, PerMessageDeflate>>
  readonly #generateMask: ((mask: Buffer) => void) | undefined
  /** The turn of the last frame that waits for a Blob or for compression; later frames wait for it. */
  #last: Promise<void> | undefined
  #isFirst = true
  #isCompressed = false

  constructor(
    socket: Duplex,
    extensions: Readonly<Record<string, PerMessageDeflate>> = {},
    generateMask?: (mask: Buffer) => void,
  ) {
    this.#socket = socket
    this.#extensions = extensions
    this.#generateMask = generateMask
  }

  /** The bytes of a frame: its header, and its payload as a second piece, unless both are one. */
  static frame(data: Buffer | string, options: FrameInit): Buffer[] {
    const { opcode, fin = false, mask = false, readOnly = false, rsv1 = false } = options
    const payload = typeof data === 'string' ? Buffer.from(data) : data
    const maskingKey = mask ? maskingKeyOf(options) : undefined
    const headerBytes = frameHeaderBytes(payload.length, mask)
    const isJoined = maskingKey !== undefined && maskingKey !== 0 && readOnly
    const target = Buffer.allocUnsafe(headerBytes + (isJoined ? payload.length : 0))
    const start = writeFrameHeader(target, 0, payload.length, {
      opcode: opcode as Opcode,
      isFinal: fin,
      isCompressed: rsv1,
      maskingKey,
    })
    if (payload.length === 0) return [target]
    if (isJoined) {
      copyMasked(payload, target, start, maskingKey)
      return [target]
    }
    if (maskingKey !== undefined) applyMask(payload, maskingKey)
    return [target, payload]
  }

  /** @throws TypeError, RangeError as `WebSocket#close` */
  close(code?: number, data?: string | Buffer, mask?: boolean, cb?: Callback): void {
    const checked = checkCloseCode(code)
    const body = Buffer.from(serializeCloseBody(checked, Buffer.from(closeReason(code, data))))
    this.#dispatch(body, { opcode: Opcode.Close, fin: true, mask: mask === true }, false, cb)
  }

  /** @throws RangeError for more than 125 bytes */
  ping(data: unknown, mask?: boolean, cb?: Callback): void {
    this.#control(Opcode.Ping, data, mask === true, cb)
  }

  /** @throws RangeError for more than 125 bytes */
  pong(data: unknown, mask?: boolean, cb?: Callback): void {
    this.#control(Opcode.Pong, data, mask === true, cb)
  }

  /** Sends a message, or a part of it. */
  send(data: unknown, options: SendInit, cb?: Callback): void {
    const { binary = false, compress = false, fin = false, mask = false } = options
    const payload = isBlob(data) ? data : toBuffer(data)
    const deflate = this.#extensions['permessage-deflate']
    const isFirst = this.#isFirst
    if (isFirst) this.#isCompressed = compress && deflate?.isWorthCompressing(payload) === true
    this.#isFirst = fin
    const opcode = isFirst ? (binary ? Opcode.Binary : Opcode.Text) : Opcode.Continuation
    const rsv1 = isFirst && this.#isCompressed
    this.#dispatch(
      payload,
      { opcode, fin, mask, rsv1, readOnly: typeof data !== 'string' },
      this.#isCompressed,
      cb,
    )
  }

  /** Writes the pieces that {@link Sender.frame} has made. */
  sendFrame(list: readonly (Uint8Array | string)[], cb?: Callback): void {
    const last = list.length - 1
    if (last > 0) this.#socket.cork()
    list.forEach((piece, at) => {
      if (at === last && cb !== undefined) this.#socket.write(piece, cb)
      else this.#socket.write(piece)
    })
    if (last > 0) this.#socket.uncork()
  }

  #control(opcode: Opcode, data: unknown, mask: boolean, cb: Callback | undefined): void {
    const payload = isBlob(data) ? data : toBuffer(data)
    checkControlLength(payload)
    this.#dispatch(payload, { opcode, fin: true, mask, readOnly: typeof data !== 'string' }, false, cb)
  }

  #dispatch(payload: Buffer | Blob, init: FrameInit, compresses: boolean, cb: Callback | undefined): void {
    const options = this.#generateMask === undefined ? init : { ...init, generateMask: this.#generateMask }
    if (this.#last === undefined && !compresses && !isBlob(payload)) {
      this.sendFrame(Sender.frame(payload, options), cb)
      return
    }
    const turn = (this.#last ?? Promise.resolve())
      .then(() => (isBlob(payload) ? payload.arrayBuffer().then(toBuffer) : payload))
      .then(bytes => (compresses ? this.#compress(bytes, init.fin === true) : bytes))
      .then(
        bytes =>
          this.sendFrame(
            Sender.frame(bytes, { ...options, readOnly: !compresses && init.readOnly === true }),
            cb,
          ),
        error => cb?.(error),
      )
      .then(() => {
        if (this.#last === turn) this.#last = undefined
      })
    this.#last = turn
  }

  #compress(bytes: Buffer, fin: boolean): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#extensions['permessage-deflate']?.compress(bytes, fin, (error, result = emptyBuffer) => {
        if (error) reject(error)
        else resolve(result)
      })
    })
  }
}

const ownMask = Buffer.alloc(4)

function maskingKeyOf({ maskBuffer = ownMask, generateMask }: FrameInit): number {
  if (generateMask === undefined) randomFillSync(maskBuffer)
  else generateMask(maskBuffer)
  return maskBuffer.readUInt32BE()
}
