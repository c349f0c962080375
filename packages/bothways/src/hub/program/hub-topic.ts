import { UsageError } from '@bothways/protocol'
import { checkOptionNames, kindOf, type OptionTable } from '../../connection/option-checks.ts'
import type { Member } from '../broker/broker.ts'
import { HubError } from '../hub-error.ts'
import type { PublishToTopic } from './hub-calls.ts'
import { TopicIteration } from './topic-iteration.ts'
import { TopicListener } from './topic-listener.ts'
import type { TopicPort } from './topic-port.ts'
import { type TopicPublication, topicPublication } from './topic-publication.ts'

/** As many publications as one reading of a history gives. */
export const maxHistoryRead = 1000

const publishOptions: OptionTable<PublishToTopic> = { key: true, ifPosition: true, sender: true }

interface SubscribeOptions {
  readonly since?: string
  readonly last?: number
  onGap?(position: string | undefined): void
}

const subscribeOptions: OptionTable<SubscribeOptions> = { since: true, last: true, onGap: true }

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
    checkOptionNames('publish to a topic', options, publishOptions)
    return await this.#port.publish(data, options)
  }

  /**
   * Calls a function with everything that is published from now on, or behind `since`, in order; `onGap` where publications were
   * lost, also those behind a `since` that is too old: it goes on behind the position. Their errors go to the hub's `onError`.
   *
   * @returns a function that ends it
   */
  async subscribe(
    listener: (publication: TopicPublication<Data>) => void,
    options: SubscribeOptions = {},
  ): Promise<() => void> {
    checkOptionNames('subscribe', options, subscribeOptions)
    if (typeof listener !== 'function') {
      throw new UsageError(
        'BW_INVALID_ARGUMENT',
        `subscribe takes a function, subscribe(({ data }) => { … }), got ${kindOf(listener)}.`,
      )
    }
    const { onGap = ignore, ...from } = options
    const sink = new TopicListener<Data>({ listener, onGap, onError: error => this.#port.onError(error) })
    const { subscription, position, recovered } = await this.#port.subscribe(sink, from)
    if (recovered === false) sink.tellGap(position)
    subscription.start()
    return () => this.#port.unsubscribe(subscription)
  }

  /**
   * Everything that is published from now on, for `for await`; leaving the loop ends it, as the end of the hub does. Publications
   * that are not taken wait in history. The first one behind publications that were lost says so by `isAfterGap`.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<TopicPublication<Data>> {
    return new TopicIteration<Data>(this.#port)
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
    return publications.map(stored => topicPublication<Data>(stored, false))
  }

  /** The number of its subscribers in this process: clients, this program, and polls that wait. */
  get subscriberCount(): number {
    return this.#port.subscriberCount()
  }

  members(): Promise<readonly Member[]> {
    return this.#port.broker.members(this.name)
  }

  /** The value of a state topic; undefined before the first. @throws HubError `bad_request` for a topic without state */
  async get(): Promise<Data | undefined> {
    this.#port.expectState()
    const [newest] = await this.history({ last: 1 })
    return newest?.data
  }

  /** Sets the value of a state topic. @throws HubError as {@link get} */
  async set(data: Input): Promise<string | undefined> {
    this.#port.expectState()
    return await this.publish(data)
  }

  /** Makes a new value of a state topic from the old one; the function is called again when somebody was faster. */
  async update(change: (value: Data | undefined) => Input): Promise<Input> {
    this.#port.expectState()
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
}

function ignore(): void {}
