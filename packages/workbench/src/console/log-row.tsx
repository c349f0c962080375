import { memo, type ReactNode } from 'react'
import { useTexts } from '../app/app-context.ts'
import { formatHex } from '../format/hex.ts'
import { formatBytes, formatTime } from '../format/quantity.ts'
import type { LogEntry } from './log-entry.ts'

export interface LogRowProps {
  readonly entry: LogEntry
  /** 0 for the first of the list. */
  readonly index: number
  readonly top: number
  /** The one that the Tab key leads to. */
  readonly isActive: boolean
  readonly isOpened: boolean
  onOpen(entry: LogEntry): void
  onCopy(entry: LogEntry): void
}

const arrows = { in: '↓', out: '↑', event: '•' } as const

export const LogRow = memo(function LogRow(props: LogRowProps): ReactNode {
  const { entry, index, top, isActive, isOpened, onOpen, onCopy } = props
  const texts = useTexts().console.log
  const { direction, type, bytes, date } = entry
  const time = formatTime(date)
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list hears the keys for all its rows
    <div
      role="row"
      aria-rowindex={index + 1}
      tabIndex={isActive ? 0 : -1}
      className={`log-row log-${direction} log-type-${type}${isOpened ? ' log-selected' : ''}`}
      style={{ transform: `translateY(${top}px)` }}
      data-sequence={entry.sequence}
      onClick={() => onOpen(entry)}
    >
      <span role="gridcell" className="log-time code">
        {time.slice(0, 8)}
        <span className="log-ms">{time.slice(8)}</span>
      </span>
      <span role="gridcell" className="log-arrow" title={texts[direction]}>
        <span aria-hidden>{arrows[direction]}</span>
        <span className="unseen">{texts[direction]}</span>
      </span>
      <span role="gridcell" className="log-type">
        {texts.types[type]}
      </span>
      <span role="gridcell" className="log-size number">
        {direction === 'event' ? '' : formatBytes(bytes)}
      </span>
      <span role="gridcell" className="log-preview code" dir="auto">
        {preview(entry)}
      </span>
      <span role="gridcell">
        <button
          type="button"
          className="log-copy"
          tabIndex={-1}
          aria-label={texts.copy}
          title={texts.copy}
          onClick={event => {
            event.stopPropagation()
            onCopy(entry)
          }}
        />
      </span>
    </div>
  )
})

const previewUnits = 300

/** As much as may fit into a row, on one line. */
function preview({ data }: LogEntry): string {
  if (typeof data !== 'string') return formatHex(data.subarray(0, 64))
  // A pair of surrogates is one character, and half of it none.
  const isPairCut = /[\ud800-\udbff]/.test(data[previewUnits - 1] ?? '')
  return data.slice(0, isPairCut ? previewUnits - 1 : previewUnits).replaceAll(/\s+/g, ' ')
}
