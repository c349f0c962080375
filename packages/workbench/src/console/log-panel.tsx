import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import type { ConsoleSession } from './console-session.ts'
import { EntryDrawer } from './entry-drawer.tsx'
import type { LogEntry } from './log-entry.ts'
import { LogList } from './log-list.tsx'
import { LogToolbar } from './log-toolbar.tsx'
import { useReading } from './use-console.ts'
import { WireList } from './wire-list.tsx'
import { wireWatch } from './wire-watch.ts'

const phoneQuery = window.matchMedia('(max-width: 860px)')

/** Between two announcements to screen readers, in ms. */
const announceGapMs = 3_000

export function LogPanel({ session }: { session: ConsoleSession }): ReactNode {
  const texts = useTexts().console.log
  const [opened, setOpened] = useState<LogEntry>()
  const [isFollowing, setFollowing] = useState(true)
  const panel = useRef<HTMLElement>(null)
  const isWire = useReading(wireWatch.signal, () => wireWatch.isOn)
  const sentCount = useReading(session.logSignal, () => session.counts.out)

  // On a phone the log is below the form: the message sent, and its answer, come into sight.
  useEffect(() => {
    if (sentCount > 0 && phoneQuery.matches) panel.current?.scrollIntoView({ block: 'nearest' })
  }, [sentCount])

  return (
    <section ref={panel} className="panel log-panel" aria-label={texts.title}>
      <Views isWire={isWire} />
      {isWire ? (
        <WireList session={session} />
      ) : (
        <>
          <LogToolbar session={session} isFollowing={isFollowing} onFollow={() => setFollowing(true)} />
          <LogList
            session={session}
            isFollowing={isFollowing}
            onFollowing={setFollowing}
            onOpen={setOpened}
            opened={opened}
          />
        </>
      )}
      <LogAnnouncement session={session} />
      <EntryDrawer entry={opened} onClose={() => setOpened(undefined)} />
    </section>
  )
}

/** Messages, or the bytes that carry them. */
function Views({ isWire }: { isWire: boolean }): ReactNode {
  const { wire, log } = useTexts().console
  return (
    <div className="log-views" role="group" aria-label={wire.views}>
      <button type="button" aria-pressed={!isWire} onClick={() => wireWatch.switch(false)}>
        {log.title}
      </button>
      <button type="button" aria-pressed={isWire} onClick={() => wireWatch.switch(true)} data-action="wire">
        {wire.title}
      </button>
    </div>
  )
}

/** Says how many messages there were since it last said so: each of them would drown out all else. */
function LogAnnouncement({ session }: { session: ConsoleSession }): ReactNode {
  const texts = useTexts().console.log
  const [said, setSaid] = useState({ in: 0, out: 0, text: '' })
  useEffect(() => {
    const timer = setInterval(() => {
      const { in: received, out: sent } = session.counts
      setSaid(before => {
        const [newIn, newOut] = [received - before.in, sent - before.out]
        if (newIn === 0 && newOut === 0) return before
        return { in: received, out: sent, text: texts.announce(newIn, newOut) }
      })
    }, announceGapMs)
    return () => clearInterval(timer)
  }, [session, texts])
  return (
    <p className="unseen" role="status">
      {said.text}
    </p>
  )
}
