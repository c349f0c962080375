import type { LogEntry } from './log-entry.ts'

/** One entry as one line: text as `text`, bytes as `base64`. */
export function toNdjson(entries: Iterable<LogEntry>): string {
  let lines = ''
  for (const { date, direction, type, bytes, data } of entries) {
    const content = typeof data === 'string' ? { text: data } : { base64: toBase64(data) }
    lines += `${JSON.stringify({ date: new Date(date).toISOString(), direction, type, bytes, ...content })}\n`
  }
  return lines
}

function toBase64(bytes: Uint8Array): string {
  let binary = ''
  // In blocks: a function takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8_192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8_192))
  }
  return btoa(binary)
}
