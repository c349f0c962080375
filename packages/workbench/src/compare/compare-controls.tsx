import { Button, Slider } from 'antd'
import { type ReactNode, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import { ConnectionStatus } from '../connection/connection-status.tsx'
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
        steps={rates}
        step={rateStep}
        onStep={changeRate}
        value={texts.rateValue(rates[rateStep] ?? 1)}
      />
      <StepSlider
        name={texts.interval}
        steps={intervalsMs}
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

interface StepSliderProps {
  readonly name: string
  readonly value: string
  readonly steps: readonly number[]
  readonly step: number
  onStep(step: number): void
}

function StepSlider({ name, value, steps, step, onStep }: StepSliderProps): ReactNode {
  return (
    <div className="step-slider">
      <span>
        <span className="muted">{name}</span> <strong className="number">{value}</strong>
      </span>
      <Slider
        min={0}
        max={steps.length - 1}
        value={step}
        onChange={onStep}
        dots
        tooltip={{ formatter: null }}
        ariaLabelForHandle={name}
      />
    </div>
  )
}
