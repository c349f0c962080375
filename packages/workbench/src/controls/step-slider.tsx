import { type ReactNode, useId } from 'react'

export interface StepSliderProps {
  readonly name: string
  /** The meaning of the present step, in words. */
  readonly value: string
  readonly stepCount: number
  readonly step: number
  onStep(step: number): void
}

/** A slider of a few named steps; the meaning of a step is on the screen, and read out by a screen reader. */
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
