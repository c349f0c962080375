import { Button } from 'antd'
import { type ReactNode, useState } from 'react'
import { useAppContext } from '../app/app-context.ts'
import { serverUrl } from '../connection/server-url.ts'
import type { ProbeAnswer, ProbeRequest } from '../serve-messages.ts'

export interface FindOutProps {
  readonly url: string
  readonly protocols: readonly string[]
}

/** Has the page's own server try the connection, which sees what a browser hides, and shows what it has found. */
export function FindOut({ url, protocols }: FindOutProps): ReactNode {
  const { texts, language } = useAppContext()
  const { findOut } = texts.console
  const [state, setState] = useState<ProbeAnswer | 'idle' | 'trying' | 'away'>('idle')

  async function ask(): Promise<void> {
    setState('trying')
    const request: ProbeRequest = { url, protocols, language }
    try {
      const response = await fetch(serverUrl('diagnose'), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(request),
      })
      setState(await response.json())
    } catch {
      setState('away')
    }
  }

  return (
    <div className="find-out">
      <Button
        type="primary"
        size="small"
        loading={state === 'trying'}
        onClick={() => void ask()}
        data-action="find-out"
      >
        {findOut.button}
      </Button>
      <div role="status">{typeof state === 'string' ? findOut.states[state] : <Answer answer={state} />}</div>
    </div>
  )
}

function Answer({ answer }: { answer: ProbeAnswer }): ReactNode {
  const { findOut } = useAppContext().texts.console
  if ('refused' in answer) return <p>{findOut.refused[answer.refused]}</p>
  return (
    <>
      {answer.ok && <p>{findOut.ok}</p>}
      <ul className="findings-list">
        {answer.findings.map(({ code, severity, title, evidence, advice }) => (
          <li key={code} data-finding-code={code} data-severity={severity}>
            <strong>{title}</strong>
            <p className="find-out-advice">{advice}</p>
            {evidence.length > 0 && <pre className="code">{evidence.join('\n')}</pre>}
            <p className="code muted">{code}</p>
          </li>
        ))}
      </ul>
    </>
  )
}
