import type { BrokerEvents, Member, StoredPublication } from './broker.ts'

/** Who in this process hears of which topic. For brokers: where an implementation hands over what it carries. */
export class Audience {
  readonly #events = new Map<string, Set<BrokerEvents>>()

  /** @returns what takes it out again */
  add(topic: string, events: BrokerEvents): () => void {
    const all = this.#events.get(topic) ?? new Set()
    all.add(events)
    this.#events.set(topic, all)
    return () => {
      all.delete(events)
      if (all.size === 0 && this.#events.get(topic) === all) this.#events.delete(topic)
    }
  }

  has(topic: string): boolean {
    return this.#events.has(topic)
  }

  topics(): Iterable<string> {
    return this.#events.keys()
  }

  publication(publication: StoredPublication): void {
    for (const events of this.#events.get(publication.topic) ?? []) events.onPublication(publication)
  }

  joined(topic: string, member: Member): void {
    for (const events of this.#events.get(topic) ?? []) events.onJoined(topic, member)
  }

  left(topic: string, client: string): void {
    for (const events of this.#events.get(topic) ?? []) events.onLeft(topic, client)
  }

  clear(): void {
    this.#events.clear()
  }
}
