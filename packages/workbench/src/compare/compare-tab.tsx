import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react'
import { useAppContext } from '../app/app-context.ts'
import { LineChart } from '../chart/line-chart.tsx'
import { formatBytes, formatMs } from '../format/quantity.ts'
import { ways } from '../serve-messages.ts'
import './compare.css'
import { CompareControls } from './compare-controls.tsx'
import { CompareSession } from './compare-session.ts'
import { FindingsText } from './findings-text.tsx'
import { WayCard } from './way-card.tsx'

export function CompareTab(): ReactNode {
  const { texts, palette } = useAppContext()
  const [session] = useState(() => new CompareSession())
  const version = useSyncExternalStore(session.signal.subscribe, session.signal.version)
  useRunWhileVisible(session)

  const figures = session.figures()
  const lines = ways.map((way, at) => ({
    label: texts.compare.ways[way],
    color: palette.lines[at] ?? palette.axis,
    hasPoints: true,
  }))
  return (
    <div className="compare">
      <CompareControls session={session} />
      <FindingsText figures={figures} pollWaitMs={session.pollWaitMs} hindrance={session.hindrance} />
      <div className="way-cards">
        {ways.map((way, at) => (
          <WayCard
            key={way}
            way={way}
            color={palette.lines[at] ?? palette.axis}
            figures={figures[way]}
            value={session.valueOf(way)}
          />
        ))}
      </div>
      <div className="compare-charts">
        <LineChart
          title={texts.compare.delayChart}
          lines={lines}
          columns={session.delayTable.columns}
          version={version}
          format={formatMs}
          atLeast={100}
          isLogarithmic
        />
        <LineChart
          title={texts.compare.bytesChart}
          lines={lines.map(line => ({ ...line, hasPoints: false }))}
          columns={session.byteColumns}
          version={version}
          format={formatBytes}
          atLeast={1_024}
          areBytes
        />
      </div>
      <p className="muted compare-note">
        {texts.compare.measured}{' '}
        {session.clockUncertaintyMs !== undefined &&
          texts.compare.clock(formatMs(session.clockUncertaintyMs))}
      </p>
    </div>
  )
}

/** Hidden windows get no frames and slow timers: they would measure the browser's thrift. */
function useRunWhileVisible(session: CompareSession): void {
  useEffect(() => {
    let wasRunning = true
    const onVisibility = (): void => {
      if (document.hidden) {
        wasRunning = session.isRunning
        session.stop()
      } else if (wasRunning) {
        session.start()
      }
    }
    if (!document.hidden) session.start()
    document.addEventListener('visibilitychange', onVisibility)
    return () => {
      document.removeEventListener('visibilitychange', onVisibility)
      session.stop()
    }
  }, [session])
}
