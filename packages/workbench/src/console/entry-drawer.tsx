import { CopyOutlined } from '@ant-design/icons'
import { Button, Drawer } from 'antd'
import type { ReactNode } from 'react'
import { useTexts } from '../app/app-context.ts'
import { formatHexDump } from '../format/hex.ts'
import { formatBytes, formatTime } from '../format/quantity.ts'
import type { LogEntry } from './log-entry.ts'
import { useCopyEntry } from './use-copy-entry.ts'

export interface EntryDrawerProps {
  readonly entry: LogEntry | undefined
  onClose(): void
}

const shownCharacters = 100_000
const shownBytes = 16_384

/** One message whole: JSON indented, bytes as a hex dump. */
export function EntryDrawer({ entry, onClose }: EntryDrawerProps): ReactNode {
  const texts = useTexts().console.log
  const copy = useCopyEntry()
  return (
    <Drawer
      open={entry !== undefined}
      onClose={onClose}
      size={Math.min(680, window.innerWidth)}
      title={
        entry && (
          <span className="number">
            {texts.types[entry.type]} · {formatTime(entry.date)}
            {entry.direction !== 'event' && ` · ${texts[entry.direction]} · ${formatBytes(entry.bytes)}`}
          </span>
        )
      }
      extra={
        entry && (
          <Button icon={<CopyOutlined />} onClick={() => copy(entry)}>
            {texts.copy}
          </Button>
        )
      }
    >
      {entry && <Content data={entry.data} />}
    </Drawer>
  )
}

function Content({ data }: { data: string | Uint8Array }): ReactNode {
  const texts = useTexts().console.log
  const isShortened = data.length > (typeof data === 'string' ? shownCharacters : shownBytes)
  return (
    <>
      <pre className="code entry-content">
        {typeof data === 'string'
          ? indentJson(data).slice(0, shownCharacters)
          : formatHexDump(data.subarray(0, shownBytes))}
      </pre>
      {isShortened && (
        <p className="muted">
          {texts.shortened(formatBytes(typeof data === 'string' ? shownCharacters : shownBytes))}
        </p>
      )}
    </>
  )
}

function indentJson(text: string): string {
  if (!/^\s*[[{]/.test(text) || text.length > shownCharacters) return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
