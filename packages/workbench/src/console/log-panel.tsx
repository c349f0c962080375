import type { ReactNode } from 'react'
import { useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import type { ConsoleSession } from './console-session.ts'
import { EntryDrawer } from './entry-drawer.tsx'
import type { LogEntry } from './log-entry.ts'
import { LogList } from './log-list.tsx'
import { LogToolbar } from './log-toolbar.tsx'

export function LogPanel({ session }: { session: ConsoleSession }): ReactNode {
  const texts = useTexts().console.log
  const [selected, setSelected] = useState<LogEntry>()
  const [isFollowing, setFollowing] = useState(true)
  const { log, signal } = session
  return (
    <section className="panel log-panel" aria-label={texts.title}>
      <LogToolbar
        log={log}
        onChange={() => signal.request()}
        isFollowing={isFollowing}
        onFollow={() => setFollowing(true)}
      />
      <LogList
        log={log}
        version={signal.version()}
        isFollowing={isFollowing}
        onFollowing={setFollowing}
        onSelect={setSelected}
        selected={selected}
      />
      <EntryDrawer entry={selected} onClose={() => setSelected(undefined)} />
    </section>
  )
}
