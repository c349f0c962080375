import { DeleteOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useTexts } from '../app/app-context.ts'
import type { ShelfItem } from './message-shelf.ts'
import './shelf.css'

export interface ShelfProps {
  readonly saved: readonly ShelfItem[]
  readonly sent: readonly ShelfItem[]
  /** Puts it into the editor. */
  onPick(item: ShelfItem): void
  onForget(item: ShelfItem): void
}

/** Messages that were saved, and those that were sent before: both survive a reload. */
export function Shelf({ saved, sent, onPick, onForget }: ShelfProps): ReactNode {
  const texts = useTexts().console
  return (
    <>
      <details className="shelf" data-shelf="saved">
        <summary>{texts.saved(saved.length)}</summary>
        <ul>
          {saved.map(item => (
            <li className="shelf-row" key={`${item.kind} ${item.text}`}>
              <ShelfButton item={item} onPick={onPick} />
              <Button
                type="text"
                size="small"
                icon={<DeleteOutlined aria-hidden />}
                aria-label={texts.forget}
                title={texts.forget}
                onClick={() => onForget(item)}
              />
            </li>
          ))}
        </ul>
        {saved.length === 0 && <p className="shelf-note muted">{texts.noneSaved}</p>}
      </details>
      <details className="shelf" data-shelf="sent">
        <summary>{texts.sentBefore(sent.length)}</summary>
        <ul>
          {sent.map(item => (
            <li className="shelf-row" key={`${item.kind} ${item.text}`}>
              <ShelfButton item={item} onPick={onPick} />
            </li>
          ))}
        </ul>
        {sent.length === 0 && <p className="shelf-note muted">{texts.noneSent}</p>}
      </details>
    </>
  )
}

function ShelfButton({ item, onPick }: { item: ShelfItem; onPick: (item: ShelfItem) => void }): ReactNode {
  const texts = useTexts().console
  return (
    <button type="button" className="shelf-item" onClick={() => onPick(item)}>
      <span className="muted">{texts.kinds[item.kind]}</span>
      <span className="code" dir="auto">
        {item.text === '' ? texts.emptyMessage : item.text.slice(0, 200)}
      </span>
    </button>
  )
}
