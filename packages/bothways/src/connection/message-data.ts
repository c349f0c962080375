import { Buffer } from 'node:buffer'
/** What `send` takes: text, or bytes in any of the forms of the WHATWG standard. */
export type MessageData = string | ArrayBufferLike | ArrayBufferView | Blob

/** The bytes of a message that need no waiting. A view shares the caller's memory, it is no copy. */
export function messageBytes(data: Exclude<MessageData, Blob>): Buffer {
  if (typeof data === 'string') return Buffer.from(data, 'utf8')
  if (data instanceof Buffer) return data
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return Buffer.from(data)
}

/** How many bytes a message will have. */
export function messageSize(data: MessageData): number {
  if (typeof data === 'string') return Buffer.byteLength(data)
  return isBlob(data) ? data.size : data.byteLength
}

/** Views are the usual case, and told at once. */
export function isBlob(data: Exclude<MessageData, string>): data is Blob {
  return !ArrayBuffer.isView(data) && data instanceof Blob
}

export function isMessageData(data: unknown): data is MessageData {
  return (
    typeof data === 'string' ||
    ArrayBuffer.isView(data) ||
    data instanceof ArrayBuffer ||
    data instanceof Blob ||
    data instanceof SharedArrayBuffer
  )
}
