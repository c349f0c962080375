import { type ClientError, checkNames } from './client-error.ts'
import type { Member } from './messages.ts'
import type { Publication, SubscribeOptions, Subscription, SubscriptionStatus } from './subscription.ts'

export interface TopicEvents<Data> {
  readonly publication: (publication: Publication<Data>) => void
  /** Publications were lost, or may have been: load anew what depends on them. What follows is behind `position`. */
  readonly gap: (gap: { readonly topic: string; readonly position: string | undefined }) => void
  /** Who is there, whenever it has changed. In a crowd of more than 100 the list is empty, and `count` counts. */
  readonly members: (members: readonly Member[], count: number) => void
  readonly status: (status: SubscriptionStatus) => void
  /** The subscription was refused, or the server ended it: nothing follows. */
  readonly end: (error: ClientError) => void
}

export interface PublishOptions {
  /** Of a state topic: it is set only if its value still stands there; else it fails as `conflict`. */
  readonly ifPosition?: string
}

export interface TopicHandler {
  publish(topic: string, data: unknown, ifPosition?: string): Promise<string | undefined>
  /** The one subscription of the topic, made if there is none. */
  subscribe(topic: string, options: SubscribeOptions | undefined): Subscription
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
export class Topic<Data = unknown, Input = Data> {
  readonly name: string
  readonly #handler: TopicHandler
  readonly #options: SubscribeOptions | undefined
  #subscription: Subscription | undefined
  readonly #stops = new Set<() => void>()

  constructor(name: string, options: SubscribeOptions | undefined, handler: TopicHandler) {
    this.name = name
    this.#options = options
    this.#handler = handler
    if (options?.presence !== undefined) this.#subscribe()
  }

  get status(): SubscriptionStatus {
    return this.#subscription?.status ?? 'idle'
  }

  /** Where the last publication stood that came: keep it, and give it as `since` on the next visit. */
  get position(): string | undefined {
    return this.#subscription?.position
  }

  get members(): readonly Member[] {
    return this.#subscription?.members ?? []
  }

  get memberCount(): number {
    return this.#subscription?.memberCount ?? 0
  }

  /** Whether the others see this client. It is `unavailable` without WebSocket, until that works again. */
  get presence(): 'none' | 'joining' | 'joined' | 'unavailable' {
    const wanted = this.#subscription?.options.presence !== undefined
    if (!wanted) return 'none'
    if (!this.#handler.hasPresence()) return 'unavailable'
    return this.#subscription?.isPresent && this.status === 'subscribed' ? 'joined' : 'joining'
  }

  /**
   * Listens. @returns what ends it
   *
   * @throws ClientError `wrong_use` when the topic is subscribed to with other options
   */
  on<Name extends keyof TopicEvents<Data>>(event: Name, listener: TopicEvents<Data>[Name]): () => void {
    const subscription = this.#subscribe()
    const { events, recent } = subscription
    const stop = (events.on as (event: Name, listener: unknown) => () => void).call(events, event, listener)
    this.#stops.add(stop)
    if (event === 'publication' && recent.length > 0) {
      for (const publication of [...recent]) (listener as (publication: Publication) => void)(publication)
    }
    return () => {
      stop()
      this.#stops.delete(stop)
    }
  }

  /** Resolves when the server says that this client is subscribed. @throws ClientError when it is refused, or `closed` */
  async ready(): Promise<void> {
    this.#handler.expectNotClosed()
    await this.#subscribe().ready()
  }

  /**
   * Resolves with its position once the broker has it, in the order of the calls, also across new connections: within the
   * server's key window it is stored once.
   *
   * @param data anything that JSON can say
   * @returns undefined in a topic without history
   * @throws ClientError `outcome_unknown` when the window is over, `queue_full`, or what the server refused it with
   */
  async publish(data: Input, options: PublishOptions = {}): Promise<string | undefined> {
    checkNames('publish(data, options)', options, 'ifPosition')
    const { ifPosition } = options
    return await this.#handler.publish(this.name, data, ifPosition)
  }

  /** Ends what was begun with `on` and `presence` here; the last one unsubscribes. */
  close(): void {
    for (const stop of this.#stops) stop()
    this.#stops.clear()
    if (this.#subscription !== undefined) this.#handler.release(this.#subscription)
    this.#subscription = undefined
  }

  #subscribe(): Subscription {
    if (this.#subscription?.status === 'ended') {
      this.#handler.release(this.#subscription)
      this.#subscription = undefined
    }
    this.#subscription ??= this.#handler.subscribe(this.name, this.#options)
    return this.#subscription
  }
}
