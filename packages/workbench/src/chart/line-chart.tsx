import { type ReactNode, useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useAppContext } from '../app/app-context.ts'
import './line-chart.css'

export interface ChartLine {
  readonly label: string
  readonly color: string
  /** Every value as a dot, for lines with gaps. */
  readonly hasPoints?: boolean
}

export interface LineChartProps {
  readonly title: string
  readonly lines: readonly ChartLine[]
  /** Seconds since 1970 first, then a column for each line; null is a gap. May be the same array each time. */
  readonly columns: readonly (readonly (number | null)[])[]
  /** Changes whenever the columns have. */
  readonly version: number
  readonly format: (value: number) => string
  /** The upper end is at least this. */
  readonly atLeast: number
  readonly isLogarithmic?: boolean
  /** Whether the values are bytes: their round numbers are those of KB and MB. */
  readonly areBytes?: boolean
}

const chartHeight = 150

/** Lines over time on a canvas. The legend shows the values under the pointer, else the newest. */
export function LineChart(props: LineChartProps): ReactNode {
  const { title, lines, columns, version, format } = props
  const holder = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const latest = useRef(props)
  latest.current = props
  const [pointedIndex, setPointedIndex] = useState<number | null>(null)
  const { palette, texts } = useAppContext()
  const lineKey = lines.map(it => it.label + it.color).join()

  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines are compared by what they show
  useEffect(() => {
    const element = holder.current
    if (element === null) return
    const plot = new uPlot(
      chartOptions(latest.current, palette, element.clientWidth, setPointedIndex),
      latest.current.columns as uPlot.AlignedData,
      element,
    )
    chart.current = plot
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: chartHeight }),
    )
    observer.observe(element)
    return () => {
      observer.disconnect()
      plot.destroy()
      chart.current = undefined
    }
  }, [palette, lineKey])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says that the columns have changed
  useEffect(() => {
    chart.current?.setData(columns as uPlot.AlignedData)
  }, [version])

  const count = columns[0]?.length ?? 0

  function describe({ label }: ChartLine, column: readonly (number | null)[]): string {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const value of column) {
      if (value === null) continue
      if (value < least) least = value
      if (value > most) most = value
    }
    const last = lastOf(column)
    return typeof last === 'number'
      ? texts.chart.line(label, format(last), format(least), format(most))
      : label
  }

  const shownIndex = pointedIndex !== null && pointedIndex < count ? pointedIndex : undefined
  return (
    <figure className="panel chart" data-chart={title} data-points={count}>
      <figcaption>
        <span className="panel-title">{title}</span>
        <ul className="chart-legend">
          {lines.map(({ label, color }, at) => {
            const value = shownIndex === undefined ? lastOf(columns[at + 1]) : columns[at + 1]?.[shownIndex]
            return (
              <li key={label}>
                <span className="chart-key" style={{ background: color }} />
                {label}
                <strong className="number">{typeof value === 'number' ? format(value) : '–'}</strong>
              </li>
            )
          })}
        </ul>
      </figcaption>
      <div
        ref={holder}
        className="chart-canvas"
        role="img"
        aria-label={texts.chart.summary(
          title,
          lines.map((line, at) => describe(line, columns[at + 1] ?? [])),
        )}
      />
    </figure>
  )
}

function chartOptions(
  { lines, format, atLeast, isLogarithmic, areBytes }: LineChartProps,
  palette: ReturnType<typeof useAppContext>['palette'],
  width: number,
  onPointed: (index: number | null) => void,
): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: palette.axis,
    font: '11px system-ui, sans-serif',
    grid: { stroke: palette.grid, width: 1 },
    ticks: { show: false },
  }
  return {
    width: Math.max(100, width),
    height: chartHeight,
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true },
      y: isLogarithmic
        ? { distr: 3, range: (_, min, max) => logarithmicRange(min, Math.max(max, atLeast)) }
        : { range: (_, _min, max) => [0, Math.max(atLeast, max * 1.1)] },
    },
    axes: [
      {
        ...axis,
        space: 70,
        size: 26,
        filter: withinPlot,
        grid: { ...axis.grid, filter: withinPlot },
        values: (_, times) => times.map(time => (time === null ? '' : clockTime(time))),
      },
      {
        ...axis,
        size: 62,
        space: 34,
        ...(areBytes && { incrs: byteSteps }),
        ...(isLogarithmic && { splits: (_, _axis, min, max) => powersOfTen(min, max) }),
        values: (_, values) => values.map(value => (value === null ? '' : format(value))),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, color, hasPoints }) => ({
        label,
        stroke: color,
        width: 1.6,
        spanGaps: true,
        points: { show: hasPoints === true, size: 4, fill: color },
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onPointed(cursor.idx ?? null)] },
  }
}

/** Of few points there may be a time behind the last, whose words would be cut. */
function withinPlot({ scales: { x } }: uPlot, times: number[]): (number | null)[] {
  return times.map(time => (time <= (x?.max ?? time) ? time : null))
}

function logarithmicRange(min: number, max: number): [number, number] {
  const low = Math.max(0.1, min || 1)
  return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(max))]
}

const byteSteps = [0, 1, 2, 3, 4].flatMap(unit =>
  [1, 2, 5, 10, 20, 50, 100, 200, 500].map(step => step * 1_024 ** unit),
)

function powersOfTen(min: number, max: number): number[] {
  const lowest = Math.round(Math.log10(min))
  const count = Math.round(Math.log10(max)) - lowest + 1
  return Array.from({ length: count }, (_, at) => 10 ** (lowest + at))
}

function clockTime(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleTimeString('en-GB')
}

function lastOf(column: readonly (number | null)[] | undefined): number | null | undefined {
  return column?.findLast(value => value !== null)
}
