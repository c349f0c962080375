import { CloseOutlined, CopyOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTexts } from '../app/app-context.ts'
import { useCopy } from '../app/use-copy.ts'
import { formatHex, formatHexDump } from '../format/hex.ts'
import { formatBytes, formatTime } from '../format/quantity.ts'
import './entry-drawer.css'
import type { LogEntry } from './log-entry.ts'

export interface EntryDrawerProps {
  readonly entry: LogEntry | undefined
  onClose(): void
}

const shownCharacters = 100_000
const shownBytes = 16_384

/** One message whole: JSON indented, bytes as a hex dump. The browser gives the focus back to the row. */
export function EntryDrawer({ entry, onClose }: EntryDrawerProps): ReactNode {
  const texts = useTexts().console.log
  const copy = useCopy()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (entry !== undefined) dialog.current?.showModal()
    else dialog.current?.close()
  }, [entry])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside it closes it, and so does Escape
    <dialog
      ref={dialog}
      className="entry-drawer"
      aria-label={texts.detail}
      onClose={onClose}
      onClick={event => event.target === dialog.current && onClose()}
    >
      {entry && (
        <div className="entry-body">
          <header>
            <h2 className="number">
              {texts.types[entry.type]} · {formatTime(entry.date)}
              {entry.direction !== 'event' && ` · ${texts[entry.direction]} · ${formatBytes(entry.bytes)}`}
            </h2>
            <Button
              icon={<CopyOutlined aria-hidden />}
              onClick={() => copy(typeof entry.data === 'string' ? entry.data : formatHex(entry.data))}
            >
              {texts.copy}
            </Button>
            <Button
              type="text"
              icon={<CloseOutlined aria-hidden />}
              aria-label={texts.closeDetail}
              title={texts.closeDetail}
              onClick={onClose}
            />
          </header>
          <Content data={entry.data} />
        </div>
      )}
    </dialog>
  )
}

function Content({ data }: { data: string | Uint8Array }): ReactNode {
  const texts = useTexts().console.log
  const isShortened = data.length > (typeof data === 'string' ? shownCharacters : shownBytes)
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <pre className="code entry-content" dir="auto" tabIndex={0}>
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
