import { CopyOutlined } from '@ant-design/icons'
import { memo, type ReactNode } from 'react'
import { useTexts } from '../app/app-context.ts'
import { formatHex } from '../format/hex.ts'
import { formatBytes, formatTime } from '../format/quantity.ts'
import type { LogEntry } from './log-entry.ts'
import { useCopyEntry } from './use-copy-entry.ts'

export interface LogRowProps {
  readonly entry: LogEntry
  readonly top: number
  readonly isSelected: boolean
  onSelect(entry: LogEntry): void
}

const arrows = { in: '↓', out: '↑', event: '•' } as const

export const LogRow = memo(function LogRow({ entry, top, isSelected, onSelect }: LogRowProps): ReactNode {
  const texts = useTexts().console.log
  const copy = useCopyEntry()
  const { direction, type, bytes, date } = entry
  return (
    <div
      className={`log-row log-${direction} log-type-${type}${isSelected ? ' log-selected' : ''}`}
      style={{ transform: `translateY(${top}px)` }}
      data-sequence={entry.sequence}
    >
      <button type="button" className="log-open" onClick={() => onSelect(entry)}>
        <span className="log-time code">{formatTime(date)}</span>
        <span className="log-arrow" title={texts[direction]}>
          {arrows[direction]}
        </span>
        <span className="log-type">{texts.types[type]}</span>
        <span className="log-size number">{direction === 'event' ? '' : formatBytes(bytes)}</span>
        <span className="log-preview code">{preview(entry)}</span>
      </button>
      <button
        type="button"
        className="log-copy"
        aria-label={texts.copy}
        title={texts.copy}
        onClick={() => copy(entry)}
      >
        <CopyOutlined />
      </button>
    </div>
  )
})

/** As much as may fit into a row, on one line. */
function preview({ data }: LogEntry): string {
  return typeof data === 'string'
    ? data.slice(0, 300).replaceAll(/\s+/g, ' ')
    : formatHex(data.subarray(0, 64))
}
