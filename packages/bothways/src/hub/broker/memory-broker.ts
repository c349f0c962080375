import { aFunction, type OptionRules, resolveOptions, wholeNumber } from '../../connection/option-rules.ts'
import { HubError } from '../hub-error.ts'
import { LocalPresence } from '../presence/local-presence.ts'
import { fingerprintOf } from '../publishing/publication-key.ts'
import { Audience } from './audience.ts'
import type {
  Broker,
  BrokerEvents,
  History,
  HistoryPolicy,
  HistoryRequest,
  Member,
  Published,
  PublishRequest,
  StoredPublication,
  TopicSubscription,
  Withdrawal,
} from './broker.ts'
import { newCheck, newEpoch, type Position, readPosition, writePosition } from './position.ts'

export interface MemoryBrokerOptions {
  /** How long keys are remembered, in ms. Default 300,000, which is the least. */
  keyWindowMs?: number
  /** Keys that are remembered; one more publication with a key is refused as `busy`. Default 100,000. */
  maxKeys?: number
  /** Bytes of all histories; with more, publications are refused as `busy`. Default 256 MiB. */
  maxHistoryBytes?: number
  /** Topics with history, members or a position that are remembered. One more is refused as `busy`. Default 100,000. */
  maxTopics?: number
  /** The clock, in ms since 1970. Default `Date.now`. */
  now?: () => number
}

/** The key window that every broker has at least, in ms: five minutes. */
const leastKeyWindowMs = 300_000

const rules: OptionRules<MemoryBrokerOptions, Readonly<Required<MemoryBrokerOptions>>> = {
  keyWindowMs: wholeNumber(leastKeyWindowMs, leastKeyWindowMs),
  maxKeys: wholeNumber(100_000, 1),
  maxHistoryBytes: wholeNumber(256 * 1024 * 1024),
  maxTopics: wholeNumber(100_000, 1),
  now: (options, name) => aFunction(options, name) ?? Date.now,
}

/** Epoch and head outlive history and idleness by a day. */
const headLifeMs = 24 * 60 * 60 * 1000

/** The cost of keeping a publication besides its text, in bytes. */
const entryBytes = 160

interface Key {
  readonly position: string | undefined
  readonly fingerprint: string
  readonly expiresAt: number
}

interface Topic {
  readonly epoch: string
  head: Position
  readonly entries: StoredPublication[]
  /** The check of the publication before the first entry: tells a true position there from a false one. */
  base: Position
  bytes: number
  lastUsedAt: number
  ageMs: number
}

/** The broker in the memory of one process: it lives as long as that. */
export class MemoryBroker implements Broker {
  readonly keyWindowMs: number
  readonly #settings: Readonly<Required<MemoryBrokerOptions>>
  #epoch: string = newEpoch()
  readonly #topics = new Map<string, Topic>()
  readonly #keys = new Map<string, Key>()
  readonly #audience = new Audience()
  readonly #presence = new LocalPresence(this.#audience)
  #bytes = 0

  /** @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION` */
  constructor(options: MemoryBrokerOptions = {}) {
    this.#settings = resolveOptions('MemoryBroker', options, rules)
    this.keyWindowMs = this.#settings.keyWindowMs
  }

  async publish(request: PublishRequest): Promise<Published> {
    const now = this.#settings.now()
    const { topic: name, data, user, key } = request
    const keyName = key === undefined ? undefined : `${name}\0${key.scope}\0${key.name}`
    if (keyName !== undefined) {
      this.#forgetKeys(now)
      const known = this.#keys.get(keyName)
      if (known !== undefined) {
        if (known.fingerprint !== fingerprintOf(data)) {
          throw new HubError('key_reused', 'This key was published with other data.')
        }
        return { position: known.position, isRepeated: true }
      }
      if (this.#keys.size >= this.#settings.maxKeys) {
        throw new HubError('busy', 'The server remembers as many keys as it may: try again later.', {
          retryAfterMs: 1000,
        })
      }
    }
    const policy = request.isState ? statePolicy : request.history
    if (policy === undefined && request.ifPosition !== undefined) {
      throw new HubError('no_history', 'This topic has no positions to compare with.')
    }
    const publication =
      policy === undefined
        ? { topic: name, position: undefined, previous: undefined, data, user, at: now }
        : this.#store(request, policy, now)
    if (keyName !== undefined) {
      this.#keys.set(keyName, {
        position: publication.position,
        fingerprint: fingerprintOf(data),
        expiresAt: now + this.keyWindowMs,
      })
    }
    this.#audience.publication(publication)
    return { position: publication.position, isRepeated: false }
  }

  #store(request: PublishRequest, policy: HistoryPolicy, now: number): StoredPublication {
    const { topic: name, data, user, ifPosition } = request
    const head = writePosition(this.#headOf(name))
    if (ifPosition !== undefined && ifPosition !== head) {
      throw new HubError('conflict', 'The topic has changed since that position.')
    }
    const cost = entryBytes + data.length * 2
    if (this.#bytes + cost > this.#settings.maxHistoryBytes) {
      this.#expireAll(now)
      if (this.#bytes + cost > this.#settings.maxHistoryBytes) {
        throw new HubError('busy', 'The histories of all topics are full: try again later.', {
          retryAfterMs: 1000,
        })
      }
    }
    const topic = this.#topicOf(name, now)
    const position: Position = { epoch: topic.epoch, offset: topic.head.offset + 1, check: newCheck() }
    const publication: StoredPublication = {
      topic: name,
      position: writePosition(position),
      previous: head,
      data,
      user,
      at: now,
    }
    topic.head = position
    topic.entries.push(publication)
    topic.bytes += cost
    topic.ageMs = policy.ageMs
    topic.lastUsedAt = now
    this.#bytes += cost
    while (topic.entries.length > policy.count) this.#dropOldest(topic)
    this.#expire(topic, now)
    return publication
  }

  async subscribe(name: string, events: BrokerEvents): Promise<TopicSubscription> {
    const unsubscribe = this.#audience.add(name, events)
    return { head: writePosition(this.#headOf(name)), unsubscribe }
  }

  async history({ topic: name, since, last, limit }: HistoryRequest): Promise<History> {
    const topic = this.#topics.get(name)
    const head = writePosition(this.#headOf(name))
    if (topic === undefined) {
      return {
        publications: [],
        start: head,
        head,
        recovered: since === undefined ? undefined : since === head,
        hasMore: false,
      }
    }
    this.#expire(topic, this.#settings.now())
    const { entries } = topic
    const from = since === undefined ? undefined : indexBehind(topic, since)
    if (from !== undefined) {
      const publications = entries.slice(from, from + limit)
      return {
        publications,
        start: since as string,
        head,
        recovered: true,
        hasMore: from + limit < entries.length,
      }
    }
    const newest = last === 0 ? [] : entries.slice(-last)
    return {
      publications: newest.length > limit ? newest.slice(0, limit) : newest,
      start: newest[0]?.previous ?? head,
      head,
      recovered: since === undefined ? undefined : false,
      hasMore: newest.length > limit,
    }
  }

  async heads(topics: readonly string[]): Promise<readonly string[]> {
    return topics.map(name => writePosition(this.#headOf(name)))
  }

  async join(name: string, member: Member): Promise<void> {
    this.#presence.join(name, member)
  }

  async leave(name: string, client: string): Promise<void> {
    this.#presence.leave(name, client)
  }

  async members(name: string): Promise<readonly Member[]> {
    return this.#presence.members(name)
  }

  async withdraw(withdrawal: Withdrawal): Promise<void> {
    this.#audience.withdrawal(withdrawal)
  }

  onWithdrawal(listener: (withdrawal: Withdrawal) => void): () => void {
    return this.#audience.addWithdrawalListener(listener)
  }

  async close(): Promise<void> {
    this.#topics.clear()
    this.#keys.clear()
    this.#audience.clear()
    this.#presence.clear()
  }

  /** A topic that nobody has published to stores nothing: its position is the beginning of the broker's epoch. */
  #headOf(name: string): Position {
    return this.#topics.get(name)?.head ?? { epoch: this.#epoch, offset: 0, check: '' }
  }

  #topicOf(name: string, now: number): Topic {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    if (this.#topics.size >= this.#settings.maxTopics) this.#forgetTopics(now)
    if (this.#topics.size >= this.#settings.maxTopics) {
      throw new HubError('busy', 'The server keeps as many topics as it may: try again later.', {
        retryAfterMs: 1000,
      })
    }
    const base: Position = { epoch: this.#epoch, offset: 0, check: '' }
    const topic: Topic = {
      epoch: this.#epoch,
      head: base,
      entries: [],
      base,
      bytes: 0,
      lastUsedAt: now,
      ageMs: 0,
    }
    this.#topics.set(name, topic)
    return topic
  }

  #dropOldest(topic: Topic): void {
    const dropped = topic.entries.shift()
    if (dropped?.position === undefined) return
    topic.base = readPosition(dropped.position) as Position
    const cost = entryBytes + dropped.data.length * 2
    topic.bytes -= cost
    this.#bytes -= cost
  }

  #expire(topic: Topic, now: number): void {
    while (topic.entries[0] !== undefined && topic.entries[0].at + topic.ageMs <= now) this.#dropOldest(topic)
  }

  #expireAll(now: number): void {
    for (const topic of this.#topics.values()) this.#expire(topic, now)
  }

  /** In the order in which they were made, which is that of their end. */
  #forgetKeys(now: number): void {
    for (const [name, { expiresAt }] of this.#keys) {
      if (expiresAt > now) return
      this.#keys.delete(name)
    }
  }

  #forgetTopics(now: number): void {
    for (const [name, topic] of this.#topics) {
      this.#expire(topic, now)
      if (topic.entries.length > 0 || topic.lastUsedAt + headLifeMs > now) continue
      this.#topics.delete(name)
      // Else its beginning would be its head again, as if nothing had been published behind it.
      this.#epoch = newEpoch()
    }
  }
}

/** The newest value for as long as the topic lives. */
const statePolicy: HistoryPolicy = { count: 1, ageMs: Number.POSITIVE_INFINITY }

/** Where the publications behind a position begin; undefined when it is not of this history, or they have gone. */
function indexBehind({ epoch, head, base, entries }: Topic, since: string): number | undefined {
  const position = readPosition(since)
  if (position === undefined || position.epoch !== epoch || position.offset > head.offset) return undefined
  const at = position.offset - base.offset
  if (at < 0) return undefined
  if (position.offset === head.offset) return position.check === head.check ? entries.length : undefined
  const known = at === 0 ? writePosition(base) : entries[at - 1]?.position
  return known === since ? at : undefined
}
