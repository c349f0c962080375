import { type HexError, parseHex } from '../format/hex.ts'
import type { Sendable } from './console-session.ts'
import type { ShelfItem } from './message-shelf.ts'

export type Draft =
  | { readonly data: Sendable; readonly error?: never }
  | { readonly error: DraftError; readonly data?: never }

export type DraftError = { readonly kind: 'json'; readonly message: string } | HexError

/** Above this, in UTF-16 code units, nothing is read while one types: a key would take a second. */
export const checkedLength = 1_000_000

/** The data that would be sent, or why they cannot be. */
export function readDraft({ kind, text }: ShelfItem): Draft {
  if (kind === 'text') return { data: text }
  if (kind === 'json') {
    const message = jsonError(text)
    return message === undefined ? { data: text } : { error: { kind: 'json', message } }
  }
  const { bytes, error } = parseHex(text)
  return bytes === undefined ? { error } : { data: bytes }
}

function jsonError(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return (error as SyntaxError).message
  }
}
