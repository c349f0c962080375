import { Button } from 'antd'
import { type ReactNode, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import { ConnectionStatus } from '../connection/connection-status.tsx'
import { StepSlider } from '../controls/step-slider.tsx'
import { formatMs } from '../format/quantity.ts'
import type { CompareSession } from './compare-session.ts'

const rates = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]
const intervalsMs = [100, 200, 500, 1_000, 2_000, 5_000, 10_000]

export function CompareControls({ session }: { session: CompareSession }): ReactNode {
  const texts = useTexts().compare
  const [rateStep, setRateStep] = useState(3)
  const [intervalStep, setIntervalStep] = useState(2)

  function changeRate(step: number): void {
    setRateStep(step)
    session.setRate(rates[step] ?? 1)
  }

  function changeInterval(step: number): void {
    setIntervalStep(step)
    session.pollIntervalMs = intervalsMs[step] ?? 500
  }

  return (
    <div className="panel compare-bar">
      <p className="compare-intro">{texts.intro}</p>
      <StepSlider
        name={texts.rate}
        stepCount={rates.length}
        step={rateStep}
        onStep={changeRate}
        value={texts.rateValue(rates[rateStep] ?? 1)}
      />
      <StepSlider
        name={texts.interval}
        stepCount={intervalsMs.length}
        step={intervalStep}
        onStep={changeInterval}
        value={formatMs(intervalsMs[intervalStep] ?? 500)}
      />
      <ConnectionStatus status={session.status} onRetry={() => session.retryNow()} />
      <div className="compare-actions">
        <Button onClick={() => session.reset()} data-action="reset">
          {texts.reset}
        </Button>
        <Button
          type={session.isRunning ? 'default' : 'primary'}
          onClick={() => (session.isRunning ? session.stop() : session.start())}
        >
          {session.isRunning ? texts.stop : texts.start}
        </Button>
      </div>
    </div>
  )
}
