import { type ClientError, checkIs } from './client-error.ts'
import type { Subscription } from './subscription.ts'
import type { PublishOptions, TopicHandler } from './topic.ts'

/** A topic with one value. Listening subscribes; a slow reader gets the newest value and not those in between. */
export class StateTopic<Data = unknown, Input = Data> {
  readonly name: string
  readonly #handler: TopicHandler
  #subscription: Subscription | undefined
  #listenerCount = 0

  constructor(name: string, handler: TopicHandler) {
    this.name = name
    this.#handler = handler
  }

  /** The newest value that has come; undefined before. */
  get value(): Data | undefined {
    return this.#subscription?.state?.data as Data | undefined
  }

  /** Where that value stands: for `ifPosition`. */
  get position(): string | undefined {
    return this.#subscription?.state?.position
  }

  /** Hears the value, at once where it is known, and each newer one. @returns what ends it; the last one unsubscribes */
  subscribe(listener: (value: Data) => void, onEnd?: (error: ClientError) => void): () => void {
    checkIs('A listener', 'function', listener)
    this.#subscription ??= this.#handler.subscribe(this.name, undefined)
    const subscription = this.#subscription
    this.#listenerCount++
    const stops = [subscription.events.on('state', data => listener(data as Data))]
    if (onEnd !== undefined) stops.push(subscription.events.on('end', onEnd))
    if (subscription.state !== undefined) listener(subscription.state.data as Data)
    return () => {
      for (const stop of stops.splice(0)) stop()
      if (--this.#listenerCount > 0 || this.#subscription !== subscription) return
      this.#handler.release(subscription)
      this.#subscription = undefined
    }
  }

  /** Sets the value. @returns its position, once the broker has it */
  async set(data: Input, { ifPosition }: PublishOptions = {}): Promise<string | undefined> {
    return await this.#handler.publish(this.name, data, ifPosition)
  }
}
