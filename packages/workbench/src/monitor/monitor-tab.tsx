import { type ReactNode, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import { ConnectionStatus } from '../connection/connection-status.tsx'
import { PageTopics } from '../connection/page-topics.tsx'
import { StepSlider } from '../controls/step-slider.tsx'
import { formatMs } from '../format/quantity.ts'
import { figuresPath, sampleIntervalsMs } from '../serve-messages.ts'
import { HostFacts } from './host-facts.tsx'
import './monitor.css'
import { MonitorCharts } from './monitor-charts.tsx'
import { useMonitor } from './use-monitor.ts'

export function MonitorTab(): ReactNode {
  return (
    <PageTopics path={figuresPath.slice(1)}>
      <MonitorView />
    </PageTopics>
  )
}

function MonitorView(): ReactNode {
  const texts = useTexts().monitor
  const [step, setStep] = useState(3)
  const intervalMs = sampleIntervalsMs[step] ?? 500
  const monitor = useMonitor(intervalMs)
  const { sample, sampleCount, skippedCount, history } = monitor.feed
  return (
    <>
      <div className="panel monitor-bar">
        <ConnectionStatus connection={monitor.connection} onRetry={monitor.retryNow} />
        <StepSlider
          name={texts.rate}
          value={texts.every(formatMs(intervalMs))}
          stepCount={sampleIntervalsMs.length}
          step={step}
          onStep={setStep}
        />
        <span className="muted number monitor-pushed" data-samples={sampleCount}>
          {texts.pushed(sampleCount)}
          {skippedCount > 0 && ` · ${texts.skipped(skippedCount)}`}
        </span>
      </div>
      <HostFacts sample={sample} />
      <MonitorCharts history={history} version={monitor.version} />
    </>
  )
}
