import type { Broker } from '../broker/broker.ts'
import { LiveTopic, type TopicKind } from './live-topic.ts'
import type { Slots } from './slots.ts'
import type { Subscription } from './subscription.ts'

/** How often heads are compared with the broker's, in ms: finds a last publication that was lost. */
const compareHeadsMs = 20_000

/** The topics that somebody in this process subscribes to. */
export class LiveTopics {
  readonly #broker: Broker
  readonly #replays: Slots
  readonly #onError: (error: unknown) => void
  readonly #topics = new Map<string, LiveTopic>()
  readonly #timer: NodeJS.Timeout
  #isComparing = false

  constructor(broker: Broker, replays: Slots, onError: (error: unknown) => void) {
    this.#broker = broker
    this.#replays = replays
    this.#onError = onError
    this.#timer = setInterval(() => void this.#compareHeads(), compareHeadsMs).unref()
  }

  subscriberCount(name: string): number {
    return this.#topics.get(name)?.subscriptions.size ?? 0
  }

  /** It lives as long as it has subscriptions. */
  open(name: string, kind: TopicKind): LiveTopic {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      topic = new LiveTopic(name, kind, this.#broker, this.#replays, this.#onError)
      this.#topics.set(name, topic)
      // Those who wait for it hear why; nobody else need.
      topic.ready.catch(() => undefined)
    }
    return topic
  }

  remove(name: string, subscription: Subscription): void {
    const topic = this.#topics.get(name)
    if (topic?.subscriptions.delete(subscription) !== true || topic.subscriptions.size > 0) return
    topic.close()
    this.#topics.delete(name)
  }

  close(): void {
    clearInterval(this.#timer)
    for (const topic of this.#topics.values()) topic.close()
    this.#topics.clear()
  }

  async #compareHeads(): Promise<void> {
    if (this.#isComparing || this.#topics.size === 0) return
    this.#isComparing = true
    try {
      const topics = [...this.#topics.values()].filter(({ hasHistory, isState }) => hasHistory || isState)
      const heads = await this.#broker.heads(topics.map(({ name }) => name))
      for (const [at, topic] of topics.entries()) topic.compareHead(heads[at] ?? topic.head)
    } catch (error) {
      this.#onError(error)
    } finally {
      this.#isComparing = false
    }
  }
}
