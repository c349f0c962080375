import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useAppContext } from '../app/app-context.ts'
import { formatBytes, formatTime } from '../format/quantity.ts'
import type { WireFrame } from '../serve-messages.ts'
import type { ConsoleSession } from './console-session.ts'
import { useReading } from './use-console.ts'
import './wire.css'
import { connectWatched, isOwnServer, type WireEntry, wireWatch } from './wire-watch.ts'

/** The bytes of the connection, in the words of RFC 6455: heads of the handshake and frames, each to be opened. */
export function WireList({ session }: { session: ConsoleSession }): ReactNode {
  const { wire } = useAppContext().texts.console
  const entries = useReading(wireWatch.signal, () => wireWatch.entries)
  const readyState = useReading(session.signal, () => session.readyState)
  const isOpen = readyState === WebSocket.OPEN
  return (
    <>
      <p className="wire-intro muted">{wire.intro}</p>
      {entries.length === 0 && (
        <div className="wire-empty">
          <p>{isOpen && !isOwnServer(session.url) ? wire.foreign : isOpen ? wire.unwatched : wire.empty}</p>
          {isOpen && isOwnServer(session.url) && (
            <Button
              type="primary"
              data-action="watch"
              onClick={() => void connectWatched(session, session.url, session.protocols)}
            >
              {wire.again}
            </Button>
          )}
        </div>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section className="wire-list" aria-label={wire.title} tabIndex={0}>
        {entries.map(entry => (
          <WireRow key={entry.sequence} entry={entry} />
        ))}
      </section>
    </>
  )
}

function WireRow({ entry }: { entry: WireEntry }): ReactNode {
  const { wire, log } = useAppContext().texts.console
  if (entry.type === 'skipped') return <p className="wire-note muted">{wire.skipped(entry.count)}</p>
  if (entry.type === 'end') {
    return (
      <p className="wire-note muted" data-wire="end">
        {formatTime(entry.date)} {wire.end}
      </p>
    )
  }
  const isUp = entry.direction === 'up'
  const [name, size, preview] =
    entry.type === 'head'
      ? [isUp ? wire.request : wire.response, entry.text.length, entry.text.split('\r\n')[0]]
      : [frameName(entry, wire.opcodes), entry.bytes, previewOf(entry)]
  return (
    <details className={`wire-row wire-${entry.direction}`} data-wire={entry.type}>
      <summary>
        <span className="code muted">{formatTime(entry.date)}</span>
        <span title={isUp ? log.out : log.in}>
          <span aria-hidden>{isUp ? '↑' : '↓'}</span>
          <span className="unseen">{isUp ? log.out : log.in}</span>
        </span>
        <strong>{name}</strong>
        <span className="number">{formatBytes(size)}</span>
        <span className="code wire-preview" dir="auto">
          {preview}
        </span>
      </summary>
      {entry.type === 'head' ? (
        <pre className="code">{entry.text.trimEnd()}</pre>
      ) : (
        <FrameFacts frame={entry} />
      )}
    </details>
  )
}

/** The fields of a frame, in the order of RFC 6455 §5.2. */
function FrameFacts({ frame }: { frame: WireFrame }): ReactNode {
  const { wire } = useAppContext().texts.console
  const { fin, rsv, opcode, maskingKey, bytes, inflatedBytes, header, preview, closeCode } = frame
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['FIN', fin ? wire.fin : wire.notFin],
    ['RSV1 RSV2 RSV3', `${rsv.map(Number).join(' ')}${rsv[0] ? ` · ${wire.compressed}` : ''}`],
    ['opcode', `0x${opcode.toString(16)} · ${wire.opcodes[opcode] ?? '?'}`],
    ['MASK', maskingKey === undefined ? wire.unmasked : `${wire.masked}: ${spaced(maskingKey)}`],
    [
      'Payload length',
      `${formatBytes(bytes)}${inflatedBytes === undefined ? '' : ` → ${wire.inflated(formatBytes(inflatedBytes))}`}`,
    ],
    [wire.header, spaced(header)],
    ...(closeCode === undefined ? [] : [[wire.closeCode, String(closeCode)] as const]),
    [wire.payload, preview],
  ]
  return (
    <dl className="facts wire-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="code">{name}</dt>
          <dd className="code fact-break" dir="auto">
            {value}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function frameName({ opcode, fin, rsv }: WireFrame, opcodes: Readonly<Record<number, string>>): string {
  const name = opcodes[opcode] ?? `0x${opcode.toString(16)}`
  return `${name}${rsv[0] ? ' · RSV1' : ''}${fin ? '' : ' …'}`
}

const previewOf = ({ closeCode, preview }: WireFrame): string =>
  closeCode === undefined ? preview : `${closeCode} ${preview}`

const spaced = (digits: string): string => digits.replaceAll(/..(?=.)/g, '$& ')
