import type {
  Broker,
  BrokerEvents,
  History,
  HistoryRequest,
  Member,
  Published,
  PublishRequest,
  TopicSubscription,
  Withdrawal,
} from '../hub/broker/broker.ts'
import { HubError } from '../hub/hub-error.ts'
import type { Answer, Call, CallMethod, IpcChannel } from './messages.ts'

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (error: HubError) => void
}

/** The worker's end: a broker that asks another, at the other end of a channel. */
export class ChannelBroker implements Broker {
  readonly keyWindowMs: number
  readonly #channel: IpcChannel<Call>
  readonly #waiting = new Map<number, Waiting>()
  readonly #subscriptions = new Map<number, BrokerEvents>()
  readonly #withdrawalListeners = new Set<(withdrawal: Withdrawal) => void>()
  #lastId = 0
  #isAway = false

  constructor(channel: IpcChannel<Call>, keyWindowMs: number) {
    this.#channel = channel
    this.keyWindowMs = keyWindowMs
  }

  receive(answer: Answer): void {
    if (answer.type === 'answer') this.#answer(answer)
    else if (answer.type === 'event') this.#tell(answer)
    else if (answer.type === 'withdrawal') {
      for (const listener of this.#withdrawalListeners) listener(answer.withdrawal)
    } else if (answer.type === 'alive?') this.#channel.send({ type: 'alive' })
    else this.#channel.release()
  }

  /** Nobody is at the other end any more. */
  leaveAlone(): void {
    this.#isAway = true
    for (const { reject } of this.#waiting.values()) reject(away())
    this.#waiting.clear()
  }

  publish(request: PublishRequest): Promise<Published> {
    return this.#call('publish', request)
  }

  async subscribe(topic: string, events: BrokerEvents): Promise<TopicSubscription> {
    const id = ++this.#lastId
    // Publications may come before the answer does.
    this.#subscriptions.set(id, events)
    try {
      const { head } = await this.#ask<{ head: string }>({ type: 'subscribe', id, topic })
      return { head, unsubscribe: () => this.#unsubscribe(id) }
    } catch (error) {
      this.#subscriptions.delete(id)
      throw error
    }
  }

  history(request: HistoryRequest): Promise<History> {
    return this.#call('history', request)
  }

  heads(topics: readonly string[]): Promise<readonly string[]> {
    return this.#call('heads', topics)
  }

  join(topic: string, member: Member): Promise<void> {
    return this.#call('join', topic, member)
  }

  leave(topic: string, client: string): Promise<void> {
    return this.#call('leave', topic, client)
  }

  members(topic: string): Promise<readonly Member[]> {
    return this.#call('members', topic)
  }

  withdraw(withdrawal: Withdrawal): Promise<void> {
    return this.#call('withdraw', withdrawal)
  }

  onWithdrawal(listener: (withdrawal: Withdrawal) => void): () => void {
    this.#withdrawalListeners.add(listener)
    return () => this.#withdrawalListeners.delete(listener)
  }

  /** The broker itself belongs to the primary, and stays. */
  async close(): Promise<void> {
    for (const id of [...this.#subscriptions.keys()]) this.#unsubscribe(id)
    this.leaveAlone()
  }

  #call<Value>(method: CallMethod, ...args: readonly unknown[]): Promise<Value> {
    return this.#ask({ type: 'call', id: ++this.#lastId, method, args })
  }

  #ask<Value>(call: Extract<Call, { type: 'call' | 'subscribe' }>): Promise<Value> {
    if (this.#isAway) return Promise.reject(away())
    return new Promise<Value>((resolve, reject) => {
      if (this.#channel.send(call)) this.#waiting.set(call.id, { resolve, reject })
      else reject(new HubError('busy', 'The primary does not keep up with its workers.'))
    })
  }

  #unsubscribe(id: number): void {
    if (this.#subscriptions.delete(id) && !this.#isAway) this.#channel.send({ type: 'unsubscribe', id })
  }

  #answer({ id, value, failure }: Extract<Answer, { type: 'answer' }>): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    if (failure === undefined) {
      waiting.resolve(value as never)
      return
    }
    const { code, message, retryAfterMs } = failure
    waiting.reject(new HubError(code, message, retryAfterMs === undefined ? {} : { retryAfterMs }))
  }

  #tell({ id, name, args }: Extract<Answer, { type: 'event' }>): void {
    const events = this.#subscriptions.get(id)
    const tell = events?.[name] as ((...args: readonly unknown[]) => void) | undefined
    tell?.apply(events, [...args])
  }
}

function away(): HubError {
  return new HubError('unavailable', 'The primary process is gone.')
}
