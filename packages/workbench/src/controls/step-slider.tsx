import { type ReactNode, useId } from 'react'

export interface StepSliderProps {
  readonly name: string
  /** What the present step means, in words. */
  readonly value: string
  readonly stepCount: number
  readonly step: number
  onStep(step: number): void
}

/** A slider of a few named steps; what a step means is on the screen, and what a screen reader says. */
export function StepSlider({ name, value, stepCount, step, onStep }: StepSliderProps): ReactNode {
  const id = useId()
  return (
    <div className="step-slider">
      <label htmlFor={id}>
        <span className="muted">{name}</span>{' '}
        <strong className="number" aria-hidden>
          {value}
        </strong>
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={stepCount - 1}
        value={step}
        aria-label={name}
        aria-valuetext={value}
        onChange={event => onStep(Number(event.target.value))}
      />
    </div>
  )
}
