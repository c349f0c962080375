import type {
  Client,
  ClientError,
  ConnectionState,
  Member,
  Publication,
  PublishOptions,
  SubscribeOptions,
  SubscriptionStatus,
  Topic,
} from '@bothways/client'
import { useCallback, useSyncExternalStore } from 'react'
import { newest } from './newest.ts'
import { beforeConnection, useClient, useClientSource } from './provider.ts'
import { Shared } from './shared.ts'
import { Store, useOpenStore } from './store.ts'

export interface TopicOptions extends SubscribeOptions {
  /** How many publications are kept for drawing; the oldest go. Default: `last`, and at least 100. */
  readonly keep?: number
}

export interface TopicState<Data> {
  /** Oldest first. */
  readonly publications: readonly Publication<Data>[]
  readonly members: readonly Member[]
  readonly memberCount: number
  readonly status: SubscriptionStatus
  /** How often publications were lost: the earlier ones are not in `publications` any more. */
  readonly gapCount: number
  /** Why it ended. */
  readonly error: ClientError | undefined
}

const emptyTopic: TopicState<never> = {
  publications: [],
  members: [],
  memberCount: 0,
  status: 'idle',
  gapCount: 0,
  error: undefined,
}

/** One topic for all components that show it. The options of those of one commit are put together, then it is subscribed to. */
class OpenTopic {
  readonly store: Store<TopicState<unknown>> = new Store<TopicState<unknown>>(emptyTopic)
  readonly #client: Client
  readonly #name: string
  #wanted: SubscribeOptions = {}
  #keep = 100
  #topic: Topic | undefined
  #isClosed = false

  constructor(client: Client, name: string) {
    this.#client = client
    this.#name = name
    queueMicrotask(() => {
      if (!this.#isClosed) this.#begin()
    })
  }

  /** From the second commit on only `keep` counts: the topic is subscribed to. */
  want({ keep, ...options }: TopicOptions): void {
    const last = Math.max(options.last ?? 0, this.#wanted.last ?? 0)
    this.#keep = Math.max(keep ?? last, this.#keep)
    this.#wanted = { ...options, ...this.#wanted, ...(last > 0 && { last }) }
  }

  close(): void {
    this.#isClosed = true
    this.#topic?.close()
  }

  #begin(): void {
    const topic = this.#client.topic(
      this.#name,
      Object.keys(this.#wanted).length > 0 ? this.#wanted : undefined,
    )
    this.#topic = topic
    const { store } = this
    const change = (part: Partial<TopicState<unknown>>) => store.set({ ...store.get(), ...part })
    topic.on('status', status => change({ status }))
    topic.on('members', (members, memberCount) => change({ members, memberCount }))
    topic.on('gap', () => change({ publications: [], gapCount: store.get().gapCount + 1 }))
    topic.on('end', error => change({ error }))
    topic.on('publication', publication => {
      change({ publications: newest([...store.get().publications, publication], this.#keep) })
    })
    change({ status: topic.status, members: topic.members, memberCount: topic.memberCount })
  }
}

/** The value of one state topic for all components that show it. */
class OpenState {
  readonly store: Store<unknown> = new Store<unknown>(undefined)
  readonly close: () => void

  constructor(client: Client, name: string) {
    this.close = client.state(name).subscribe(value => this.store.set(value))
  }
}

/** The open topics or states of each client, by name; one that nobody uses stays a moment, as a client does. */
class Open<Kind extends { close(): void }> {
  readonly #byClient = new WeakMap<Client, Shared<Kind>>()
  readonly #make: (client: Client, name: string) => Kind

  constructor(make: (client: Client, name: string) => Kind) {
    this.#make = make
  }

  take(client: Client, name: string): readonly [Kind, giveBack: () => void] {
    const shared = this.#byClient.get(client) ?? new Shared<Kind>(it => it.close())
    this.#byClient.set(client, shared)
    return shared.take(name, () => this.#make(client, name))
  }
}

const topics = new Open((client, name) => new OpenTopic(client, name))
const states = new Open((client, name) => new OpenState(client, name))

/**
 * A topic as it stands: publications as they come, the members, and whether it is subscribed. Components that name the same topic share
 * its subscription, with the options that those of the first commit want together.
 */
export function useTopic<Data = unknown>(name: string, options: TopicOptions = {}): TopicState<Data> {
  const client = useClient()
  const wanted = JSON.stringify(options)
  const open = useCallback((): readonly [Store<TopicState<unknown>>, () => void] => {
    if (client === undefined) return [new Store<TopicState<unknown>>(emptyTopic), () => {}]
    const [topic, giveBack] = topics.take(client, name)
    topic.want(JSON.parse(wanted))
    return [topic.store, giveBack]
  }, [client, name, wanted])
  return useOpenStore<TopicState<unknown>>(open, emptyTopic) as TopicState<Data>
}

/** The members of a topic, without its publications; as a member with `presence`. */
export function useMembers(name: string, options: TopicOptions = {}): readonly Member[] {
  return useTopic(name, options).members
}

/** A function that publishes: it resolves once the broker has it, and waits for a connection. */
export function usePublish<Data = unknown>(
  name: string,
): (data: Data, options?: PublishOptions) => Promise<string | undefined> {
  const source = useClientSource()
  return useCallback(
    async (data, options) => (await source.get()).topic(name).publish(data, options),
    [source, name],
  )
}

/** A function that asks a method of the server. */
export function useRequest<Input = unknown, Output = unknown>(
  method: string,
): (data: Input) => Promise<Output> {
  const source = useClientSource()
  return useCallback(
    async data => (await (await source.get()).request(method, data)) as Output,
    [source, method],
  )
}

/** The value of a state topic, undefined before it has come, and a function that sets it. */
export function useStateTopic<Data = unknown>(
  name: string,
): readonly [
  value: Data | undefined,
  set: (data: Data, options?: PublishOptions) => Promise<string | undefined>,
] {
  const client = useClient()
  const source = useClientSource()
  const open = useCallback((): readonly [Store<unknown>, () => void] => {
    if (client === undefined) return [new Store<unknown>(undefined), () => {}]
    const [{ store }, giveBack] = states.take(client, name)
    return [store, giveBack]
  }, [client, name])
  const value = useOpenStore<unknown>(open, undefined)
  const set = useCallback(
    async (data: Data, options?: PublishOptions) => (await source.get()).state(name).set(data, options),
    [source, name],
  )
  return [value as Data | undefined, set]
}

/** Status of the connection, why there is none, and when the next is tried. */
export function useConnection(): ConnectionState {
  const client = useClient()
  const subscribe = useCallback(
    (listener: () => void) => client?.on('status', listener) ?? (() => {}),
    [client],
  )
  return useSyncExternalStore(
    subscribe,
    () => client?.connection ?? beforeConnection,
    () => beforeConnection,
  )
}
