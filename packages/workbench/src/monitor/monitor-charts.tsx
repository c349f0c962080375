import type { ReactNode } from 'react'
import { useAppContext } from '../app/app-context.ts'
import { LineChart, type LineChartProps } from '../chart/line-chart.tsx'
import { formatBytes, formatMs, formatPercent, formatRate } from '../format/quantity.ts'
import type { SampleHistory } from './sample-history.ts'
import { monitorColumns as column } from './use-monitor.ts'

export interface MonitorChartsProps {
  readonly history: SampleHistory
  readonly version: number
}

type ChartPlan = Pick<LineChartProps, 'title' | 'format' | 'atLeast' | 'areBytes'> & {
  readonly lines: readonly (readonly [label: string, column: number])[]
}

const megabyte = 1024 * 1024

export function MonitorCharts({ history, version }: MonitorChartsProps): ReactNode {
  const { texts, palette } = useAppContext()
  const { monitor } = texts
  const [red, yellow, violet, green] = palette.lines
  const colors = [green, violet, red, yellow]
  const plans: readonly ChartPlan[] = [
    {
      title: monitor.cpu,
      format: formatPercent,
      atLeast: 0.1,
      lines: [
        [monitor.cpuHost, column.cpuHost],
        [monitor.cpuProcess, column.cpuProcess],
      ],
    },
    {
      title: monitor.delay,
      format: formatMs,
      atLeast: 5,
      lines: [
        [monitor.mean, column.delayMean],
        [monitor.p99, column.delayP99],
        [monitor.max, column.delayMax],
      ],
    },
    {
      title: monitor.memory,
      format: formatBytes,
      atLeast: megabyte,
      areBytes: true,
      lines: [[monitor.memoryUsed, column.memoryUsed]],
    },
    {
      title: monitor.serverMemory,
      format: formatBytes,
      atLeast: megabyte,
      areBytes: true,
      lines: [
        [monitor.rss, column.rss],
        [monitor.heap, column.heapUsed],
      ],
    },
    {
      title: monitor.messages,
      format: formatRate,
      atLeast: 5,
      lines: [
        [monitor.in, column.messagesIn],
        [monitor.out, column.messagesOut],
      ],
    },
    {
      title: monitor.connections,
      format: value => String(Math.round(value)),
      atLeast: 4,
      lines: [[monitor.connections, column.connections]],
    },
  ]
  return (
    <div className="charts">
      {plans.map(({ lines, ...plan }) => (
        <LineChart
          key={plan.title}
          {...plan}
          version={version}
          columns={[history.columns[0] ?? [], ...lines.map(([, at]) => history.columns[at] ?? [])]}
          lines={lines.map(([label], at) => ({ label, color: colors[at] ?? green }))}
        />
      ))}
    </div>
  )
}
