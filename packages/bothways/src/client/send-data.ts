import { types } from 'node:util'
import { isDetached } from '../connection/message-data.ts'
import { toUsvString } from './webidl.ts'

/**
 * WebIDL's conversion to `(BufferSource or Blob or USVString)`: a value that is no Blob and no bytes becomes a string.
 * Bytes are told by what they are, not by their class, so those of another realm are bytes, too. Of memory that was
 * transferred to somebody else none are left (WebIDL §3.2.25, "get a copy of the bytes": the empty byte sequence).
 *
 * @throws TypeError for a Symbol, and for bytes that are shared or can be resized (WebIDL §3.2.25)
 */
export function toSendData(data: unknown): string | Blob | ArrayBufferView {
  if (typeof data === 'string') return data
  if (ArrayBuffer.isView(data)) {
    checkMemory(data.buffer)
    return isDetached(data) ? new Uint8Array() : data
  }
  if (types.isArrayBuffer(data)) {
    checkMemory(data)
    return isDetached(data) ? new Uint8Array() : new Uint8Array(data)
  }
  if (data instanceof Blob) return data
  const text = toUsvString(data)
  if (text === '[object Object]') warnOfObject()
  return text
}

function checkMemory(memory: ArrayBufferLike): void {
  if (types.isSharedArrayBuffer(memory)) {
    throw new TypeError(
      'Bytes to send must not lie in a SharedArrayBuffer: send a copy, such as bytes.slice().',
    )
  }
  if ((memory as { readonly resizable?: boolean }).resizable === true) {
    throw new TypeError(
      'Bytes to send must not lie in a resizable ArrayBuffer: send a copy, such as new Uint8Array(bytes).slice().',
    )
  }
}

const warned = new Set<string>()

/** The process is warned once: the standard allows it, and it is never what was meant. */
function warn(code: string, text: string): void {
  if (warned.has(code)) return
  warned.add(code)
  process.emitWarning(text, { code })
}

function warnOfObject(): void {
  warn('BW_INVALID_MESSAGE', "An object was sent as the text '[object Object]': send JSON.stringify(object).")
}

/** `ws` calls back what is given to `send` beside the message. */
export function warnOfCallback(more: unknown): void {
  if (typeof more !== 'function') return
  const text =
    'A callback was given to send, and is never called, as in browsers: bufferedAmount says what waits, the error and close events that it failed.'
  warn('BW_INVALID_ARGUMENT', text)
}
