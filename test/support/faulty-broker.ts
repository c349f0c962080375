import type {
  Broker,
  BrokerEvents,
  History,
  HistoryRequest,
  Member,
  Published,
  PublishRequest,
  StoredPublication,
  TopicSubscription,
  Withdrawal,
} from '../../packages/bothways/src/hub/broker/broker.ts'
import { HubError } from '../../packages/bothways/src/hub/hub-error.ts'

/** The fate of a publication on its way to a process. `keep`: it comes behind the next that is carried. */
export type Fault = 'carry' | 'lose' | 'repeat' | 'keep'

/**
 * A broker as a bad network makes it of a good one: it loses, repeats, delays and reorders what it carries, answers late, and
 * is away for a time. It keeps all that it has stored.
 */
export class FaultyBroker implements Broker {
  readonly #inner: Broker
  readonly #faults: readonly Fault[]
  readonly #subscribers = new Set<BrokerEvents>()
  #at = 0
  #isAway = false
  /** How many turns of the event loop each answer takes. */
  delayTurns: () => number = () => 0

  /** @param faults what happens to one publication after the other, again and again */
  constructor(inner: Broker, faults: readonly Fault[] = ['carry']) {
    this.#inner = inner
    this.#faults = faults
  }

  get keyWindowMs(): number {
    return this.#inner.keyWindowMs
  }

  /** Calls fail as `unavailable`, and nothing is carried. */
  goAway(): void {
    this.#isAway = true
  }

  comeBack(): void {
    this.#isAway = false
    for (const events of this.#subscribers) events.onRestored()
  }

  async #ask<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let turn = this.delayTurns(); turn > 0; turn--) await new Promise(resolve => setImmediate(resolve))
    if (this.#isAway) throw new HubError('unavailable', 'The broker is away.')
    return await work()
  }

  publish(request: PublishRequest): Promise<Published> {
    return this.#ask(() => this.#inner.publish(request))
  }

  subscribe(topic: string, events: BrokerEvents): Promise<TopicSubscription> {
    const kept: StoredPublication[] = []
    const carry = (publication: StoredPublication): void => {
      if (this.#isAway) return
      const fault = this.#faults[this.#at++ % this.#faults.length] ?? 'carry'
      if (fault === 'lose') return
      if (fault === 'keep') {
        kept.push(publication)
        return
      }
      events.onPublication(publication)
      if (fault === 'repeat') events.onPublication(publication)
      for (const late of kept.splice(0)) events.onPublication(late)
    }
    const ifThere = (tell: () => void): void => {
      if (!this.#isAway) tell()
    }
    return this.#ask(async () => {
      const { head, unsubscribe } = await this.#inner.subscribe(topic, {
        onPublication: carry,
        onJoined: (...given) => ifThere(() => events.onJoined(...given)),
        onLeft: (...given) => ifThere(() => events.onLeft(...given)),
        onRestored: () => events.onRestored(),
      })
      this.#subscribers.add(events)
      return {
        head,
        unsubscribe: () => {
          this.#subscribers.delete(events)
          unsubscribe()
        },
      }
    })
  }

  history(request: HistoryRequest): Promise<History> {
    return this.#ask(() => this.#inner.history(request))
  }

  heads(topics: readonly string[]): Promise<readonly string[]> {
    return this.#ask(() => this.#inner.heads(topics))
  }

  join(topic: string, member: Member): Promise<void> {
    return this.#ask(() => this.#inner.join(topic, member))
  }

  leave(topic: string, client: string): Promise<void> {
    return this.#ask(() => this.#inner.leave(topic, client))
  }

  members(topic: string): Promise<readonly Member[]> {
    return this.#ask(() => this.#inner.members(topic))
  }

  withdraw(withdrawal: Withdrawal): Promise<void> {
    return this.#ask(() => this.#inner.withdraw(withdrawal))
  }

  onWithdrawal(listener: (withdrawal: Withdrawal) => void): () => void {
    return this.#inner.onWithdrawal(listener)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}
