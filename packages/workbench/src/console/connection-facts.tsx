import { type ReactNode, useEffect } from 'react'
import { useTexts } from '../app/app-context.ts'
import { formatBytes } from '../format/quantity.ts'
import { closeCodeMeaning } from './close-code.ts'
import type { ConsoleSession } from './console-session.ts'
import { useSignal } from './use-console.ts'

const dots = ['connecting', 'open', 'closing', 'closed'] as const

/** The facts that the browser knows about the connection, in words. */
export function ConnectionFacts({ session }: { session: ConsoleSession }): ReactNode {
  const texts = useTexts().console
  useSignal(session.signal)
  useDraining(session)
  const { readyState, protocol, extensions, bufferedAmount, close, url } = session
  const state = readyState === undefined ? texts.noConnection : texts.states[readyState]
  const words = readyState === undefined ? texts.noConnectionWords : texts.stateWords[readyState]
  return (
    <section className="panel console-panel" aria-label={texts.state}>
      <dl className="facts">
        <dt>{texts.state}</dt>
        <dd data-fact="state" data-ready-state={readyState}>
          <span role="status">
            <span className={`dot dot-${readyState === undefined ? 'none' : dots[readyState]}`} />
            <strong>{state}</strong>
            {readyState !== undefined && <span className="code muted">({readyState})</span>}
            <span className="muted">{words}</span>
          </span>
        </dd>
        {url !== '' && (
          <>
            <dt>{texts.connectedTo}</dt>
            <dd className="code fact-break">{url}</dd>
            <dt>{texts.protocol}</dt>
            <dd className="code" data-fact="protocol">
              {protocol || <None />}
            </dd>
            <dt>{texts.extensions}</dt>
            <dd className="code fact-break" data-fact="extensions">
              {extensions || <None />}
            </dd>
            <dt title="bufferedAmount">{texts.buffered}</dt>
            <dd className="number" data-fact="buffered">
              {formatBytes(bufferedAmount)}
            </dd>
          </>
        )}
        {close !== undefined && (
          <>
            <dt>{texts.closeTitle}</dt>
            <dd data-fact="close" className="fact-close">
              <strong className="number">{close.code}</strong>{' '}
              <span className="muted">{close.wasClean ? texts.clean : texts.unclean}</span>
              <p>{close.hasOpened ? texts.closeCodes[closeCodeMeaning(close.code)] : texts.neverOpened}</p>
              {close.reason !== '' && (
                <p>
                  {texts.reasonGiven} <q dir="auto">{close.reason}</q>
                </p>
              )}
            </dd>
          </>
        )}
      </dl>
    </section>
  )
}

function None(): ReactNode {
  return <span className="muted">{useTexts().console.none}</span>
}

/** No event tells when bufferedAmount shrinks. */
function useDraining(session: ConsoleSession): void {
  const isDraining = session.bufferedAmount > 0 && session.readyState !== WebSocket.CLOSED
  useEffect(() => {
    if (!isDraining) return
    const timer = setInterval(() => session.signal.request(), 100)
    return () => clearInterval(timer)
  }, [isDraining, session])
}
