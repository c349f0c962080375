import type { BrokerEvents, Member, StoredPublication, Withdrawal } from './broker.ts'

/** The listeners of each topic in this process. For brokers: an implementation hands over to it what it carries. */
export class Audience {
  readonly #events = new Map<string, Set<BrokerEvents>>()
  readonly #withdrawalListeners = new Set<(withdrawal: Withdrawal) => void>()

  /** @returns a function that takes it out again */
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

  /** Events from meanwhile may have been lost: everybody is to look. */
  restored(): void {
    for (const all of this.#events.values()) for (const events of all) events.onRestored()
  }

  /** @returns a function that takes it out again */
  addWithdrawalListener(listener: (withdrawal: Withdrawal) => void): () => void {
    this.#withdrawalListeners.add(listener)
    return () => this.#withdrawalListeners.delete(listener)
  }

  withdrawal(withdrawal: Withdrawal): void {
    for (const listener of this.#withdrawalListeners) listener(withdrawal)
  }

  clear(): void {
    this.#events.clear()
    this.#withdrawalListeners.clear()
  }
}
