export type LogDirection = 'in' | 'out' | 'event'
export type LogType = 'text' | 'binary' | 'connect' | 'open' | 'close' | 'error'

export interface LogEntry {
  readonly sequence: number
  /** Milliseconds since 1970. */
  readonly date: number
  readonly direction: LogDirection
  readonly type: LogType
  /** Payload bytes; 0 for events. */
  readonly bytes: number
  readonly data: string | Uint8Array
}

/** Bytes that a string takes as UTF-8, without encoding it. */
export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) continue
    // A pair of surrogates is two units and four bytes; every other unit above 0x7ff three.
    if (unit < 0x800 || (unit >= 0xd800 && unit < 0xe000 && isPair(text, at))) bytes++
    else bytes += 2
  }
  return bytes
}

function isPair(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  const [high, low] = code < 0xdc00 ? [code, text.charCodeAt(at + 1)] : [text.charCodeAt(at - 1), code]
  return high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000
}
