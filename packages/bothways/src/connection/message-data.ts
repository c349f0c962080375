import { Buffer } from 'node:buffer'
import { types } from 'node:util'

/** The data that `send` takes: text, or bytes in any of the forms of the WHATWG standard. */
export type MessageData = string | ArrayBufferLike | ArrayBufferView | Blob

/** The bytes of a message that need no waiting. A view shares the caller's memory, it is no copy. */
export function messageBytes(data: Exclude<MessageData, Blob>): Buffer {
  if (typeof data === 'string') return Buffer.from(data, 'utf8')
  if (data instanceof Buffer) return data
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return Buffer.from(data)
}

/** A copy in memory that holds nothing else: its receiver may keep it or give it away. */
export function ownBytes(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  own.set(bytes)
  return own
}

/** How many bytes a message will have. */
export function messageSize(data: MessageData): number {
  if (typeof data === 'string') return Buffer.byteLength(data)
  return isBlob(data) ? data.size : data.byteLength
}

/**
 * An `ArrayBuffer`, a `SharedArrayBuffer` or a view of one. What it is decides, not which realm's constructor has made
 * it: those of `vm` contexts, of jsdom and of Electron's other side are others.
 */
export function isByteSource(data: unknown): data is ArrayBufferLike | ArrayBufferView {
  return ArrayBuffer.isView(data) || types.isAnyArrayBuffer(data)
}

/** A `Blob` or `File`, also one that a library brings for itself: told by what it can do. */
export function isBlob(data: unknown): data is Blob {
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return false
  if (data instanceof Blob) return true
  const tag: unknown = Reflect.get(data, Symbol.toStringTag)
  const { arrayBuffer, size } = data as Partial<Blob>
  return (tag === 'Blob' || tag === 'File') && typeof arrayBuffer === 'function' && typeof size === 'number'
}

/** True when the memory has been transferred to somebody else, or a view's part of it has been cut off. */
export function isDetached(data: ArrayBufferLike | ArrayBufferView): boolean {
  try {
    // That of a detached `DataView` throws; other lengths become 0.
    if (data.byteLength > 0) return false
    return new Uint8Array(data as Uint8Array).length > 0
  } catch {
    return true
  }
}
