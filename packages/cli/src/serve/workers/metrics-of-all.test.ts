import { formatMetrics, type Metric } from 'bothways'
import { expect, test } from 'vitest'
import { asOne } from './metrics-of-all.ts'

test('Metrics of several processes are one page: sums, of times the longest, and how many there are', () => {
  const of = (connections: number, labels: Record<string, number>, lag: number): readonly Metric[] => [
    { name: 'c', type: 'gauge', help: 'C.', value: connections },
    { name: 'm_total', type: 'counter', help: 'M.', value: labels },
    { name: 'lag_seconds', type: 'gauge', help: 'L.', value: { 'stat="max"': lag } },
  ]
  expect(formatMetrics(asOne([of(2, { 'a="1"': 1 }, 0.5), of(3, { 'a="1"': 2, 'a="2"': 4 }, 0.25)]))).toBe(
    [
      '# HELP c C.\n# TYPE c gauge\nc 5\n',
      '# HELP m_total M.\n# TYPE m_total counter\nm_total{a="1"} 3\nm_total{a="2"} 4\n',
      '# HELP lag_seconds L.\n# TYPE lag_seconds gauge\nlag_seconds{stat="max"} 0.5\n',
      '# HELP bothways_workers Processes that have answered.\n# TYPE bothways_workers gauge\nbothways_workers 2\n',
    ].join(''),
  )
})
