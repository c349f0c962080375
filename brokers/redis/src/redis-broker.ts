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
  fingerprintOf,
  invalidOption,
  longestTimerMs,
  newCheck,
  newEpoch,
  type OptionRules,
  readPosition,
  resolveOptions,
  wholeNumber,
} from 'bothways/broker'
import { checkServer } from './check-server.ts'
import { Deadlines } from './deadlines.ts'
import { openPort } from './open-port.ts'
import type { RedisClient } from './redis-client.ts'
import { closed, hubErrorOf, isNoScript } from './redis-failure.ts'
import type { RedisPort } from './redis-port.ts'
import {
  halfDayMs,
  historyScript,
  joinScript,
  leaveScript,
  membersScript,
  publishScript,
  type Script,
  scripts,
} from './scripts.ts'
import { type TopicKeys, topicKeys } from './topic-keys.ts'
import { type HistoryReply, positionOf, readCarried, readHistory, readMembers } from './wire.ts'
import { Withdrawals } from './withdrawals.ts'

export interface RedisBrokerOptions {
  /**
   * A connected client of node-redis or ioredis, for one server or a cluster; the program closes it. The broker makes further
   * connections with its settings: one to a server, two to each master of a cluster.
   */
  client: RedisClient
  /** The beginning of the names of all keys. Default `bothways`. */
  prefix?: string
  /** How long keys are remembered, in ms. Default 300,000, which is the least. */
  keyWindowMs?: number
  /** How long Redis has to answer, in ms; then a call fails as `unavailable`, and may have happened. Default 5,000. */
  timeoutMs?: number
}

const rules: OptionRules<RedisBrokerOptions, Readonly<Required<RedisBrokerOptions>>> = {
  client: ({ client }, name) => {
    if (client !== null && typeof client === 'object' && ('call' in client || 'sendCommand' in client)) {
      return client
    }
    throw invalidOption(name, 'a client of node-redis or ioredis', client)
  },
  prefix: ({ prefix = 'bothways' }, name) => {
    if (typeof prefix === 'string' && !/[{}]/.test(prefix)) return prefix
    throw invalidOption(name, 'a string without braces', prefix)
  },
  keyWindowMs: wholeNumber(300_000, 300_000),
  timeoutMs: wholeNumber(5_000, 1, longestTimerMs),
}

/** Calls without an answer; one more is refused as `busy`. */
const maxWaitingCalls = 10_000

/** A member whose process has died leaves when its lease ends, and is looked for as often as leases are renewed, in ms. */
const leaseMs = 40_000
const renewMs = 10_000
/** Redis that is there again and cannot yet do anything is tried again after so long, in ms. */
const restoreMs = 500

interface Followed {
  readonly topic: string
  readonly keys: TopicKeys
  /** Members of this process. */
  readonly members: Map<string, Member>
  subscribed: Promise<unknown> | undefined
}

/**
 * Topics in Redis 7 or Valkey: any number of processes share them, and the death of one loses nothing. One script for each
 * publication stores it, counts it, remembers its key and carries it.
 */
export class RedisBroker implements Broker {
  readonly keyWindowMs: number
  readonly #prefix: string
  readonly #epochKey: string
  readonly #deadlines: Deadlines
  readonly #audience: Audience = new Audience()
  readonly #followed = new Map<string, Followed>()
  readonly #byChannel = new Map<string, Followed>()
  readonly #timer: NodeJS.Timeout
  readonly #withdrawals: Withdrawals
  #port!: RedisPort
  #epoch = ''
  #waitingCalls = 0
  #isClosed = false
  #restoring: NodeJS.Timeout | undefined

  /**
   * Looks whether the server will do.
   *
   * @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION`; HubError `unavailable`, whose message says what Redis lacks
   */
  static async open(options: RedisBrokerOptions): Promise<RedisBroker> {
    const broker = new RedisBroker(options)
    try {
      const events = {
        onMessage: (channel: string, message: string) => broker.#onMessage(channel, message),
        onReady: () => void broker.#onReady(),
      }
      broker.#port = await openPort(options.client, events)
      await checkServer(broker.#everywhere.bind(broker), broker.#run.bind(broker), broker.#prefix)
      await broker.#prepare()
      await broker.#withdrawals.open()
      await broker.#within(broker.#port.subscribe(broker.#withdrawals.channel))
      return broker
    } catch (error) {
      await broker.close()
      throw hubErrorOf(error)
    }
  }

  private constructor(options: RedisBrokerOptions) {
    const { prefix, keyWindowMs, timeoutMs } = resolveOptions('RedisBroker.open', options, rules)
    this.#prefix = prefix
    this.#epochKey = `${prefix}:epoch`
    this.keyWindowMs = keyWindowMs
    this.#deadlines = new Deadlines(timeoutMs)
    this.#withdrawals = new Withdrawals(
      `${prefix}:{withdrawals}`,
      (...args) => this.#command(args[1] as string, ...args),
      withdrawal => this.#audience.withdrawal(withdrawal),
    )
    this.#timer = setInterval(() => void this.#renew(), renewMs).unref()
  }

  async publish(request: PublishRequest): Promise<Published> {
    const { topic, data, user, history, isState, key, ifPosition } = request
    const policy = isState ? { count: 1, ageMs: Number.POSITIVE_INFINITY } : history
    if (policy === undefined && ifPosition !== undefined) {
      throw new HubError('no_history', 'This topic has no positions to compare with.')
    }
    const wanted = ifPosition === undefined ? undefined : readPosition(ifPosition)
    if (ifPosition !== undefined && wanted === undefined) throw conflict()
    const keys = topicKeys(this.#prefix, topic)
    // A key that is not asked for has the hash tag, too.
    const keyName = keys.key(key?.scope ?? '', key?.name ?? '')
    const reply = (await this.#run(
      publishScript,
      [keys.topic, keys.stream, keyName],
      [
        keys.channel,
        data,
        user === undefined ? '' : JSON.stringify(user),
        newCheck(),
        this.#epoch,
        String(policy?.count ?? 0),
        policy === undefined || policy.ageMs === Number.POSITIVE_INFINITY ? 'inf' : String(policy.ageMs),
        wanted === undefined ? '' : `${wanted.epoch}.${wanted.offset}.${wanted.check}`,
        key === undefined ? '' : fingerprintOf(data),
        String(this.keyWindowMs),
      ],
    )) as readonly string[]
    const [outcome, epoch = '', number = '-1', check = ''] = reply
    if (outcome === 'conflict') throw conflict()
    if (outcome === 'key_reused') throw new HubError('key_reused', 'This key was published with other data.')
    return { position: positionOf(epoch, number, check), isRepeated: outcome === 'repeated' }
  }

  async subscribe(topic: string, events: BrokerEvents): Promise<TopicSubscription> {
    if (this.#isClosed) throw closed()
    const followed = this.#follow(topic)
    const remove = this.#audience.add(topic, events)
    const unsubscribe = (): void => {
      remove()
      this.#forget(followed)
    }
    try {
      followed.subscribed ??= this.#listen(followed)
      await followed.subscribed
      const [head] = await this.heads([topic])
      return { head: head as string, unsubscribe }
    } catch (error) {
      unsubscribe()
      throw this.#failed(error)
    }
  }

  async history({ topic, since, last, limit }: HistoryRequest): Promise<History> {
    const keys = topicKeys(this.#prefix, topic)
    const position = since === undefined ? undefined : readPosition(since)
    // A `since` that is no position gets an epoch that no topic has.
    const from = position ?? { epoch: since === undefined ? '' : '-', offset: 0, check: '' }
    const reply = await this.#run(
      historyScript,
      [keys.topic, keys.stream],
      [
        this.#epoch,
        from.epoch,
        String(from.offset),
        from.check,
        String(Math.min(last, mostEntries)),
        String(Math.min(limit, mostEntries)),
      ],
    )
    return readHistory(topic, reply as HistoryReply, since)
  }

  async heads(topics: readonly string[]): Promise<readonly string[]> {
    return await Promise.all(
      topics.map(async topic => {
        const key = topicKeys(this.#prefix, topic).topic
        const values = (await this.#command(key, 'HMGET', key, 'epoch', 'head', 'check')) as (string | null)[]
        const [epoch, head, check] = values
        const life = epoch ?? `${this.#epoch}-${Math.floor(Date.now() / halfDayMs)}`
        return positionOf(life, head ?? '0', check ?? '') as string
      }),
    )
  }

  async join(topic: string, member: Member): Promise<void> {
    const followed = this.#follow(topic)
    followed.members.set(member.client, member)
    const { channel, members } = followed.keys
    await this.#run(
      joinScript,
      [members],
      [channel, String(leaseMs), '1', member.client, JSON.stringify(member)],
    )
  }

  async leave(topic: string, client: string): Promise<void> {
    const followed = this.#followed.get(topic)
    followed?.members.delete(client)
    if (followed !== undefined) this.#forget(followed)
    const { channel, members } = topicKeys(this.#prefix, topic)
    await this.#run(leaveScript, [members], [channel, String(leaseMs), client])
  }

  async members(topic: string): Promise<readonly Member[]> {
    const { channel, members } = topicKeys(this.#prefix, topic)
    const reply = await this.#run(membersScript, [members], [channel, String(leaseMs)])
    return readMembers(reply as readonly string[])
  }

  async withdraw(withdrawal: Withdrawal): Promise<void> {
    await this.#withdrawals.add(withdrawal)
  }

  onWithdrawal(listener: (withdrawal: Withdrawal) => void): () => void {
    return this.#audience.addWithdrawalListener(listener)
  }

  /** Gives its own connection back; the client is the program's. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#timer)
    clearTimeout(this.#restoring)
    this.#deadlines.end()
    this.#audience.clear()
    this.#followed.clear()
    this.#byChannel.clear()
    this.#port?.close()
  }

  #follow(topic: string): Followed {
    let followed = this.#followed.get(topic)
    if (followed === undefined) {
      const keys = topicKeys(this.#prefix, topic)
      followed = { topic, keys, members: new Map(), subscribed: undefined }
      this.#followed.set(topic, followed)
      this.#byChannel.set(keys.channel, followed)
    }
    return followed
  }

  async #listen(followed: Followed): Promise<unknown> {
    const { channel } = followed.keys
    try {
      return await this.#within(this.#port.subscribe(channel))
    } catch (error) {
      // The next subscriber asks again. A subscription that was not answered in time may have been made.
      followed.subscribed = undefined
      this.#port.unsubscribe(channel).catch(ignore)
      throw error
    }
  }

  #forget(followed: Followed): void {
    if (this.#audience.has(followed.topic)) return
    const { channel } = followed.keys
    if (followed.subscribed !== undefined) {
      followed.subscribed = undefined
      this.#port.unsubscribe(channel).catch(ignore)
    }
    if (followed.members.size > 0 || this.#followed.get(followed.topic) !== followed) return
    this.#followed.delete(followed.topic)
    this.#byChannel.delete(channel)
  }

  #onMessage(channel: string, message: string): void {
    if (channel === this.#withdrawals.channel) {
      this.#withdrawals.read().catch(ignore)
      return
    }
    const topic = this.#byChannel.get(channel)?.topic
    const carried = topic === undefined ? undefined : readCarried(topic, message)
    if (topic === undefined || carried === undefined) return
    if (carried.type === 'publication') this.#audience.publication(carried.publication)
    else if (carried.type === 'joined') this.#audience.joined(topic, carried.member)
    else this.#audience.left(topic, carried.client)
  }

  /** Redis is there again: publications made meanwhile did not come. */
  async #onReady(): Promise<void> {
    if (this.#epoch === '' || this.#isClosed) return
    clearTimeout(this.#restoring)
    try {
      await this.#prepare()
      await this.#renew()
      this.#audience.restored()
    } catch {
      // It has gone again, or is not quite there.
      if (!this.#isClosed) this.#restoring = setTimeout(() => void this.#onReady(), restoreMs).unref()
    }
  }

  /** The scripts, and the epoch of the topics that nobody has published to: one for all processes. */
  async #prepare(): Promise<void> {
    for (const { text } of scripts) await this.#everywhere('SCRIPT', 'LOAD', text)
    const key = this.#epochKey
    await this.#command(key, 'SET', key, newEpoch(), 'NX')
    this.#epoch = String(await this.#command(key, 'GET', key))
  }

  /** Somebody may have emptied Redis while it ran: then nothing of what was there is. */
  async #lookForEpoch(): Promise<void> {
    if (String(await this.#command(this.#epochKey, 'GET', this.#epochKey)) === this.#epoch) return
    await this.#prepare()
    this.#audience.restored()
  }

  /** Members of this process stay; those of processes that died leave. */
  async #renew(): Promise<void> {
    this.#port.lookAgain()
    const servers = new Map<unknown, Followed[]>()
    for (const followed of this.#followed.values()) {
      const server = this.#port.serverOf(followed.keys.members)
      const those = servers.get(server)
      if (those === undefined) servers.set(server, [followed])
      else those.push(followed)
    }
    // A server that is away keeps none of the others waiting; leases are longer than three of these rounds.
    const renewing = [...servers.values()].map(followed => this.#renewAll(followed))
    await Promise.allSettled([...renewing, this.#withdrawals.read(), this.#lookForEpoch()])
  }

  async #renewAll(followed: readonly Followed[]): Promise<void> {
    for (const { topic, keys, members } of followed) {
      const pairs = [...members.values()].flatMap(member => [member.client, JSON.stringify(member)])
      if (pairs.length > 0) {
        await this.#run(joinScript, [keys.members], [keys.channel, String(leaseMs), '0', ...pairs])
      }
      await this.members(topic)
    }
  }

  /**
   * Redis forgets scripts when it starts. One whose order matters is then loaded, and the call fails as one to be made again:
   * made again here, a later one could overtake it.
   */
  async #run({ digest, text }: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const [key = ''] = keys
    const rest = [String(keys.length), ...keys, ...args]
    const isOrdered = text === publishScript.text
    try {
      return await this.#call(key, ['EVALSHA', digest, ...rest], isOrdered)
    } catch (error) {
      if (!isNoScript((error as HubError).cause)) throw error
      if (!isOrdered) return await this.#command(key, 'EVAL', text, ...rest)
      this.#everywhere('SCRIPT', 'LOAD', text).catch(ignore)
      throw error
    }
  }

  #command(key: string, ...args: string[]): Promise<unknown> {
    return this.#call(key, args, false)
  }

  async #call(key: string, args: string[], isOrdered: boolean): Promise<unknown> {
    if (this.#isClosed) throw closed()
    if (this.#waitingCalls >= maxWaitingCalls) {
      throw new HubError('busy', 'Too many calls wait for Redis: try again later.', { retryAfterMs: 1000 })
    }
    this.#waitingCalls++
    // Until Redis or its client has answered, also when nobody waits for it any more.
    const answering = isOrdered ? this.#port.command(key, args) : this.#port.unordered(key, args)
    try {
      return await this.#within(answering.finally(() => this.#waitingCalls--))
    } catch (error) {
      throw this.#failed(error)
    }
  }

  async #everywhere(...args: string[]): Promise<readonly unknown[]> {
    try {
      return await this.#within(this.#port.everywhere(args))
    } catch (error) {
      throw this.#failed(error)
    }
  }

  #failed(error: unknown): HubError {
    const failure = hubErrorOf(error)
    if (failure.code === 'unavailable') this.#port.lookAgain()
    return failure
  }

  async #within<Result>(work: Promise<Result>): Promise<Result> {
    return await this.#deadlines.within(work)
  }
}

/** As many entries at most, whatever was asked for. */
const mostEntries = 2 ** 31 - 1

function conflict(): HubError {
  return new HubError('conflict', 'The topic has changed since that position.')
}

function ignore(): void {}
