import { type ReactNode, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import { ConnectionStatus } from '../connection/connection-status.tsx'
import { StepSlider } from '../controls/step-slider.tsx'
import { formatMs } from '../format/quantity.ts'
import { HostFacts } from './host-facts.tsx'
import './monitor.css'
import { MonitorCharts } from './monitor-charts.tsx'
import { useMonitor } from './use-monitor.ts'

const intervalsMs = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]

export function MonitorTab(): ReactNode {
  const texts = useTexts().monitor
  const [step, setStep] = useState(3)
  const intervalMs = intervalsMs[step] ?? 500
  const monitor = useMonitor(intervalMs)
  const { sampleCount, skippedCount } = monitor.feed
  return (
    <>
      <div className="panel monitor-bar">
        <ConnectionStatus status={monitor.status} onRetry={monitor.retryNow} />
        <StepSlider
          name={texts.rate}
          value={texts.every(formatMs(intervalMs))}
          stepCount={intervalsMs.length}
          step={step}
          onStep={setStep}
        />
        <span className="muted number monitor-pushed" data-samples={sampleCount}>
          {texts.pushed(sampleCount)}
          {skippedCount > 0 && ` · ${texts.skipped(skippedCount)}`}
        </span>
      </div>
      <HostFacts host={monitor.feed.host} sample={monitor.feed.sample} />
      <MonitorCharts history={monitor.feed.history} version={monitor.version} />
    </>
  )
}
