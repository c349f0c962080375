import type { ReactNode } from 'react'
import { ConnectionFacts } from './connection-facts.tsx'
import { ConnectionForm } from './connection-form.tsx'
import './console.css'
import { LogPanel } from './log-panel.tsx'
import { ProblemNotice } from './problem-notice.tsx'
import { SendForm } from './send-form.tsx'
import { consoleSession } from './use-console.ts'

export function ConsoleTab(): ReactNode {
  return (
    <div className="console">
      <div className="console-side">
        <ConnectionForm session={consoleSession} />
        <ProblemNotice session={consoleSession} />
        <ConnectionFacts session={consoleSession} />
        <SendForm session={consoleSession} />
      </div>
      <LogPanel session={consoleSession} />
    </div>
  )
}
