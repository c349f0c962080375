import { UsageError } from '@bothways/protocol'
import type { Sink } from '../connection/channel.ts'
import { checkOptionNames, kindOf } from '../connection/option-checks.ts'
import type { Publication } from '../connection/sending/publication.ts'
import { publicUser, senderOf } from './author.ts'
import type { Broker, Member, StoredPublication } from './broker.ts'
import type { PublishToTopic, Subscribed, SubscribeToTopic } from './hub-calls.ts'
import { HubError } from './hub-error.ts'
import { PublicationMessage } from './messages.ts'
import type { Subscription } from './subscription.ts'

/** As many publications as one reading of a history gives. */
export const maxHistoryRead = 1000

/** What a topic needs of its hub. */
export interface TopicPort {
  publish(data: unknown, options: PublishToTopic): Promise<string | undefined>
  subscribe(sink: Sink, options: SubscribeToTopic): Promise<Subscribed>
  unsubscribe(subscription: Subscription): void
  subscriberCount(): number
  readonly broker: Broker
  onError(error: unknown): void
}

/** A publication as a program gets it. */
export interface TopicPublication<Data = unknown> {
  readonly data: Data
  readonly position: string | undefined
  readonly user: string | undefined
  /** Of what came from a meeting: the ids of clients that have it already. */
  readonly sender: string | undefined
  readonly at: number
}

/** One topic, for the program itself. `Input` is what is published, `Data` what the schema makes of it. */
export class HubTopic<Data = unknown, Input = Data> {
  readonly name: string
  readonly #port: TopicPort

  constructor(name: string, port: TopicPort) {
    this.name = name
    this.#port = port
  }

  /** Resolves with the position once the broker has it. @throws HubError */
  async publish(data: Input, options: PublishToTopic = {}): Promise<string | undefined> {
    checkOptionNames('publish to a topic', options, ['key', 'ifPosition', 'sender'])
    return await this.#port.publish(data, options)
  }

  /**
   * Calls a function with everything that is published from now on, or behind `since`, in order. What it throws goes to `onError`.
   *
   * @returns a function that ends it
   */
  async subscribe(
    listener: (publication: TopicPublication<Data>) => void,
    options: { readonly since?: string; readonly last?: number } = {},
  ): Promise<() => void> {
    checkOptionNames('subscribe', options, ['since', 'last'])
    if (typeof listener !== 'function') {
      throw new UsageError(
        'BW_INVALID_ARGUMENT',
        `subscribe takes a function, subscribe(({ data }) => { … }), got ${kindOf(listener)}.`,
      )
    }
    const { subscription } = await this.#port.subscribe(
      { sendShared: message => this.#tell(listener, message) },
      options,
    )
    subscription.start()
    return () => this.#port.unsubscribe(subscription)
  }

  /** Everything that is published from now on, for `for await`; leaving the loop ends it. What is not taken waits in history. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TopicPublication<Data>, void> {
    const waiting: TopicPublication<Data>[] = []
    let wake: () => void = ignore
    const sink: Sink = {
      sendShared(message) {
        if (message instanceof PublicationMessage) waiting.push(fromStored(message.publication))
        wake()
        return waiting.length < maxWaiting ? 'sent' : 'queued'
      },
    }
    const { subscription } = await this.#port.subscribe(sink, {})
    subscription.start()
    try {
      for (;;) {
        const next = waiting.shift()
        if (next !== undefined) {
          yield next
          if (waiting.length === 0) subscription.goOn()
        } else {
          await new Promise<void>(resolve => {
            wake = resolve
          })
        }
      }
    } finally {
      this.#port.unsubscribe(subscription)
    }
  }

  /** The newest `last`, or what is behind `since`, oldest first. */
  async history({
    since,
    last = 100,
  }: {
    readonly since?: string
    readonly last?: number
  } = {}): Promise<readonly TopicPublication<Data>[]> {
    const { publications } = await this.#port.broker.history({
      topic: this.name,
      since,
      last,
      limit: maxHistoryRead,
    })
    return publications.map(stored => fromStored<Data>(stored))
  }

  /** Who subscribes to it in this process: clients, this program, and polls that wait. */
  get subscriberCount(): number {
    return this.#port.subscriberCount()
  }

  members(): Promise<readonly Member[]> {
    return this.#port.broker.members(this.name)
  }

  /** Of a state topic: its value; undefined before the first. */
  async get(): Promise<Data | undefined> {
    const [newest] = await this.history({ last: 1 })
    return newest?.data
  }

  /** Of a state topic: its new value. */
  set(data: Input): Promise<string | undefined> {
    return this.publish(data)
  }

  /** Of a state topic: a new value made of the old one; the function is called again when somebody was faster. */
  async update(change: (value: Data | undefined) => Input): Promise<Input> {
    for (;;) {
      const [newest] = await this.history({ last: 1 })
      const [head] = await this.#port.broker.heads([this.name])
      const value = change(newest?.data)
      try {
        await this.publish(value, { ifPosition: newest?.position ?? head })
        return value
      } catch (error) {
        if (!(error instanceof HubError && error.code === 'conflict')) throw error
      }
    }
  }

  /** What a listener throws is no business of the other subscribers, nor of the publisher. */
  #tell(listener: (publication: TopicPublication<Data>) => void, message: Publication): 'sent' {
    try {
      if (message instanceof PublicationMessage) listener(fromStored(message.publication))
    } catch (error) {
      this.#port.onError(error)
    }
    return 'sent'
  }
}

/** Publications that wait for an iteration; then it is fed from history. */
const maxWaiting = 100

function ignore(): void {}

function fromStored<Data>({ data, position, user, at }: StoredPublication): TopicPublication<Data> {
  return { data: JSON.parse(data), position, user: publicUser(user), sender: senderOf(user), at }
}
