import { Button } from 'antd'
import { type ReactNode, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import { ConnectionStatus } from '../connection/connection-status.tsx'
import { StepSlider } from '../controls/step-slider.tsx'
import { formatMs } from '../format/quantity.ts'
import { changesPerSecond } from '../serve-messages.ts'
import type { CompareSession } from './compare-session.ts'

const intervalsMs = [100, 200, 500, 1_000, 2_000, 5_000, 10_000]

export function CompareControls({ session }: { session: CompareSession }): ReactNode {
  const texts = useTexts().compare
  const [rateStep, setRateStep] = useState(3)
  const [intervalStep, setIntervalStep] = useState(2)

  function changeRate(step: number): void {
    setRateStep(step)
    session.setRate(changesPerSecond[step] ?? 1)
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
        stepCount={changesPerSecond.length}
        step={rateStep}
        onStep={changeRate}
        value={texts.rateValue(changesPerSecond[rateStep] ?? 1)}
      />
      <StepSlider
        name={texts.interval}
        stepCount={intervalsMs.length}
        step={intervalStep}
        onStep={changeInterval}
        value={formatMs(intervalsMs[intervalStep] ?? 500)}
      />
      <ConnectionStatus
        connection={session.connection}
        {...(session.isRunning && { onRetry: () => session.retryNow() })}
      />
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
