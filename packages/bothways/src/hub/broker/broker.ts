/** How many publications of a topic are kept, and for how long. */
export interface HistoryPolicy {
  readonly count: number
  readonly ageMs: number
}

/** A publication as a broker keeps it and hands it out. */
export interface StoredPublication {
  readonly topic: string
  /** Letters, digits and `.`, `_`, `-`, at most 64 of them. Undefined in a topic without history. */
  readonly position: string | undefined
  /** The position of the one before it; that of the beginning for the first. */
  readonly previous: string | undefined
  /** JSON text. */
  readonly data: string
  readonly user: string | undefined
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface PublishRequest {
  readonly topic: string
  /** JSON text. */
  readonly data: string
  readonly user: string | undefined
  /** Undefined: nothing is kept, and there is no position. */
  readonly history: HistoryPolicy | undefined
  /** The newest value is the whole history. */
  readonly isState: boolean
  /** The publisher's name for it, and who that is: the same key of another publisher is another. */
  readonly key: { readonly name: string; readonly scope: string } | undefined
  /** Only if the topic's head is this. */
  readonly ifPosition: string | undefined
}

/** Of a request that is carried to those who subscribe now, and is nothing to the broker besides. */
export const carriedAlone: Omit<PublishRequest, 'topic' | 'data'> = {
  user: undefined,
  history: undefined,
  isState: false,
  key: undefined,
  ifPosition: undefined,
}

export interface Published {
  readonly position: string | undefined
  /** True when its key had been published before: nothing was stored now. */
  readonly isRepeated: boolean
}

export interface HistoryRequest {
  readonly topic: string
  /** Everything behind it; else the newest `last`. */
  readonly since?: string | undefined
  /** How many of the newest, when `since` is not given or cannot be found. */
  readonly last: number
  /** At most so many of them: the oldest. */
  readonly limit: number
}

export interface History {
  /** Oldest first. */
  readonly publications: readonly StoredPublication[]
  /** Before the first of them; the head when there is none. */
  readonly start: string
  readonly head: string
  /** False: `since` is not of this history, or what was behind it has gone. Undefined without `since`. */
  readonly recovered: boolean | undefined
  /** There is more behind the last of them. */
  readonly hasMore: boolean
}

export interface Member {
  /** The connection. */
  readonly client: string
  readonly user?: string
  readonly data: unknown
}

export interface BrokerEvents {
  /** A publication, in the topic's order. One may come twice, or be missing: `previous` tells. */
  onPublication(publication: StoredPublication): void
  onJoined(topic: string, member: Member): void
  onLeft(topic: string, client: string): void
  /** The broker was away, and from here on everything comes again: everything from meanwhile is to be read. */
  onRestored(): void
}

/** A call on every process to end a user's clients, or to authorize their subscriptions again. */
export interface Withdrawal {
  readonly kind: 'disconnect' | 'revoke'
  readonly user: string
}

export interface TopicSubscription {
  /** The head once everything behind it will be delivered. */
  readonly head: string
  unsubscribe(): void
}

/**
 * Stores publications and carries them between processes. Foreign text does not reach it: names, data and positions were
 * checked. Every method may reject with a HubError; `unavailable` when the broker is away.
 */
export interface Broker {
  /** For how long a key is remembered, in ms; at least five minutes. */
  readonly keyWindowMs: number
  /**
   * Stores and carries one publication. Atomic: it is in the history with its position and its key, or nothing of it is.
   * Calls for one topic take effect in their order. The same key again is answered with the first position and not carried
   * again; with other data it rejects with `key_reused`; where keys have no room, with `busy`: none is forgotten early.
   */
  publish(request: PublishRequest): Promise<Published>
  /** Resolves once everything behind the head will be delivered to `events`. */
  subscribe(topic: string, events: BrokerEvents): Promise<TopicSubscription>
  history(request: HistoryRequest): Promise<History>
  /** The heads of many topics at once, in their order. */
  heads(topics: readonly string[]): Promise<readonly string[]>
  /**
   * A member that joins again replaces itself. It stays until it leaves, or until the broker object it joined by has been dead
   * for a minute: brokers between processes hold members by leases, and renew them by themselves.
   */
  join(topic: string, member: Member): Promise<void>
  leave(topic: string, client: string): Promise<void>
  members(topic: string): Promise<readonly Member[]>
  /** Tells every process, this one too; within 30 s also those that were away. Resolves once it is stored. */
  withdraw(withdrawal: Withdrawal): Promise<void>
  /** Calls the listener with each withdrawal of any process from now on; one may come twice. @returns a function that ends it */
  onWithdrawal(listener: (withdrawal: Withdrawal) => void): () => void
  /** Gives everything back. */
  close(): Promise<void>
}
