import {
  DeleteOutlined,
  DownloadOutlined,
  PauseOutlined,
  PlayCircleOutlined,
  SearchOutlined,
  VerticalAlignBottomOutlined,
} from '@ant-design/icons'
import { Button, Input, Select, Tooltip } from 'antd'
import type { ReactNode } from 'react'
import { useTexts } from '../app/app-context.ts'
import type { LogFilter } from './log-filter.ts'
import type { LogStore } from './log-store.ts'
import { toNdjson } from './ndjson.ts'

export interface LogToolbarProps {
  readonly log: LogStore
  onChange(): void
  readonly isFollowing: boolean
  onFollow(): void
}

export function LogToolbar({ log, onChange, isFollowing, onFollow }: LogToolbarProps): ReactNode {
  const texts = useTexts().console.log

  function filter(change: Partial<LogFilter>): void {
    log.setFilter({ ...log.filter, ...change })
    onChange()
  }

  function togglePause(): void {
    if (log.isPaused) log.resume()
    else log.pause()
    onChange()
  }

  function clear(): void {
    log.clear()
    onChange()
  }

  const directions = ['all', 'in', 'out', 'event'] as const
  const types = ['all', 'text', 'binary'] as const
  return (
    <div className="log-toolbar">
      <Input
        className="log-search"
        allowClear
        prefix={<SearchOutlined className="muted" />}
        placeholder={texts.filter}
        aria-label={texts.filter}
        value={log.filter.text}
        onChange={event => filter({ text: event.target.value })}
      />
      <Select
        className="log-select"
        aria-label={texts.allDirections}
        value={log.filter.direction}
        onChange={direction => filter({ direction })}
        options={directions.map(value => ({
          value,
          label: value === 'all' ? texts.allDirections : texts[value],
        }))}
      />
      <Select
        className="log-select"
        aria-label={texts.allTypes}
        value={log.filter.type}
        onChange={type => filter({ type })}
        options={types.map(value => ({ value, label: value === 'all' ? texts.allTypes : texts[value] }))}
      />
      <span className="log-counts muted number" data-log-count={log.length}>
        {texts.counts(log.length, log.totalCount)}
        {log.droppedCount > 0 && ` · ${texts.dropped(log.droppedCount)}`}
        {log.isPaused && <strong> · {texts.pausedNew(log.countSincePause)}</strong>}
      </span>
      <div className="log-actions">
        <Tooltip title={texts.toEnd}>
          <Button
            type={isFollowing ? 'text' : 'default'}
            aria-label={texts.toEnd}
            aria-pressed={isFollowing}
            icon={<VerticalAlignBottomOutlined />}
            onClick={onFollow}
          />
        </Tooltip>
        <Tooltip title={log.isPaused ? texts.resume : texts.pause}>
          <Button
            type={log.isPaused ? 'primary' : 'text'}
            aria-label={log.isPaused ? texts.resume : texts.pause}
            icon={log.isPaused ? <PlayCircleOutlined /> : <PauseOutlined />}
            onClick={togglePause}
          />
        </Tooltip>
        <Tooltip title={texts.exportHint}>
          <Button
            type="text"
            aria-label={texts.export}
            icon={<DownloadOutlined />}
            disabled={log.length === 0}
            onClick={() => download(toNdjson(log.matching()))}
          />
        </Tooltip>
        <Tooltip title={texts.clear}>
          <Button
            type="text"
            aria-label={texts.clear}
            icon={<DeleteOutlined />}
            disabled={log.totalCount === 0}
            onClick={clear}
          />
        </Tooltip>
      </div>
    </div>
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
