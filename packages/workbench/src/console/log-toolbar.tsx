import {
  CloseCircleFilled,
  DeleteOutlined,
  DownloadOutlined,
  PauseOutlined,
  PlayCircleOutlined,
  SearchOutlined,
  VerticalAlignBottomOutlined,
} from '@ant-design/icons'
import { Button, Input } from 'antd'
import type { ReactNode } from 'react'
import { useTexts } from '../app/app-context.ts'
import { Choice } from '../controls/choice.tsx'
import type { ConsoleSession } from './console-session.ts'
import type { LogFilter } from './log-filter.ts'
import { toNdjson } from './ndjson.ts'
import { useReading, useSignal } from './use-console.ts'

export interface LogToolbarProps {
  readonly session: ConsoleSession
  readonly isFollowing: boolean
  onFollow(): void
}

export function LogToolbar({ session, isFollowing, onFollow }: LogToolbarProps): ReactNode {
  const texts = useTexts().console.log
  const { log, logSignal } = session
  const { text, direction, type } = useReading(logSignal, () => log.filter)
  const isPaused = useReading(logSignal, () => log.isPaused)
  const hasEntries = useReading(logSignal, () => log.totalCount > 0)
  const hasMatches = useReading(logSignal, () => log.length > 0)

  function filter(change: Partial<LogFilter>): void {
    log.setFilter({ ...log.filter, ...change })
    logSignal.now()
  }

  function togglePause(): void {
    if (log.isPaused) log.resume()
    else log.pause()
    logSignal.now()
  }

  function clear(): void {
    log.clear()
    logSignal.now()
  }

  const directions = ['all', 'in', 'out', 'event'] as const
  const types = ['all', 'text', 'binary'] as const
  return (
    <div className="log-toolbar" role="toolbar" aria-label={texts.toolbar}>
      <Input
        className="log-search"
        allowClear={{ clearIcon: <CloseCircleFilled aria-label={texts.noFilter} /> }}
        prefix={<SearchOutlined aria-hidden className="muted" />}
        placeholder={texts.filter}
        aria-label={texts.filter}
        value={text}
        onChange={event => filter({ text: event.target.value })}
      />
      <Choice
        label={texts.allDirections}
        value={direction}
        onChange={value => filter({ direction: value })}
        options={directions.map(value => ({
          value,
          label: value === 'all' ? texts.allDirections : texts[value],
        }))}
      />
      <Choice
        label={texts.allTypes}
        value={type}
        onChange={value => filter({ type: value })}
        options={types.map(value => ({ value, label: value === 'all' ? texts.allTypes : texts[value] }))}
      />
      <LogCounts session={session} />
      <div className="log-actions">
        <Button
          type={isFollowing ? 'text' : 'default'}
          title={texts.toEnd}
          aria-label={texts.toEnd}
          aria-pressed={isFollowing}
          icon={<VerticalAlignBottomOutlined aria-hidden />}
          onClick={onFollow}
        />
        <Button
          type={isPaused ? 'primary' : 'text'}
          title={isPaused ? texts.resume : texts.pause}
          aria-label={isPaused ? texts.resume : texts.pause}
          icon={isPaused ? <PlayCircleOutlined aria-hidden /> : <PauseOutlined aria-hidden />}
          onClick={togglePause}
        />
        <Button
          type="text"
          title={texts.exportHint}
          aria-label={texts.export}
          icon={<DownloadOutlined aria-hidden />}
          disabled={!hasMatches}
          onClick={() => download(toNdjson(log.matching()))}
        />
        <Button
          type="text"
          title={texts.clear}
          aria-label={texts.clear}
          icon={<DeleteOutlined aria-hidden />}
          disabled={!hasEntries}
          onClick={clear}
        />
      </div>
    </div>
  )
}

function LogCounts({ session: { log, logSignal } }: { session: ConsoleSession }): ReactNode {
  const texts = useTexts().console.log
  useSignal(logSignal)
  return (
    <span className="log-counts muted number" data-log-count={log.length}>
      {texts.counts(log.length, log.totalCount)}
      {log.droppedCount > 0 && ` · ${texts.dropped(log.droppedCount)}`}
      {log.isPaused && <strong> · {texts.pausedNew(log.countSincePause)}</strong>}
    </span>
  )
}

function download(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `bothways-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.ndjson`
  link.click()
  URL.revokeObjectURL(url)
}
