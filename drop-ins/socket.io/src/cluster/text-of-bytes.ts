import { Buffer } from 'node:buffer'

/** Marks bytes in JSON: `{ mark: base64 }`. An object of a program that looks like it becomes `{ mark: [value] }`. */
const mark = '\u0001'

/** JSON that knows bytes, wherever they stand. */
export function toText(value: unknown): string {
  return JSON.stringify(value, replaced)
}

/** Reads the text of {@link toText}; bytes come back as a `Buffer`. */
export function fromText(text: string): unknown {
  return JSON.parse(text, revived)
}

function replaced(this: unknown, key: string, value: unknown): unknown {
  // Before `toJSON` of a Buffer, which would write numbers.
  const own = (this as Record<string, unknown>)[key]
  const bytes = bytesOf(own)
  if (bytes !== undefined) return { [mark]: bytes.toString('base64') }
  return isMarked(value) ? { [mark]: [value[mark]] } : value
}

function revived(_: string, value: unknown): unknown {
  if (!isMarked(value)) return value
  const marked = value[mark]
  if (typeof marked === 'string') return Buffer.from(marked, 'base64')
  return Array.isArray(marked) ? { [mark]: marked[0] } : value
}

function isMarked(value: unknown): value is { [mark]: unknown } {
  if (typeof value !== 'object' || value === null || !(mark in value)) return false
  return Object.keys(value).length === 1
}

function bytesOf(value: unknown): Buffer | undefined {
  if (value instanceof ArrayBuffer) return Buffer.from(value)
  if (!ArrayBuffer.isView(value)) return undefined
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
