import { type KeyboardEvent, type ReactNode, useCallback, useLayoutEffect, useRef, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import { useCopy } from '../app/use-copy.ts'
import { formatHex } from '../format/hex.ts'
import type { ConsoleSession } from './console-session.ts'
import type { LogEntry } from './log-entry.ts'
import { LogRow } from './log-row.tsx'
import { useSignal } from './use-console.ts'

export interface LogListProps {
  readonly session: ConsoleSession
  readonly isFollowing: boolean
  onFollowing(isFollowing: boolean): void
  onOpen(entry: LogEntry): void
  readonly opened: LogEntry | undefined
}

const rowHeight = 28

/** Rows beyond the edges that are in the document, for a scroll that is ahead of the drawing. */
const overscan = 8

/** Closer to the end than this counts as being there. */
const endTolerance = 2 * rowHeight

const moves: Readonly<Record<string, (at: number, page: number, last: number) => number>> = {
  ArrowUp: at => at - 1,
  ArrowDown: at => at + 1,
  PageUp: (at, page) => at - page,
  PageDown: (at, page) => at + page,
  Home: () => 0,
  End: (_at, _page, last) => last,
}

/**
 * Only the rows in sight are in the document, however many entries there are; and the one with the focus, wherever it
 * is. The Tab key has one stop here, the arrows move on from it.
 */
export function LogList({ session, isFollowing, onFollowing, onOpen, opened }: LogListProps): ReactNode {
  const { log, logSignal } = session
  const texts = useTexts().console.log
  const version = useSignal(logSignal)
  const copy = useCopy()
  const viewport = useRef<HTMLDivElement>(null)
  const [firstInSight, setFirstInSight] = useState(0)
  const [height, setHeight] = useState(0)
  const [active, setActive] = useState<number>()
  const wantsFocus = useRef(false)

  const count = log.length
  const rowsInSight = Math.ceil(height / rowHeight)
  const start = isFollowing ? Math.max(0, count - rowsInSight) : Math.min(firstInSight, count)
  const [from, to] = [Math.max(0, start - overscan), Math.min(count, start + rowsInSight + overscan)]
  const activeIndex = active === undefined ? -1 : log.indexOf(active)
  // Without one, the Tab key leads to the newest in sight.
  const stop = activeIndex >= 0 ? activeIndex : Math.min(count, start + rowsInSight) - 1
  const indexes = Array.from({ length: to - from }, (_, at) => from + at)
  // In their order, since moving an element in the document takes the focus from it.
  if (activeIndex >= 0 && activeIndex < from) indexes.unshift(activeIndex)
  if (activeIndex >= to) indexes.push(activeIndex)
  const hadFocus = viewport.current?.contains(document.activeElement) === true

  useLayoutEffect(() => {
    const element = viewport.current
    if (element === null) return
    const observer = new ResizeObserver(() => setHeight(element.clientHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says that the list has grown
  useLayoutEffect(() => {
    const element = viewport.current
    if (isFollowing && element !== null) element.scrollTop = element.scrollHeight
  }, [isFollowing, version, height])

  useLayoutEffect(() => {
    if (!wantsFocus.current || active === undefined) return
    wantsFocus.current = false
    viewport.current
      ?.querySelector<HTMLElement>(`[data-sequence="${active}"]`)
      ?.focus({ preventScroll: true })
  }, [active])

  // Cleared, filtered away, or dropped as the oldest: the focus stays in the list.
  const isGone = active !== undefined && activeIndex < 0
  useLayoutEffect(() => {
    if (!isGone) return
    setActive(undefined)
    if (hadFocus) viewport.current?.focus({ preventScroll: true })
  }, [isGone, hadFocus])

  function onScroll(): void {
    const element = viewport.current
    if (element === null) return
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= endTolerance
    if (isAtEnd !== isFollowing) onFollowing(isAtEnd)
    if (!isAtEnd) setFirstInSight(Math.floor(element.scrollTop / rowHeight))
  }

  function onKeyDown(event: KeyboardEvent): void {
    const entry = log.at(stop)
    if (event.altKey || entry === undefined) return
    const isCopy = event.key.toLowerCase() === 'c' && (event.ctrlKey || event.metaKey)
    const move = event.ctrlKey || event.metaKey ? undefined : moves[event.key]
    if (isCopy && window.getSelection()?.isCollapsed !== false) onCopy(entry)
    else if (event.key === 'Enter' || event.key === ' ') onOpen(entry)
    else if (move !== undefined) moveTo(move(stop, Math.max(1, rowsInSight - 1), count - 1))
    else return
    event.preventDefault()
  }

  function moveTo(wanted: number): void {
    const index = Math.max(0, Math.min(count - 1, wanted))
    const [element, entry] = [viewport.current, log.at(index)]
    if (element === null || entry === undefined) return
    const top = index * rowHeight
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + rowHeight - element.clientHeight
    }
    wantsFocus.current = true
    setActive(entry.sequence)
  }

  const onCopy = useCallback(
    ({ data }: LogEntry) => copy(typeof data === 'string' ? data : formatHex(data)),
    [copy],
  )

  return (
    <div
      ref={viewport}
      className="log-viewport"
      role="grid"
      aria-label={texts.title}
      aria-rowcount={count}
      aria-readonly
      tabIndex={-1}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
      onFocus={event => {
        const row = (event.target as HTMLElement).closest<HTMLElement>('.log-row')
        if (row !== null) setActive(Number(row.dataset.sequence))
      }}
    >
      {count === 0 && (
        <p role="row" className="log-empty muted">
          <span role="gridcell">{log.totalCount === 0 ? texts.empty : texts.emptyFiltered}</span>
        </p>
      )}
      <div role="rowgroup" className="log-rows" style={{ height: count * rowHeight }}>
        {indexes.map(index => {
          const entry = log.at(index)
          return (
            entry && (
              <LogRow
                key={entry.sequence}
                entry={entry}
                index={index}
                top={index * rowHeight}
                isActive={index === stop}
                isOpened={entry === opened}
                onOpen={onOpen}
                onCopy={onCopy}
              />
            )
          )
        })}
      </div>
    </div>
  )
}
