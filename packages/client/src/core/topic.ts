import { type ClientError, checkNames } from './client-error.ts'
import type { Member } from './messages.ts'
import type { PublishedAs } from './publish-queue.ts'
import type { Publication, SubscribeOptions, Subscription, SubscriptionStatus } from './subscription.ts'

export interface TopicEvents<Data> {
  readonly publication: (publication: Publication<Data>) => void
  /** Publications were lost, or may have been: load anew what depends on them. Those that follow are behind `position`. */
  readonly gap: (gap: { readonly topic: string; readonly position: string | undefined }) => void
  /** The members, whenever they have changed. In a crowd of more than 100 the list is empty, and `count` counts. */
  readonly members: (members: readonly Member[], count: number) => void
  readonly status: (status: SubscriptionStatus) => void
  /** The subscription was refused, or the server ended it: nothing follows. */
  readonly end: (error: ClientError) => void
}

export interface PublishOptions {
  /** A state topic is set only if its value still stands there; else it fails as `conflict`. */
  readonly ifPosition?: string
}

export interface TopicHandler {
  publish(topic: string, data: unknown, how: PublishedAs): Promise<string | undefined>
  /** The one subscription of the topic, made if there is none. @param isState whether it is taken to have a state */
  subscribe(topic: string, options: SubscribeOptions | undefined, isState: boolean): Subscription
  /** One who listened does no more. */
  release(subscription: Subscription): void
  /** @throws ClientError `closed` */
  expectNotClosed(): void
  /** Whether members are known on the present transport. */
  hasPresence(): boolean
}

/**
 * A topic of the server. Listening subscribes, so does `presence`; all handles of one name share one subscription, and each
 * listener gets the newest `last` publications first. `Input` is what is published, `Data` what the server makes of it.
 */
export interface Topic<Data = unknown, Input = Data> {
  readonly name: string
  readonly status: SubscriptionStatus
  /** Where the last publication stood that came: keep it, and give it as `since` on the next visit. */
  readonly position: string | undefined
  readonly members: readonly Member[]
  readonly memberCount: number
  /** Whether the others see this client. It is `unavailable` without WebSocket, until that works again. */
  readonly presence: 'none' | 'joining' | 'joined' | 'unavailable'
  /**
   * Listens. @returns a function that ends it
   *
   * @throws ClientError `wrong_use` when the topic is subscribed to with other options
   */
  on<Name extends keyof TopicEvents<Data>>(event: Name, listener: TopicEvents<Data>[Name]): () => void
  /** Resolves when the server says that this client is subscribed. @throws ClientError when it is refused, or `closed` */
  ready(): Promise<void>
  /**
   * Resolves with its position once the broker has it, in the order of the calls, also across new connections: within the
   * server's key window it is stored once.
   *
   * @param data anything that JSON can say
   * @returns undefined in a topic without history
   * @throws ClientError `outcome_unknown` when the window is over, `queue_full`, or what the server refused it with
   */
  publish(data: Input, options?: PublishOptions): Promise<string | undefined>
  /** Ends what was begun with `on` and `presence` here; the last one unsubscribes. */
  close(): void
}

export function createTopic(
  name: string,
  options: SubscribeOptions | undefined,
  handler: TopicHandler,
): Topic {
  const stops = new Set<() => void>()
  let subscription: Subscription | undefined

  const release = () => {
    if (subscription !== undefined) handler.release(subscription)
    subscription = undefined
  }
  const subscribe = (): Subscription => {
    if (subscription?.status === 'ended') release()
    subscription ??= handler.subscribe(name, options, false)
    return subscription
  }
  const statusOf = () => subscription?.status ?? 'idle'

  if (options?.presence !== undefined) subscribe()
  return {
    name,
    get status() {
      return statusOf()
    },
    get position() {
      return subscription?.position
    },
    get members() {
      return subscription?.members ?? []
    },
    get memberCount() {
      return subscription?.memberCount ?? 0
    },
    get presence() {
      if (subscription?.options.presence === undefined) return 'none'
      if (!handler.hasPresence()) return 'unavailable'
      return subscription.isPresent && statusOf() === 'subscribed' ? 'joined' : 'joining'
    },
    on(event, listener) {
      const { events, recent } = subscribe()
      const stop = events.on(event, listener as () => void)
      stops.add(stop)
      if (event === 'publication') {
        for (const publication of [...recent]) (listener as TopicEvents<unknown>['publication'])(publication)
      }
      return () => {
        stop()
        stops.delete(stop)
      }
    },
    async ready() {
      handler.expectNotClosed()
      await subscribe().ready()
    },
    async publish(data, given = {}) {
      checkNames('publish(data, options)', given, 'ifPosition')
      return await handler.publish(name, data, { ...given })
    },
    close() {
      for (const stop of stops) stop()
      stops.clear()
      release()
    },
  }
}
