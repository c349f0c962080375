import type { ReactNode } from 'react'
import { useAppContext } from '../app/app-context.ts'
import { formatBytes, formatMs } from '../format/quantity.ts'
import type { Texts } from '../texts/texts.ts'
import { type Figures, type Finding, findings, type Hindrance } from './findings.ts'

export interface FindingsTextProps {
  readonly figures: Figures
  readonly pollWaitMs: number
  readonly hindrance: Hindrance | undefined
}

/** In words what the figures show now. */
export function FindingsText({ figures, pollWaitMs, hindrance }: FindingsTextProps): ReactNode {
  const { texts: all, language } = useAppContext()
  const texts = all.compare
  return (
    <section className="panel findings" aria-label={texts.seen}>
      <h2 className="panel-title">{texts.seen}</h2>
      <p>
        {findings(figures, pollWaitMs, hindrance).map(finding => (
          <span key={finding.kind} data-finding={finding.kind}>
            {sentence(finding, texts.findings)}
            {language === 'zh' ? '' : ' '}
          </span>
        ))}
      </p>
    </section>
  )
}

/** Below this the comparison of bytes says more about the handshake than about the ways. */
const clearTimes = 1.5

function sentence(finding: Finding, texts: Texts['compare']['findings']): string {
  switch (finding.kind) {
    case 'queued':
      return texts.queued(formatMs(finding.waitMs))
    case 'away':
    case 'crowded':
    case 'scattered':
      return texts[finding.kind]
    case 'waiting':
      return texts.waiting
    case 'polling':
      return texts.polling(finding.asked, finding.empty)
    case 'longPolling':
      return texts.longPolling(finding.requests)
    case 'pushed':
      return texts.pushed(finding.changes)
    case 'bytes': {
      const [poll, socket] = [formatBytes(finding.poll), formatBytes(finding.socket)]
      if (finding.times < clearTimes) return texts.bytesClose(poll, socket)
      return texts.bytes(
        poll,
        socket,
        finding.times < 10 ? finding.times.toFixed(1) : finding.times.toFixed(0),
      )
    }
    case 'delay':
      return texts.delay(formatMs(finding.pollMs), formatMs(finding.socketMs))
  }
}
