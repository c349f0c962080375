import type { Metric } from 'bothways'
import { askAll } from './ask-all.ts'

/** In a worker: answers with its own metrics. @returns a function that asks for those of all, as one */
export function shareMetrics(own: () => readonly Metric[]): () => Promise<readonly Metric[]> {
  const ask = askAll('metrics', own)
  return async () => asOne(await ask())
}

/** Of times the longest counts, of everything else the sum. */
export function asOne(all: readonly (readonly Metric[])[]): readonly Metric[] {
  const merged = new Map<string, Metric>()
  for (const metric of all.flat()) {
    const before = merged.get(metric.name)
    const join = /_seconds$/.test(metric.name) ? Math.max : (one: number, other: number) => one + other
    merged.set(
      metric.name,
      before === undefined ? metric : { ...metric, value: joined(before, metric, join) },
    )
  }
  const count = {
    name: 'bothways_workers',
    type: 'gauge',
    help: 'Processes that have answered.',
    value: all.length,
  }
  return [...merged.values(), count as Metric]
}

function joined(
  { value: one }: Metric,
  { value: other }: Metric,
  join: (one: number, other: number) => number,
): Metric['value'] {
  if (typeof one === 'number' || typeof other === 'number') return join(Number(one), Number(other))
  const values = { ...one }
  for (const [labels, value] of Object.entries(other)) values[labels] = join(values[labels] ?? 0, value)
  return values
}
