import { neverThrowing } from '../connection/never-throwing.ts'
import { invalidOption } from '../connection/option-checks.ts'
import { aFunction, type OptionRules, wholeNumber } from '../connection/option-rules.ts'
import type { Broker } from './broker/broker.ts'
import { MemoryBroker } from './broker/memory-broker.ts'
import { type Contract, checkContract, type NoContract, type Schemas } from './declarations/contract.ts'
import type { TopicPattern, TypeOfContract } from './declarations/contract-types.ts'
import type { TopicOptions } from './declarations/topic-options.ts'

export interface HubOptions<User = undefined, C extends TypeOfContract = NoContract> {
  /** The topics and methods on offer, by schemas; all its topics are declared. Default: nothing is said, and any JSON is taken. */
  contract?: C & Schemas<C>
  /**
   * Topics by name or pattern: `:x` is one segment between slashes, a final `*` the rest. Others are unknown to clients. With a
   * contract that has topics, how those behave.
   */
  topics?: { readonly [Pattern in TopicPattern<C>]?: TopicOptions<User> }
  /** Default: in memory, for as long as the process lives. */
  broker?: Broker
  /** The id of a user, for keys, `hub.disconnect` and `hub.revoke`. Default: all are one. */
  userId?(user: User): string
  /** The text that others see of a user, beside its publications and its presence. Default: none. */
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
   * Publications of one client in a second; ten seconds' worth may come at once. Above it a WebSocket is read slower; over HTTP a
   * user, or an address where users have no id, and a socket of a server that meets the hub are refused as `rate_limited`. Default 1,000.
   */
  maxPublishesPerSecond?: number
  /** The same of all clients together; more are `rate_limited`. Default 100,000. */
  maxTotalPublishesPerSecond?: number
  /** Readings of histories that run at once; the next waits for its turn. Default 16. */
  maxReplays?: number
  /** Told the errors of handlers, listeners, `authorize` and the broker; its own go to the console. Default: `console.error`. */
  onError?(error: unknown): void
}

/** {@link HubOptions} with every default filled in. */
export type HubSettings<User> = Readonly<
  Required<Omit<HubOptions<User, Contract>, 'publicUser' | 'expiresAt'>> & {
    publicUser: HubOptions<User>['publicUser']
    expiresAt: HubOptions<User>['expiresAt']
  }
>

export const hubRules: OptionRules<HubOptions<unknown, Contract>, HubSettings<unknown>> = {
  contract: ({ contract = {} }) => {
    checkContract(contract)
    return contract
  },
  topics: ({ topics = {} }) => topics,
  broker: options => aBroker(options) ?? new MemoryBroker(),
  userId: (options, name) => aFunction(options, name) ?? (() => ''),
  publicUser: aFunction,
  expiresAt: aFunction,
  maxDataBytes: wholeNumber(64 * 1024, 1),
  maxSubscriptionsPerClient: wholeNumber(1_000, 1),
  maxMembersPerTopic: wholeNumber(10_000, 1),
  maxPresenceBytes: wholeNumber(4 * 1024, 1),
  maxPublishesPerSecond: wholeNumber(1_000, 1),
  maxTotalPublishesPerSecond: wholeNumber(100_000, 1),
  maxReplays: wholeNumber(16, 1),
  onError: (options, name) =>
    neverThrowing(aFunction(options, name) ?? (error => console.error(error)), failure =>
      console.error(failure),
    ),
}

/** The option `broker`, of everything that has one. */
export function aBroker({ broker }: { readonly broker?: unknown }): Broker | undefined {
  const { publish, subscribe } = (broker ?? {}) as Partial<Broker>
  if (broker === undefined || (typeof publish === 'function' && typeof subscribe === 'function')) {
    return broker as Broker | undefined
  }
  throw invalidOption('broker', 'a broker, such as RedisBroker.open(…) resolves with', broker)
}
