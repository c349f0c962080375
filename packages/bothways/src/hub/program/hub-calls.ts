import type { Member } from '../broker/broker.ts'
import type { Subscription } from '../delivery/subscription.ts'

export interface PublishToTopic {
  /** The publisher's name for it: the same again is the same publication. 22 to 128 characters. */
  key?: string | undefined
  /** Only if the topic's head is this; else it fails with `conflict`. */
  ifPosition?: string | undefined
  /** Which clients of a meeting have it already. */
  sender?: string | undefined
}

/** How a client publishes. */
export interface PublishAs extends PublishToTopic {
  /** Whether it is meant as the value of a state topic: it fails with `bad_request` in another. */
  asState?: boolean | undefined
}

export interface SubscribeToTopic {
  since?: string | undefined
  /** How many of the newest are wanted first. Default 0. */
  last?: number | undefined
  /** This client's public data; it is a member then. */
  presence?: { readonly client: string; readonly data: unknown } | undefined
}

/** A subscription as it begins. */
export interface Subscribed {
  readonly subscription: Subscription
  readonly position: string | undefined
  readonly recovered: boolean | undefined
  readonly members: readonly Member[] | undefined
  readonly memberCount: number | undefined
}
