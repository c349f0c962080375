import type { ReactNode } from 'react'
import { useTexts } from '../app/app-context.ts'
import { formatBytes, formatMs } from '../format/quantity.ts'
import type { Way } from '../serve-messages.ts'
import { bytesOf, type WayFigures } from './findings.ts'

export interface WayCardProps {
  readonly way: Way
  readonly color: string
  readonly figures: WayFigures
  readonly value: number | undefined
}

/** One way, what it shows now and what that has cost. */
export function WayCard({ way, color, figures, value }: WayCardProps): ReactNode {
  const texts = useTexts().compare
  const { requests, emptyAnswers, bytesUp, bytesDown, received, medianMs, p99Ms } = figures
  const rows: readonly (readonly [name: string, fact: string, value: string])[] = [
    [texts.received, 'received', received.toLocaleString('en')],
    [texts.requests, 'requests', requests.toLocaleString('en')],
    [texts.emptyAnswers, 'empty', emptyAnswers.toLocaleString('en')],
    [texts.bytesUp, 'up', formatBytes(bytesUp)],
    [texts.bytesDown, 'down', formatBytes(bytesDown)],
    [texts.bytesPerChange, 'per-change', received === 0 ? '–' : formatBytes(bytesOf(figures) / received)],
    [texts.median, 'median', medianMs === undefined ? '–' : formatMs(medianMs)],
    [texts.p99, 'p99', p99Ms === undefined ? '–' : formatMs(p99Ms)],
  ]
  return (
    <section
      className="panel way-card"
      style={{ borderTopColor: color }}
      data-way={way}
      data-bytes-up={bytesUp}
      data-bytes-down={bytesDown}
    >
      <header>
        <h2>{texts.ways[way]}</h2>
        <p className="muted">{texts.wayHints[way]}</p>
      </header>
      <p className="way-value">
        <span className="muted">{texts.value}</span>
        <strong className="number" data-fact="value">
          {value?.toFixed(2) ?? '–'}
        </strong>
      </p>
      <dl>
        {rows.map(([name, fact, text]) => (
          <div key={fact}>
            <dt>{name}</dt>
            <dd className="number" data-fact={fact}>
              {text}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
