import { type ClientError, checkIs, checkNames } from './client-error.ts'
import type { Subscription } from './subscription.ts'
import type { PublishOptions, TopicHandler } from './topic.ts'

/** A topic with one value. Listening subscribes; a slow reader gets the newest value and not those in between. */
export interface StateTopic<Data = unknown, Input = Data> {
  readonly name: string
  /** The newest value that has come; undefined before. */
  readonly value: Data | undefined
  /** Where that value stands: for `ifPosition`. */
  readonly position: string | undefined
  /** Hears the value, at once where it is known, and each newer one. @returns a function that ends it; the last one unsubscribes */
  subscribe(listener: (value: Data) => void, onEnd?: (error: ClientError) => void): () => void
  /**
   * Sets the value. @returns its position, once the broker has it
   *
   * @throws ClientError what the server refused it with: `bad_request` for a topic that has publications and no state
   */
  set(data: Input, options?: PublishOptions): Promise<string | undefined>
}

export function createStateTopic(name: string, handler: TopicHandler): StateTopic {
  let subscription: Subscription | undefined
  let listenerCount = 0
  return {
    name,
    get value() {
      return subscription?.state?.data
    },
    get position() {
      return subscription?.state?.position
    },
    subscribe(listener, onEnd) {
      checkIs('A listener', 'function', listener)
      if (subscription?.status === 'ended') {
        handler.release(subscription)
        subscription = undefined
        listenerCount = 0
      }
      subscription ??= handler.subscribe(name, undefined, true)
      const own = subscription
      const { events, state } = own
      listenerCount++
      const stops = [events.on('state', data => listener(data))]
      if (onEnd !== undefined) stops.push(events.on('end', onEnd))
      if (state !== undefined) listener(state.data)
      return () => {
        if (stops.length === 0) return
        for (const stop of stops.splice(0)) stop()
        if (subscription !== own || --listenerCount > 0) return
        handler.release(own)
        subscription = undefined
      }
    },
    async set(data, given = {}) {
      checkNames('set', given, 'ifPosition')
      return await handler.publish(name, data, { ...given, state: true })
    },
  }
}
