import { formatHex } from '../format/hex.ts'
import type { LogDirection, LogEntry } from './log-entry.ts'

export interface LogFilter {
  /** Found anywhere, upper and lower case alike; in binary messages among the hex digits. */
  readonly text: string
  readonly direction: LogDirection | 'all'
  readonly type: 'text' | 'binary' | 'all'
}

export const noFilter: LogFilter = { text: '', direction: 'all', type: 'all' }

export function matches(entry: LogEntry, { text, direction, type }: LogFilter): boolean {
  if (direction !== 'all' && entry.direction !== direction) return false
  if (type !== 'all' && entry.type !== type) return false
  if (text === '') return true
  const content = typeof entry.data === 'string' ? entry.data : formatHex(entry.data)
  return content.toLowerCase().includes(text.toLowerCase())
}
