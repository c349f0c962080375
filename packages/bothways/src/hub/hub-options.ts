import type { Broker } from './broker.ts'
import type { Contract, NoContract, TopicPattern } from './contract.ts'
import type { TopicOptions } from './topic-options.ts'

export interface HubOptions<User = undefined, C extends Contract = NoContract> {
  /** What is offered, by schemas; all its topics are declared. Default: nothing is said, and any JSON is taken. */
  contract?: C
  /**
   * Topics by name or pattern: `:x` is one segment between slashes, a final `*` the rest. Others are unknown to clients. With a
   * contract that has topics, how those behave.
   */
  topics?: { readonly [Pattern in TopicPattern<C>]?: TopicOptions<User> }
  /** Default: in memory, for as long as the process lives. */
  broker?: Broker
  /** Who somebody is, for keys, `hub.disconnect` and `hub.revoke`. Default: all are one. */
  userId?(user: User): string
  /** What others see of a user, beside what it publishes and that it is there. Default: nothing. */
  publicUser?(user: User): string | undefined
  /** When a user's credentials run out, in ms since 1970: its connections and streams end then. Default: never. */
  expiresAt?(user: User): number | undefined
  /** The largest data of a publication or a request, in bytes of JSON. Default 64 KiB. */
  maxDataBytes?: number
  /** Topics that one client may subscribe to. Default 1,000. */
  maxSubscriptionsPerClient?: number
  /** Members of one topic; one more may subscribe without presence. Default 10,000. */
  maxMembersPerTopic?: number
  /** The largest data that a member shows of itself, in bytes of JSON. Default 4 KiB. */
  maxPresenceBytes?: number
  /**
   * Publications of one client in a second; ten seconds' worth may come at once. Above it a WebSocket is read slower, and over
   * HTTP a user, or an address where users have no id, is refused as `rate_limited`. Default 1,000.
   */
  maxPublishesPerSecond?: number
  /** The same of all clients together; more are `rate_limited`. Default 100,000. */
  maxTotalPublishesPerSecond?: number
  /** Readings of histories that run at once; the next waits for its turn. Default 16. */
  maxReplays?: number
  /** Told what a handler, `authorize` or the broker threw. Default: `console.error`. */
  onError?(error: unknown): void
}

/** What a handler of a request knows besides its input. */
export interface RequestContext<User> {
  readonly user: User
  readonly method: string
}

export type RequestHandler<User, Input = unknown, Output = unknown> = (
  input: Input,
  context: RequestContext<User>,
) => Output | Promise<Output>

export const hubOptionNames = [
  'contract',
  'topics',
  'broker',
  'userId',
  'publicUser',
  'expiresAt',
  'maxDataBytes',
  'maxPresenceBytes',
  'maxPublishesPerSecond',
  'maxTotalPublishesPerSecond',
  'maxReplays',
  'maxSubscriptionsPerClient',
  'maxMembersPerTopic',
  'onError',
] as const
