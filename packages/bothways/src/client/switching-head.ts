import type { Buffer } from 'node:buffer'
import { readHeaderLines } from '@bothways/protocol'

/** The head of an answer to an opening handshake, read by {@link readSwitchingHead}. */
export interface SwitchingHead {
  readonly status: 101
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** How long the head is, the empty line included; the bytes behind it belong to the new protocol. */
  readonly byteLength: number
}

/** As Node's own limit for the head of an answer. */
const longestHeadBytes = 16 * 1024

const headEnd = '\r\n\r\n'

/**
 * Reads the head of an answer that switches protocols, as nearly all servers write it: whole, status 101 of HTTP/1.1, no header
 * twice, no body announced (RFC 9112 §4 and §5). Anything else, right or wrong, is undefined, and left to a complete parser of
 * HTTP.
 */
export function readSwitchingHead(bytes: Buffer): SwitchingHead | undefined {
  const whole = bytes.toString('latin1', 0, Math.min(bytes.length, longestHeadBytes))
  const textEnd = whole.indexOf(headEnd)
  if (textEnd < 0 || !/^HTTP\/1\.1 101 [\t\x20-\x7e]*\r\n/.test(whole)) return undefined
  // Headers that are kept are decoded by themselves: a piece of the whole text would keep all of it.
  const headers = readHeaderLines(bytes.toString('latin1', whole.indexOf('\r\n') + 2, textEnd + 2))
  return headers && { status: 101, headers, byteLength: textEnd + headEnd.length }
}
