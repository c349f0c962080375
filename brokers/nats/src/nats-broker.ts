import { createHash } from 'node:crypto'
import {
  type Broker,
  type BrokerEvents,
  type History,
  type HistoryRequest,
  HubError,
  type Member,
  type Published,
  type PublishRequest,
  type TopicSubscription,
  type Withdrawal,
} from 'bothways'
import {
  Audience,
  invalidOption,
  longestTimerMs,
  newCheck,
  type OptionRules,
  readPosition,
  resolveOptions,
  wholeNumber,
} from 'bothways/broker'
import { JetStream, textOf } from './jetstream.ts'
import { Log } from './log.ts'
import type { NatsConnection, NatsHeaders, NatsMessage } from './nats-connection.ts'
import { hubErrorOf } from './nats-failure.ts'
import { Presence, type Present, renewMs } from './presence.ts'
import { laneOf, Streams } from './streams.ts'
import { entryOf, Positions, readPresence, type Stamp, writeStamp } from './wire.ts'
import { Withdrawals } from './withdrawals.ts'

export interface NatsBrokerOptions {
  /** A connection of `@nats-io/transport-node`, or another of `@nats-io/nats-core`; the program closes it. */
  connection: NatsConnection
  /** The function `headers` of the same package. */
  headers: () => NatsHeaders
  /** The beginning of the names of all streams and subjects: letters, digits, `-` and `_`. Default `bothways`. */
  prefix?: string
  /** How long keys are remembered, in ms. Default 300,000, which is the least. */
  keyWindowMs?: number
  /** How long NATS has to answer, in ms; then a call fails as `unavailable`, and may have happened. Default 5,000. */
  timeoutMs?: number
  /** Bytes of all histories, and as many of all states; with more, publications are refused as `busy`. Default 1 GiB. */
  maxHistoryBytes?: number
  /** How many servers of a cluster of NATS keep each stream, 1 to 5, when it is made. Default 1. */
  replicas?: number
}

const rules: OptionRules<NatsBrokerOptions, Readonly<Required<NatsBrokerOptions>>> = {
  connection: ({ connection }, name) => {
    if (typeof connection?.requestMany === 'function') return connection
    throw invalidOption(name, 'a connection of @nats-io/nats-core', connection)
  },
  headers: ({ headers }, name) => {
    if (typeof headers === 'function') return headers
    throw invalidOption(name, 'the function `headers` of @nats-io/nats-core', headers)
  },
  prefix: ({ prefix = 'bothways' }, name) => {
    if (typeof prefix === 'string' && /^[\w-]{1,64}$/.test(prefix)) return prefix
    throw invalidOption(name, 'letters, digits, - and _', prefix)
  },
  keyWindowMs: wholeNumber(300_000, 300_000),
  timeoutMs: wholeNumber(5_000, 1, longestTimerMs),
  maxHistoryBytes: wholeNumber(1024 * 1024 * 1024, 1024 * 1024),
  replicas: wholeNumber(1, 1),
}

/** A topic that is followed here. */
interface Followed {
  readonly topic: string
  subscription: { unsubscribe(): void } | undefined
  subscribed: Promise<void> | undefined
  /** Where the newest publication is that came, or was there before: the next one names its place alone. */
  seq: number
  position: string | undefined
  /** The process of each member that is known to be there, by client. */
  readonly processes: Map<string, string>
}

/**
 * Topics in NATS JetStream: any number of processes share them, and the death of one loses nothing. The stream stores a
 * publication, drops one whose key was there before, and publishes it again to the followers of the topic.
 */
export class NatsBroker implements Broker {
  readonly keyWindowMs: number
  readonly #connection: NatsConnection
  readonly #jetStream: JetStream
  readonly #streams: Streams
  readonly #log: Log
  readonly #presence: Presence
  readonly #withdrawals: Withdrawals
  readonly #audience: Audience = new Audience()
  readonly #followed = new Map<string, Followed>()
  /** Topics in which a comparison is under way: later calls wait for it. */
  readonly #comparing = new Map<string, Promise<unknown>>()
  readonly #timer: NodeJS.Timeout
  #withdrawn: { unsubscribe(): void } | undefined
  #isClosed = false

  /**
   * Looks whether the server will do, and makes the streams that are missing.
   *
   * @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION`; HubError `unavailable`, whose message says what NATS lacks
   */
  static async open(options: NatsBrokerOptions): Promise<NatsBroker> {
    const broker = new NatsBroker(options)
    try {
      const { version = '0.0' } = options.connection.info ?? {}
      const [major = 0, minor = 0] = version.split('.').map(Number)
      if (major < 2 || (major === 2 && minor < 9)) {
        throw new HubError('unavailable', `NATS 2.9 or later is needed; this server is version ${version}.`)
      }
      void broker.#watch()
      await broker.#prepare()
      broker.#withdrawn = options.connection.subscribe(broker.#withdrawals.carried, {
        callback: () => void broker.#withdrawals.read().catch(ignore),
      })
      await options.connection.flush()
      await broker.#presence.renew()
      return broker
    } catch (error) {
      await broker.close()
      throw hubErrorOf(error)
    }
  }

  private constructor(options: NatsBrokerOptions) {
    const settings = resolveOptions('NatsBroker.open', options, rules)
    const { connection, headers } = settings
    this.keyWindowMs = settings.keyWindowMs
    this.#connection = connection
    this.#jetStream = new JetStream(connection, headers, settings.timeoutMs)
    this.#streams = new Streams(this.#jetStream, settings)
    this.#log = new Log(this.#jetStream, this.#streams, new Positions(''))
    this.#presence = new Presence(this.#jetStream, settings)
    this.#withdrawals = new Withdrawals(this.#jetStream, settings, withdrawal =>
      this.#audience.withdrawal(withdrawal),
    )
    this.#timer = setInterval(() => void this.#renew().catch(ignore), renewMs).unref()
  }

  async publish(request: PublishRequest): Promise<Published> {
    const { topic, history, isState, ifPosition } = request
    if (!isState && history === undefined && ifPosition !== undefined) {
      throw new HubError('no_history', 'This topic has no positions to compare with.')
    }
    const growing = this.#streams.reachFor(history)
    if (growing !== undefined) await growing
    const before = this.#comparing.get(topic)
    if (ifPosition === undefined && before === undefined) return await this.#store(request, undefined)
    const work = (async () => {
      await before?.catch(ignore)
      const expected = ifPosition === undefined ? undefined : await this.#compare(topic, ifPosition)
      return await this.#store(request, expected)
    })()
    this.#comparing.set(topic, work)
    try {
      return await work
    } finally {
      if (this.#comparing.get(topic) === work) this.#comparing.delete(topic)
    }
  }

  /** @returns the place that has to be the newest still when it is stored */
  async #compare(topic: string, ifPosition: string): Promise<number> {
    const newest = await this.#log.newest(topic)
    const { positions } = this.#log
    const wanted = readPosition(ifPosition)
    const isHead =
      newest === undefined
        ? wanted?.epoch === positions.epoch && positions.isBeginning(wanted.offset, wanted.check)
        : ifPosition === positions.of(newest.seq, newest.stamp.check)
    if (!isHead) throw conflict()
    return newest?.lastSeq ?? 0
  }

  async #store(request: PublishRequest, expected: number | undefined): Promise<Published> {
    const { topic, data, user, history, isState, key } = request
    const lane = laneOf(request)
    const policy = isState ? statePolicy : (history ?? noPolicy)
    const stamp: Stamp = { check: newCheck(), at: Date.now(), policy, user }
    const stored = await this.#jetStream.publish(
      this.#streams.subject(lane, topic),
      data,
      writeStamp(stamp),
      { expected, id: key === undefined ? undefined : digestOf(topic, key.scope, key.name) },
    )
    if (stored === undefined) throw conflict()
    const { positions } = this.#log
    const { seq, isDuplicate } = stored
    if (!isDuplicate) {
      return { position: lane === 'once' ? undefined : positions.of(seq, stamp.check), isRepeated: false }
    }
    const found = await this.#jetStream.at(this.#streams.stream(lane), seq)
    // The history has let it go: its place is known, and nobody can go on there.
    if (found === undefined) {
      return { position: lane === 'once' ? undefined : positions.of(seq, ''), isRepeated: true }
    }
    if (found.data !== data) throw new HubError('key_reused', 'This key was published with other data.')
    const entry = entryOf(found)
    return {
      position: lane === 'once' ? undefined : positions.of(seq, entry?.stamp.check ?? ''),
      isRepeated: true,
    }
  }

  async subscribe(topic: string, events: BrokerEvents): Promise<TopicSubscription> {
    const followed = this.#follow(topic)
    const remove = this.#audience.add(topic, events)
    const unsubscribe = (): void => {
      remove()
      this.#forget(followed)
    }
    try {
      followed.subscribed ??= this.#listen(followed)
      await followed.subscribed
      const newest = await this.#log.newest(topic)
      const head = this.#log.positions.beginning()
      if (newest === undefined) return { head, unsubscribe }
      const position = this.#log.positions.of(newest.seq, newest.stamp.check)
      this.#note(followed, newest.seq, position)
      return { head: position, unsubscribe }
    } catch (error) {
      unsubscribe()
      throw hubErrorOf(error)
    }
  }

  history(request: HistoryRequest): Promise<History> {
    return this.#log.history(request)
  }

  heads(topics: readonly string[]): Promise<readonly string[]> {
    return Promise.all(topics.map(topic => this.#log.head(topic)))
  }

  async join(topic: string, member: Member): Promise<void> {
    this.#carryJoined(topic, await this.#presence.join(topic, member))
  }

  async leave(topic: string, client: string): Promise<void> {
    if (await this.#presence.leave(topic, client)) {
      this.#carryLeft(topic, client)
    }
  }

  async members(topic: string): Promise<readonly Member[]> {
    const present = await this.#presence.members(topic)
    const processes = this.#followed.get(topic)?.processes
    for (const { member, process } of present) processes?.set(member.client, process)
    return present.map(({ member }) => member)
  }

  withdraw(withdrawal: Withdrawal): Promise<void> {
    return this.#withdrawals.add(withdrawal)
  }

  onWithdrawal(listener: (withdrawal: Withdrawal) => void): () => void {
    return this.#audience.addWithdrawalListener(listener)
  }

  /** Its members leave; the connection is the program's. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#timer)
    this.#withdrawn?.unsubscribe()
    for (const { subscription } of this.#followed.values()) subscription?.unsubscribe()
    this.#followed.clear()
    this.#audience.clear()
    if (this.#withdrawn !== undefined) await this.#presence.close().catch(ignore)
    this.#jetStream.close()
  }

  #follow(topic: string): Followed {
    let followed = this.#followed.get(topic)
    if (followed === undefined) {
      followed = {
        topic,
        subscription: undefined,
        subscribed: undefined,
        seq: 0,
        position: undefined,
        processes: new Map(),
      }
      this.#followed.set(topic, followed)
    }
    return followed
  }

  #forget(followed: Followed): void {
    if (this.#audience.has(followed.topic)) return
    followed.subscription?.unsubscribe()
    if (this.#followed.get(followed.topic) === followed) this.#followed.delete(followed.topic)
  }

  /** Resolves once the server knows of it; rejects when it does not let this connection listen there. */
  async #listen(followed: Followed): Promise<void> {
    let refused: Error | undefined
    followed.subscription = this.#connection.subscribe(this.#streams.carried(followed.topic, '*'), {
      callback: (error, message) => {
        if (error === null) this.#onCarried(followed, message)
        else {
          refused = error
          // The next one asks again.
          followed.subscribed = undefined
        }
      },
    })
    await this.#connection.flush()
    if (refused !== undefined) throw refused
  }

  #onCarried(followed: Followed, { subject, headers, data }: NatsMessage): void {
    const text = textOf(data)
    if (subject.endsWith('.p')) {
      this.#onPublication(followed, headers, text)
      return
    }
    const carried = readPresence(text)
    if (carried === undefined) return
    const { member, client, process } = carried
    if (member !== undefined && subject.endsWith('.j')) {
      followed.processes.set(client, process)
      this.#audience.joined(followed.topic, member)
    } else if (followed.processes.get(client) === process) {
      followed.processes.delete(client)
      this.#audience.left(followed.topic, client)
    }
  }

  #onPublication(followed: Followed, headers: NatsHeaders | undefined, data: string): void {
    const seq = Number(headers?.get('Nats-Sequence'))
    const entry = entryOf({ subject: '', seq, header: headers?.get('Bothways') ?? '', data, storedMs: 0 })
    if (entry === undefined || !(seq > 0)) return
    const publication = this.#log.positions.publication(
      followed.topic,
      entry,
      this.#previous(followed, Number(headers?.get('Nats-Last-Sequence'))),
    )
    if (publication.position !== undefined) this.#note(followed, seq, publication.position)
    this.#audience.publication(publication)
  }

  /** Only its place is carried: of another one than the newest that is known, the position is none, and a hole is seen. */
  #previous(followed: Followed, seq: number): string {
    if (seq === followed.seq && followed.position !== undefined) return followed.position
    return seq === 0 ? this.#log.positions.beginning() : this.#log.positions.of(seq, '')
  }

  #note(followed: Followed, seq: number, position: string): void {
    if (seq <= followed.seq) return
    followed.seq = seq
    followed.position = position
  }

  #carryLeft(topic: string, client: string): void {
    const left = JSON.stringify({ client, process: this.#presence.process })
    this.#connection.publish(this.#streams.carried(topic, 'l'), left)
  }

  #carryJoined(topic: string, present: Present): void {
    this.#connection.publish(this.#streams.carried(topic, 'j'), JSON.stringify(present))
  }

  /** @returns whether the log is another one than before */
  async #prepare(): Promise<boolean> {
    const [created] = await Promise.all([
      this.#streams.prepare(),
      this.#presence.prepare(),
      this.#withdrawals.prepare(),
    ])
    const epoch = createHash('sha256').update(created).digest('base64url').slice(0, 12)
    if (epoch === this.#log.positions.epoch) return false
    this.#log.positions = new Positions(epoch)
    for (const followed of this.#followed.values()) followed.seq = 0
    return true
  }

  async #watch(): Promise<void> {
    for await (const { type, error } of this.#connection.status()) {
      if (this.#isClosed) return
      if (type === 'error' && error !== undefined) this.#jetStream.onError(error)
      if (type === 'disconnect') this.#jetStream.isAway = true
      if (type === 'reconnect') {
        this.#jetStream.isAway = false
        void this.#comeBack()
      }
    }
  }

  /** NATS is there again: publications made meanwhile did not come, and JetStream may take a moment. */
  async #comeBack(): Promise<void> {
    while (!this.#isClosed && !this.#jetStream.isAway) {
      try {
        await this.#prepare()
        for (const [topic, present] of await this.#presence.again()) this.#carryJoined(topic, present)
        await this.#renew()
        // Places are counted on from what NATS has kept.
        for (const followed of this.#followed.values()) followed.seq = 0
        this.#audience.restored()
        return
      } catch {
        await new Promise(resolve => setTimeout(resolve, 100).unref())
      }
    }
  }

  /** Members of this process stay; those of processes that died leave. Streams that somebody has removed are made again. */
  async #renew(): Promise<void> {
    if (this.#jetStream.isAway) return
    await this.#presence.prepare()
    const { living, again, gone } = await this.#presence.renew()
    for (const [topic, client] of gone) this.#carryLeft(topic, client)
    for (const [topic, present] of again) this.#carryJoined(topic, present)
    for (const { topic, processes } of this.#followed.values()) {
      for (const [client, process] of [...processes]) {
        if (living.has(process)) continue
        processes.delete(client)
        this.#audience.left(topic, client)
      }
    }
    if (await this.#prepare()) this.#audience.restored()
    await this.#withdrawals.read()
  }
}

/** The newest value, for good. */
const statePolicy = { count: 1, ageMs: Number.POSITIVE_INFINITY }
const noPolicy = { count: 0, ageMs: 0 }

/** The same id on another topic would be the same publication to JetStream. */
function digestOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('base64url').slice(0, 27)
}

function conflict(): HubError {
  return new HubError('conflict', 'The topic has changed since that position.')
}

function ignore(): void {}
