import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTexts } from '../app/app-context.ts'
import type { LogEntry } from './log-entry.ts'
import { LogRow } from './log-row.tsx'
import type { LogStore } from './log-store.ts'

export interface LogListProps {
  readonly log: LogStore
  /** Changes whenever the log has. */
  readonly version: number
  readonly isFollowing: boolean
  onFollowing(isFollowing: boolean): void
  onSelect(entry: LogEntry): void
  readonly selected: LogEntry | undefined
}

const rowHeight = 28

/** Closer to the end than this counts as being there. */
const endTolerance = 2 * rowHeight

/** Only the rows in sight are in the document, however many entries there are. */
export function LogList({
  log,
  version,
  isFollowing,
  onFollowing,
  onSelect,
  selected,
}: LogListProps): ReactNode {
  const texts = useTexts().console.log
  const viewport = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count: log.length,
    getScrollElement: () => viewport.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  })

  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says that the list has grown
  useEffect(() => {
    const element = viewport.current
    if (isFollowing && element !== null) element.scrollTop = element.scrollHeight
  }, [isFollowing, version])

  function onScroll(): void {
    const element = viewport.current
    if (element === null) return
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= endTolerance
    if (isAtEnd !== isFollowing) onFollowing(isAtEnd)
  }

  return (
    <div ref={viewport} className="log-viewport" onScroll={onScroll}>
      {log.length === 0 && (
        <p className="log-empty muted">{log.totalCount === 0 ? texts.empty : texts.emptyFiltered}</p>
      )}
      <div className="log-rows" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const entry = log.at(index)
          return (
            entry && (
              <LogRow
                key={entry.sequence}
                entry={entry}
                top={start}
                isSelected={entry === selected}
                onSelect={onSelect}
              />
            )
          )
        })}
      </div>
    </div>
  )
}
