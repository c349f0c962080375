import type { Broker } from './broker.ts'
import type { TopicOptions } from './topic-options.ts'

export interface HubOptions<User = undefined> {
  /** Topics by name or pattern: `:x` is one segment between slashes, a final `*` the rest. Others are unknown to clients. */
  topics?: Readonly<Record<string, TopicOptions<User>>>
  /** Default: in memory, for as long as the process lives. */
  broker?: Broker
  /** Who somebody is, for keys, `hub.disconnect` and `hub.revoke`. Default: all are one. */
  userId?(user: User): string
  /** What others see of a user, beside what it publishes and who is there. Default: nothing. */
  publicUser?(user: User): string | undefined
  /** The largest data of a publication or a request, in bytes of JSON. Default 64 KiB. */
  maxDataBytes?: number
  /** Topics that one client may subscribe to. Default 1,000. */
  maxSubscriptionsPerClient?: number
  /** Members of one topic; one more may subscribe without presence. Default 10,000. */
  maxMembersPerTopic?: number
  /** Told what a handler, `authorize` or the broker threw. Default: `console.error`. */
  onError?(error: unknown): void
}

/** What a handler of a request knows besides its input. */
export interface RequestContext<User> {
  readonly user: User
  readonly method: string
}

export type RequestHandler<User> = (input: unknown, context: RequestContext<User>) => unknown
