import type { Broker, Member, TopicSubscription } from '../hub/broker/broker.ts'
import { toHubError } from '../hub/hub-error.ts'
import {
  type Answer,
  type Call,
  callMethods,
  type EventName,
  type Failure,
  type IpcChannel,
} from './messages.ts'

/** The primary's end: lets one worker use the broker, and gives back what it held when it has ended. */
export class BrokerHost {
  readonly #broker: Broker
  readonly #channel: IpcChannel<Answer>
  readonly #onError: (error: unknown) => void
  readonly #subscriptions = new Map<number, Promise<TopicSubscription>>()
  /** Topics of its members, by client. */
  readonly #members = new Map<string, Set<string>>()
  readonly #stopListening: () => void
  #hasEnded = false

  /** @param onError takes errors that the broker throws, but for a HubError */
  constructor(broker: Broker, channel: IpcChannel<Answer>, onError: (error: unknown) => void) {
    this.#broker = broker
    this.#channel = channel
    this.#onError = onError
    this.#stopListening = broker.onWithdrawal(withdrawal => this.#send({ type: 'withdrawal', withdrawal }))
  }

  receive(call: Call): void {
    if (this.#hasEnded) return
    if (call.type === 'call') void this.#answer(call.id, () => this.#call(call))
    else if (call.type === 'subscribe') void this.#answer(call.id, () => this.#subscribe(call.id, call.topic))
    else if (call.type === 'unsubscribe') this.#unsubscribe(call.id)
  }

  /** The worker is gone: so are its subscriptions, and its members leave. */
  async end(): Promise<void> {
    this.#hasEnded = true
    this.#stopListening()
    for (const id of this.#subscriptions.keys()) this.#unsubscribe(id)
    const leaving: Promise<void>[] = []
    for (const [client, topics] of this.#members) {
      for (const topic of topics) leaving.push(this.#broker.leave(topic, client).catch(this.#onError))
    }
    this.#members.clear()
    await Promise.all(leaving)
  }

  async #answer(id: number, work: () => Promise<unknown>): Promise<void> {
    try {
      this.#send({ type: 'answer', id, value: await work() })
    } catch (error) {
      this.#send({ type: 'answer', id, failure: this.#failureOf(error) })
    }
  }

  async #call({ method, args }: Extract<Call, { type: 'call' }>): Promise<unknown> {
    if (!callMethods.includes(method)) throw new TypeError(`A broker has no method ${method}.`)
    if (method === 'join') this.#remember(args[0] as string, args[1] as Member)
    if (method === 'leave') this.#forget(args[0] as string, args[1] as string)
    const call = this.#broker[method] as (...args: readonly unknown[]) => Promise<unknown>
    return await call.apply(this.#broker, [...args])
  }

  #remember(topic: string, { client }: Member): void {
    const topics = this.#members.get(client)
    if (topics === undefined) this.#members.set(client, new Set([topic]))
    else topics.add(topic)
  }

  #forget(topic: string, client: string): void {
    const topics = this.#members.get(client)
    topics?.delete(topic)
    if (topics?.size === 0) this.#members.delete(client)
  }

  async #subscribe(id: number, topic: string): Promise<{ head: string }> {
    const tell =
      (name: EventName) =>
      (...args: readonly unknown[]): void =>
        this.#send({ type: 'event', id, name, args })
    const subscription = this.#broker.subscribe(topic, {
      onPublication: tell('onPublication'),
      onJoined: tell('onJoined'),
      onLeft: tell('onLeft'),
      onRestored: tell('onRestored'),
    })
    this.#subscriptions.set(id, subscription)
    try {
      return { head: (await subscription).head }
    } catch (error) {
      this.#subscriptions.delete(id)
      throw error
    }
  }

  #unsubscribe(id: number): void {
    const subscription = this.#subscriptions.get(id)
    this.#subscriptions.delete(id)
    subscription?.then(
      ({ unsubscribe }) => unsubscribe(),
      // Told to the subscriber.
      () => {},
    )
  }

  #send(answer: Answer): void {
    if (!this.#hasEnded) this.#channel.send(answer)
  }

  #failureOf(error: unknown): Failure {
    const { code, message, retryAfterMs } = toHubError(error)
    if (code === 'internal') this.#onError(error)
    return { code, message, retryAfterMs }
  }
}
