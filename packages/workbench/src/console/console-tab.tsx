import type { ReactNode } from 'react'
import { ConnectionFacts } from './connection-facts.tsx'
import { ConnectionForm } from './connection-form.tsx'
import './console.css'
import { LogPanel } from './log-panel.tsx'
import { ProblemNotice } from './problem-notice.tsx'
import { SendForm } from './send-form.tsx'
import { useConsole } from './use-console.ts'

export function ConsoleTab(): ReactNode {
  const session = useConsole()
  return (
    <div className="console">
      <div className="console-side">
        <ConnectionForm session={session} />
        <ProblemNotice session={session} />
        <ConnectionFacts session={session} />
        <SendForm session={session} />
      </div>
      <LogPanel session={session} />
    </div>
  )
}
