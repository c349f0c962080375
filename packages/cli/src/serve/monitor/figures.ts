import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  createHub,
  type Hub,
  HubError,
  type Route,
  type TopicOptions,
  TopicsHttp,
  topicsRoute,
} from 'bothways'
import {
  type Change,
  changesPerSecond,
  figuresPath,
  type HostSample,
  sampleIntervalsMs,
} from '../messages.ts'
import { askAll } from '../workers/ask-all.ts'
import { HostSampler, type SampledServer } from './host-sampler.ts'
import { type OwnFigures, ownFigures, type Reading, withSums } from './sums-of-all.ts'
import { Traffic } from './traffic.ts'
import { type Filling, WhileWanted } from './while-wanted.ts'

/** So many changes of a rate are kept for who resumes: 40 s of the fastest. */
const keptChanges = 2_000
const keptChangesMs = 60_000

/**
 * The topics about this process: the host's figures at several intervals, and a value that changes at several rates. They are in
 * the memory of this process whatever `--broker` says, since no other process and no later one has the same.
 */
export class Figures {
  readonly traffic: Traffic = new Traffic()
  readonly #hub: Hub
  readonly #http: TopicsHttp
  readonly #filled: WhileWanted[] = []

  /**
   * @param latest the figures of the last second
   * @param isOneOfMany whether other processes answer on the same port
   */
  constructor(
    origins: readonly string[],
    server: SampledServer,
    latest: () => HostSample,
    isOneOfMany: boolean,
  ) {
    this.#hub = createHub()
    const ask = isOneOfMany ? askAll('figures', () => ownFigures(server, latest())) : undefined
    for (const intervalMs of sampleIntervalsMs) this.#declareLoad(intervalMs, server, latest, ask)
    for (const rate of changesPerSecond) this.#declareChanges(rate)
    this.#hub.handle('isOneOfMany', () => isOneOfMany)
    this.#hub.handle('time', () => performance.timeOrigin + performance.now())
    this.#hub.handle('traffic', name => {
      if (typeof name === 'string') return this.traffic.read(name)
      throw new HubError('invalid_data', 'The name of a meter is a string.')
    })
    this.#http = new TopicsHttp(this.#hub, { path: figuresPath, origins })
  }

  get route(): Route<undefined> {
    const { protocols } = topicsRoute(this.#hub)
    const [[name, handlers] = []] = Object.entries(protocols ?? {})
    if (name === undefined || typeof handlers !== 'object') throw new Error('Topics have one subprotocol.')
    return {
      protocols: {
        [name]: {
          ...handlers,
          open: socket => {
            this.traffic.onOpen(socket, socket.request.url.searchParams)
            return handlers.open?.(socket)
          },
          close: (socket, ...how) => {
            this.traffic.onClose(socket)
            return handlers.close?.(socket, ...how)
          },
        },
      },
    }
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    return this.#http.handle(request, response)
  }

  async close(spreadMs: number): Promise<void> {
    for (const filled of this.#filled) filled.stop()
    await this.#hub.close({ spreadMs, closeMs: Math.min(spreadMs, this.#hub.clients.count) })
  }

  #declareLoad(
    intervalMs: number,
    server: SampledServer,
    latest: () => HostSample,
    askWorkers: (() => Promise<readonly OwnFigures[]>) | undefined,
  ): void {
    const begin = (): Filling => {
      const sampler = new HostSampler(server)
      if (askWorkers !== undefined) return sumsOfAll(sampler, askWorkers, latest)
      // A share of no time at all would be none: the first viewer sees the last measurement.
      let first: HostSample | undefined = { ...latest(), sequence: 0 }
      return {
        make() {
          const sample = first ?? sampler.take()
          first = undefined
          return sample
        },
        end: () => sampler.stop(),
      }
    }
    this.#declare(`load/${intervalMs}`, { state: true }, begin, () => intervalMs)
  }

  #declareChanges(rate: number): void {
    let [sequence, value] = [0, 100]
    const change = (): Change => {
      // One step of a random walk.
      value = Math.max(0, Math.round((value + (Math.random() - 0.5) * 4) * 100) / 100)
      return { sequence: ++sequence, date: performance.timeOrigin + performance.now(), value }
    }
    // Gaps are irregular, as real changes are: regular ones could fall into step with polling.
    const gapMs = () => (1_000 / rate) * (0.5 + Math.random())
    const history = { count: keptChanges, ageMs: keptChangesMs }
    this.#declare(`changes/${rate}`, { history }, () => ({ make: change }), gapMs)
  }

  #declare(name: string, kind: TopicOptions, begin: () => Filling, nextMs: () => number): void {
    let filled: WhileWanted | undefined
    this.#hub.declare(name, {
      ...kind,
      authorize: async (_, action) => {
        if (action === 'publish') return false
        if (action === 'subscribe') await filled?.ask()
        return true
      },
    })
    filled = new WhileWanted(this.#hub.topic(name), begin, nextMs)
    this.#filled.push(filled)
  }
}

function sumsOfAll(
  sampler: HostSampler,
  askWorkers: () => Promise<readonly OwnFigures[]>,
  latest: () => HostSample,
): Filling {
  let before: Reading | undefined
  return {
    async make() {
      const now = { all: await askWorkers(), atMs: performance.now() }
      const sample = before === undefined ? { ...latest(), sequence: 0 } : sampler.take()
      const summed = withSums(sample, before ?? now, now)
      before = now
      return summed
    },
    end: () => sampler.stop(),
  }
}
