import type { HistoryPolicy, PublishRequest } from 'bothways'
import type { JetStream, StreamConfig, StreamInfo } from './jetstream.ts'
import { wordOf } from './wire.ts'

/** The settings that the streams of a broker have in common. */
export interface StreamSettings {
  readonly prefix: string
  readonly keyWindowMs: number
  readonly maxHistoryBytes: number
  readonly replicas: number
}

/** Where publications are stored: those with a history, those of state topics, and those that are only carried. */
export const lanes = ['log', 'state', 'once'] as const
export type Lane = (typeof lanes)[number]

export function laneOf({ isState, history }: Pick<PublishRequest, 'isState' | 'history'>): Lane {
  return isState ? 'state' : history === undefined ? 'once' : 'log'
}

const nanoseconds = 1_000_000
const dayMs = 24 * 60 * 60 * 1000
/** Longer than that no history is kept. JetStream counts nanoseconds in 63 bits. */
const longestMs = 36_500 * dayMs
/** The least that the log keeps of each topic, so that few declarations change it. */
const leastCount = 1000
const stateCount = 64
const onceBytes = 64 * 1024 * 1024

/** How much of each topic the log keeps, and for how long: as the most demanding of its topics asks. */
interface Reach {
  readonly count: number
  readonly ageMs: number
}

/** The streams of publications. They are made when they are missing, and the log's reach grows with the declarations. */
export class Streams {
  readonly #jetStream: JetStream
  readonly #settings: StreamSettings
  #reach: Reach = { count: leastCount, ageMs: 0 }
  #growing: Promise<void> | undefined

  constructor(jetStream: JetStream, settings: StreamSettings) {
    this.#jetStream = jetStream
    this.#settings = settings
  }

  stream(lane: Lane): string {
    return `${this.#settings.prefix}-${lane}`
  }

  subject(lane: Lane, topic: string): string {
    return `${this.#settings.prefix}.${lane}.${wordOf(topic)}`
  }

  /** The subject that a topic is carried on: publications as `p`, joining as `j`, leaving as `l`. */
  carried(topic: string, kind: 'p' | 'j' | 'l' | '*'): string {
    return `${this.#settings.prefix}.live.${wordOf(topic)}.${kind}`
  }

  /** @returns the time that tells this log from one that was made anew */
  async prepare(): Promise<string> {
    const [log] = await Promise.all(lanes.map(lane => ensureStream(this.#jetStream, this.#configOf(lane))))
    await this.#keepReach(log as StreamInfo)
    return (log as StreamInfo).created
  }

  /** Resolves at once, but for the first publication that asks for more than all before it. */
  reachFor(policy: HistoryPolicy | undefined): Promise<void> | undefined {
    if (policy === undefined) return undefined
    const { count, ageMs } = this.#reach
    if (policy.count > count || Math.min(policy.ageMs, longestMs) > ageMs) {
      this.#reach = {
        count: Math.max(policy.count, count),
        ageMs: Math.max(Math.min(policy.ageMs, longestMs), ageMs),
      }
      const before = this.#growing
      const growing = (async () => {
        await before?.catch(() => undefined)
        const log = await this.#jetStream.info(this.stream('log'))
        if (log !== undefined) await this.#keepReach(log)
      })()
      this.#growing = growing
      growing.then(
        () => this.#grown(growing),
        () => {
          // It is asked for again by the next publication.
          this.#reach = { count: leastCount, ageMs: 0 }
          this.#grown(growing)
        },
      )
    }
    return this.#growing
  }

  #grown(growing: Promise<void>): void {
    if (this.#growing === growing) this.#growing = undefined
  }

  /** Another process may ask for more, or may have set it back to less. */
  async #keepReach({ config }: StreamInfo): Promise<void> {
    const { max_msgs_per_subject, max_age } = this.#configOf('log')
    const grown = {
      max_msgs_per_subject: atLeast(max_msgs_per_subject, config.max_msgs_per_subject),
      max_age: atLeast(max_age, config.max_age),
    }
    if (grown.max_msgs_per_subject === config.max_msgs_per_subject && grown.max_age === config.max_age) return
    await this.#jetStream.update({ ...config, ...grown })
  }

  #configOf(lane: Lane): StreamConfig {
    const { prefix, keyWindowMs, maxHistoryBytes, replicas } = this.#settings
    const subjects = `${prefix}.${lane}.*`
    const { count, ageMs } = this.#reach
    const own = {
      // One more than the history, so that the position before the oldest can be told from a false one; and a day longer.
      log: { max_msgs_per_subject: count + 1, max_age: (ageMs + dayMs) * nanoseconds, discard: 'new' },
      // More than the value, so that a key that is used again finds what it was published with.
      state: { max_msgs_per_subject: stateCount, max_age: 0, discard: 'new' },
      // Only for their keys.
      once: { max_msgs_per_subject: leastCount, max_age: keyWindowMs * nanoseconds, discard: 'old' },
    }
    return {
      ...common,
      name: this.stream(lane),
      subjects: [subjects],
      max_bytes: lane === 'once' ? Math.min(onceBytes, maxHistoryBytes) : maxHistoryBytes,
      duplicate_window: keyWindowMs * nanoseconds,
      num_replicas: replicas,
      republish: { src: subjects, dest: `${prefix}.live.{{wildcard(1)}}.p` },
      ...own[lane],
    }
  }
}

/** JetStream has no limit where it says 0 or -1. */
function atLeast(wanted: number, present: number): number {
  return present <= 0 ? present : Math.max(wanted, present)
}

const common = { retention: 'limits', storage: 'file', max_consumers: -1, max_msgs: -1 }

/** A stream that is there, or is made. */
export async function ensureStream(jetStream: JetStream, config: StreamConfig): Promise<StreamInfo> {
  const made = (await jetStream.info(config.name)) ?? (await jetStream.create({ ...common, ...config }))
  // Another process was quicker.
  return made ?? ((await jetStream.info(config.name)) as StreamInfo)
}
