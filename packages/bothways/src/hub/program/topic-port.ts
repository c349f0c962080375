import type { Sink } from '../../connection/channel.ts'
import type { Broker } from '../broker/broker.ts'
import type { Subscription } from '../delivery/subscription.ts'
import type { PublishToTopic, Subscribed, SubscribeToTopic } from './hub-calls.ts'

/** The part of the hub that a topic uses. */
export interface TopicPort {
  publish(data: unknown, options: PublishToTopic): Promise<string | undefined>
  subscribe(sink: Sink, options: SubscribeToTopic): Promise<Subscribed>
  unsubscribe(subscription: Subscription): void
  subscriberCount(): number
  /** @throws HubError `bad_request` where there is no state */
  expectState(): void
  readonly broker: Broker
  onError(error: unknown): void
  /** Aborted when the hub has closed. */
  readonly closing: AbortSignal
}
