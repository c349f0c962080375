import cluster, { type Worker } from 'node:cluster'
import type { Metric } from 'bothways'

/** What workers and the first process tell each other about metrics. */
type Message =
  /** A worker wants those of all; the first process passes the question on. */
  | { readonly metrics: 'wanted'; readonly id: number }
  | { readonly metrics: 'own'; readonly id: number; readonly values: readonly Metric[] }
  | { readonly metrics: 'all'; readonly id: number; readonly values: readonly (readonly Metric[])[] }

/** A worker that does not answer for so long is left out, in ms. */
const timeoutMs = 2_000

/** In the first process: passes questions for metrics on to all workers, and their answers back. */
export function collectMetrics(): void {
  let lastId = 0
  const answered = new Map<number, (worker: Worker, values: readonly Metric[]) => void>()
  cluster.on('message', (asking: Worker, message: unknown) => {
    if (!isMessage(message)) return
    if (message.metrics === 'own') answered.get(message.id)?.(asking, message.values)
    if (message.metrics !== 'wanted') return
    const id = ++lastId
    const values: (readonly Metric[])[] = []
    const awaited = new Set(Object.values(cluster.workers ?? {}).filter(it => it !== undefined))
    const finish = (): void => {
      clearTimeout(timer)
      answered.delete(id)
      tell(asking, { metrics: 'all', id: message.id, values })
    }
    const timer = setTimeout(finish, timeoutMs)
    answered.set(id, (worker, own) => {
      if (awaited.delete(worker)) values.push(own)
      if (awaited.size === 0) finish()
    })
    for (const worker of awaited) tell(worker, { metrics: 'wanted', id })
  })
}

/** In a worker: answers with its own metrics. @returns what asks for those of all, as one */
export function shareMetrics(own: () => readonly Metric[]): () => Promise<readonly Metric[]> {
  let lastId = 0
  const waiting = new Map<number, (values: readonly (readonly Metric[])[]) => void>()
  process.on('message', (message: unknown) => {
    if (!isMessage(message)) return
    if (message.metrics === 'wanted') process.send?.({ metrics: 'own', id: message.id, values: own() })
    if (message.metrics === 'all') waiting.get(message.id)?.(message.values)
  })
  return async () => {
    const id = ++lastId
    const all = await new Promise<readonly (readonly Metric[])[]>(resolve => {
      const timer = setTimeout(() => resolve([own()]), 2 * timeoutMs)
      waiting.set(id, values => {
        clearTimeout(timer)
        resolve(values)
      })
      process.send?.({ metrics: 'wanted', id })
    })
    waiting.delete(id)
    return asOne(all)
  }
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

function tell(worker: Worker, message: Message): void {
  // A worker that has just ended answers nothing.
  if (worker.isConnected()) worker.send(message, () => {})
}

function isMessage(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'metrics' in message && 'id' in message
}
