import { Buffer } from 'node:buffer'
import { maxControlPayloadBytes } from '@bothways/protocol'
import { isBlob } from 'bothways/connection'
import { wholeArrayBuffer } from 'bothways/drop-in'

/** The data that `send` takes besides text; anything else that `Buffer.from` takes is taken, too. */
export type BufferLike =
  | string
  | Buffer
  | DataView
  | number
  | ArrayBufferView
  | Uint8Array
  | ArrayBuffer
  | SharedArrayBuffer
  | Blob
  | readonly unknown[]
  | readonly number[]
  | { valueOf(): ArrayBuffer }
  | { valueOf(): SharedArrayBuffer }
  | { valueOf(): Uint8Array }
  | { valueOf(): readonly number[] }
  | { valueOf(): string }
  | { [Symbol.toPrimitive](hint: string): string }

/** The payload that programs get for no bytes, always the same object. */
export const emptyBuffer: Buffer = Buffer.alloc(0)

/** The bytes that a program gets. */
export function givenBytes(payload: Buffer): Buffer {
  return payload.length === 0 ? emptyBuffer : payload
}

/**
 * The bytes of data that a program sends; views share their memory.
 *
 * @throws TypeError of `Buffer.from` for a value that has no bytes
 */
export function toBuffer(data: unknown): Buffer {
  // An empty one may have lost its memory, which nothing can be copied from.
  if (Buffer.isBuffer(data)) return data.length === 0 ? Buffer.alloc(0) : data
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return Buffer.from(data as ArrayBuffer)
}

/** As {@link toBuffer}; falsy data have no bytes. */
export function sentBytes(data: unknown): Buffer {
  return data ? toBuffer(data) : Buffer.alloc(0)
}

/** How many bytes there are, also where they are yet to be read. */
export function byteLengthOf(payload: Buffer | Blob): number {
  return isBlob(payload) ? payload.size : payload.length
}

/** @throws RangeError for more than a control frame carries (RFC 6455 §5.5) */
export function checkControlLength(payload: Buffer | Blob): void {
  if (byteLengthOf(payload) <= maxControlPayloadBytes) return
  throw new RangeError(`The data size must not be greater than ${maxControlPayloadBytes} bytes`)
}

/** How a binary message is given to the program. */
export const binaryTypes = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'] as const
export type BinaryType = (typeof binaryTypes)[number]

export function asBinaryType(message: Buffer, type: BinaryType): Buffer | ArrayBuffer | Buffer[] | Blob {
  switch (type) {
    case 'nodebuffer':
      return givenBytes(message)
    case 'arraybuffer':
      return wholeArrayBuffer(message)
    case 'fragments':
      return message.length === 0 ? [] : [message]
    case 'blob':
      return new Blob([message as Uint8Array<ArrayBuffer>])
  }
}
