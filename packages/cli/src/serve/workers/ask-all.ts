import cluster, { type Worker } from 'node:cluster'

/** The messages between workers and the first process. */
type Message =
  /** A worker wants to know something of all; the first process passes the question on. */
  | { readonly ask: string; readonly step: 'wanted'; readonly id: number }
  | { readonly ask: string; readonly step: 'own'; readonly id: number; readonly value: unknown }
  | { readonly ask: string; readonly step: 'all'; readonly id: number; readonly values: readonly unknown[] }

/** A worker that does not answer for so long is left out, in ms. */
const timeoutMs = 2_000

/** In the first process: passes questions on to all workers, and their answers back. */
export function relayQuestions(): void {
  let lastId = 0
  const answered = new Map<number, (worker: Worker, value: unknown) => void>()
  cluster.on('message', (asking: Worker, message: unknown) => {
    if (!isMessage(message)) return
    const { ask } = message
    if (message.step === 'own') answered.get(message.id)?.(asking, message.value)
    if (message.step !== 'wanted') return
    const id = ++lastId
    const values: unknown[] = []
    const awaited = new Set(Object.values(cluster.workers ?? {}).filter(it => it !== undefined))
    const finish = (): void => {
      clearTimeout(timer)
      answered.delete(id)
      tell(asking, { ask, step: 'all', id: message.id, values })
    }
    const timer = setTimeout(finish, timeoutMs)
    answered.set(id, (worker, value) => {
      if (awaited.delete(worker)) values.push(value)
      if (awaited.size === 0) finish()
    })
    for (const worker of awaited) tell(worker, { ask, step: 'wanted', id })
  })
}

/**
 * In a worker: answers a question of any worker with its own value.
 *
 * @param ask the name of the question, once in a process
 * @returns a function that asks all of them; without the first process it gives this one's value alone
 */
export function askAll<Value>(ask: string, own: () => Value): () => Promise<readonly Value[]> {
  let lastId = 0
  const waiting = new Map<number, (values: readonly Value[]) => void>()
  process.on('message', (message: unknown) => {
    if (!isMessage(message) || message.ask !== ask) return
    if (message.step === 'wanted') tellFirst({ ask, step: 'own', id: message.id, value: own() }, () => {})
    if (message.step === 'all') waiting.get(message.id)?.(message.values as readonly Value[])
  })
  return async () => {
    const id = ++lastId
    const all = await new Promise<readonly Value[]>(resolve => {
      const finish = (values: readonly Value[]): void => {
        clearTimeout(timer)
        resolve(values)
      }
      const finishAlone = (): void => finish([own()])
      const timer = setTimeout(finishAlone, 2 * timeoutMs)
      waiting.set(id, finish)
      tellFirst({ ask, step: 'wanted', id }, finishAlone)
    })
    waiting.delete(id)
    return all
  }
}

/** @param fail told when there is no channel to the first process (any more): without it Node ends this one */
function tellFirst(message: Message, fail: () => void): void {
  if (process.send === undefined) fail()
  else process.send(message, (error: Error | null) => error && fail())
}

function tell(worker: Worker, message: Message): void {
  // A worker that has just ended answers nothing.
  if (worker.isConnected()) worker.send(message, () => {})
}

function isMessage(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'ask' in message && 'step' in message
}
