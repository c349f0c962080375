import type { Socket } from 'node:net'
import { isToken } from '@bothways/protocol'

/** The outcome of {@link readHead}. */
export interface HeadResult {
  /** With the empty line; undefined when the bound was passed before its end. */
  readonly head: Buffer | undefined
  /** The bytes that came behind it. */
  readonly rest: Buffer
}

/** Reads the head of an HTTP message from a socket, tells it once and leaves the socket alone from there on. */
export function readHead(socket: Socket, maxBytes: number, onResult: (result: HeadResult) => void): void {
  let bytes: Buffer = Buffer.alloc(0)
  const onData = (chunk: Buffer): void => {
    // An end that a chunk's edge has cut is found, too.
    const from = Math.max(0, bytes.length - 3)
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
    const found = bytes.indexOf('\r\n\r\n', from)
    const headBytes = found < 0 ? bytes.length : found + 4
    const isTooLong = headBytes > maxBytes
    if (found < 0 && !isTooLong) return
    socket.off('data', onData)
    onResult({
      head: isTooLong ? undefined : bytes.subarray(0, headBytes),
      rest: bytes.subarray(headBytes),
    })
  }
  socket.on('data', onData)
}

/** The lines of a head, without those that end it. */
export function headLines(head: Buffer): [first: string, ...headers: string[]] {
  const [first = '', ...headers] = head.toString('utf8', 0, head.length - 4).split('\r\n')
  return [first, ...headers]
}

/** Headers by lower-case name; of one that stands twice the last, and no line that is not a header. */
export function readHeaders(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (isToken(name) && name !== '__proto__' && value !== '' && !hasControl(value)) headers[name] = value
  }
  return headers
}

/** True when a text would end its line, or has other control characters than the tab. */
export function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true
  }
  return false
}
