import { setMaxListeners } from 'node:events'
import type { Sink } from '../connection/channel.ts'
import { checkOptionNames, invalidOption } from '../connection/option-checks.ts'
import { resolveOptions } from '../connection/option-rules.ts'
import type { TokenBucket } from '../connection/token-bucket.ts'
import type { Broker, History, Member, Withdrawal } from './broker/broker.ts'
import { useBroker } from './broker/broker-use.ts'
import { type Contract, methodContract } from './declarations/contract.ts'
import type {
  HandlerInput,
  HandlerOutput,
  MethodName,
  TopicData,
  TopicName,
  TypeOfContract,
} from './declarations/contract-types.ts'
import { checkedHandler, handledTwice, type RequestHandler } from './declarations/request-handler.ts'
import { type Schema, validated } from './declarations/schema.ts'
import { checkTopicName } from './declarations/topic-name.ts'
import {
  actionWords,
  type Declaration,
  declaredTopics,
  expectState,
  resolveTopicOptions,
  type TopicAction,
  type TopicOptions,
} from './declarations/topic-options.ts'
import { TopicPatterns } from './declarations/topic-patterns.ts'
import { mostMembersTold } from './delivery/live-topic.ts'
import { LiveTopics } from './delivery/live-topics.ts'
import { Slots } from './delivery/slots.ts'
import { Subscription } from './delivery/subscription.ts'
import { HubClients, type LeaveOptions, leaveSettings } from './hub-clients.ts'
import { HubError } from './hub-error.ts'
import { type HubOptions, type HubSettings, hubRules } from './hub-options.ts'
import { PresenceBudget } from './presence/presence-budget.ts'
import { ProcessAbsence } from './process-absence.ts'
import type { PublishAs, PublishToTopic, Subscribed, SubscribeToTopic } from './program/hub-calls.ts'
import { HubTopic, maxHistoryRead } from './program/hub-topic.ts'
import { writeAuthor } from './publishing/author.ts'
import { encodeData } from './publishing/json-data.ts'
import { checkKey } from './publishing/publication-key.ts'
import { publishRate, spendPublish } from './publishing/publish-rate.ts'

/**
 * The topics of a program: ordered, remembered, with who is there; under every kind of client. `Hub<User>` is one of any contract,
 * or of none.
 */
// biome-ignore lint/suspicious/noExplicitAny: of any contract
export class Hub<User = undefined, C extends TypeOfContract = any> {
  readonly broker: Broker
  readonly settings: HubSettings<User>
  readonly #publishRate: TokenBucket
  readonly #replays: Slots
  readonly presence: PresenceBudget = new PresenceBudget()
  /** For meetings, too. */
  readonly declarations: TopicPatterns<Declaration<User>> = new TopicPatterns()
  readonly #live: LiveTopics
  readonly #memberReads = new Map<string, Promise<readonly Member[]>>()
  readonly #methods = new Map<string, RequestHandler<User>>()
  /** For transports: the clients with a connection. */
  readonly clients: HubClients = new HubClients()
  /** Told of what fails inside; never throws. */
  readonly onError: (error: unknown) => void
  /** For transports: whether what they have read is too old to act on. */
  readonly absence: ProcessAbsence
  readonly #closing = new AbortController()
  readonly #stopListening: () => void
  readonly #stopUsing: (givesUp: boolean) => Promise<void>

  /** @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION` */
  constructor(options: HubOptions<User, C> = {}) {
    const settings = resolveOptions('createHub', options as HubOptions<unknown, Contract>, hubRules)
    // Each iteration over a topic listens.
    setMaxListeners(0, this.#closing.signal)
    this.settings = settings
    this.onError = settings.onError
    this.broker = settings.broker
    this.#stopUsing = useBroker(this.broker)
    this.#publishRate = publishRate(settings.maxTotalPublishesPerSecond)
    this.#replays = new Slots(settings.maxReplays)
    this.#live = new LiveTopics(this.broker, this.#replays, this.onError)
    for (const [pattern, topic] of declaredTopics<User>(settings.topics, settings.contract.topics)) {
      this.declare(pattern, topic)
    }
    this.#stopListening = this.broker.onWithdrawal(withdrawal => this.#onWithdrawal(withdrawal))
    // A client gives up what is not answered within the key window; the rest of it is for what is on the way.
    const limitMs = this.broker.keyWindowMs / 2
    this.absence = new ProcessAbsence({ limitMs, onReturn: () => this.clients.cutAll() })
  }

  /** @throws UsageError `BW_INVALID_OPTION` for a pattern that overlaps with another and neither is more specific */
  declare(pattern: string, options: TopicOptions<User> = {}): this {
    this.declarations.add(pattern, resolveTopicOptions(options))
    return this
  }

  /**
   * Answers requests of clients. An error that the handler throws is `internal` to them, unless it is a HubError.
   *
   * @param input without a contract for methods: the schema of its input; other input is `invalid_data`. Default: any JSON
   * @throws UsageError `BW_INVALID_ARGUMENT` for a method that the contract does not have, or that has a handler
   */
  handle<Name extends MethodName<C>>(
    method: Name,
    handler: RequestHandler<User, HandlerInput<C, Name>, HandlerOutput<C, Name>>,
    input?: C extends { readonly methods: object } ? never : Schema,
  ): this {
    const contract = methodContract(this.settings.contract, method) ?? (input === undefined ? {} : { input })
    if (this.#methods.has(method)) throw handledTwice(method)
    this.#methods.set(method, checkedHandler(contract, handler as RequestHandler<User>))
    return this
  }

  userIdOf(user: User): string {
    return this.settings.userId(user)
  }

  publicUserOf(user: User): string | undefined {
    return this.settings.publicUser?.(user)
  }

  expiresAtOf(user: User): number | undefined {
    return this.settings.expiresAt?.(user)
  }

  /**
   * Publishes for a user, as a client would.
   *
   * @param isWanted asked after every wait, before anything is stored: a client may have been ended meanwhile
   * @returns the position; undefined in a topic without history
   */
  async publishAs(
    user: User,
    name: unknown,
    data: unknown,
    options: PublishAs = {},
    isWanted: () => boolean = () => true,
  ): Promise<string | undefined> {
    spendPublish(this.#publishRate, 'The server takes no more publications this second.')
    const declaration = await this.#authorized(user, 'publish', name)
    if (options.asState) expectState(declaration, name as string)
    let value = this.#validated(declaration.schema, data)
    if (value instanceof Promise) {
      value = await value
      // A right may have been withdrawn while the schema took its time.
      await this.#authorized(user, 'publish', name)
    }
    if (this.absence.look()) throw new HubError('unavailable', 'The server was away for too long.')
    if (!isWanted()) throw new HubError('forbidden', 'The connection has ended.')
    return await this.#publish(
      name as string,
      declaration,
      value,
      options,
      this.userIdOf(user),
      this.publicUserOf(user),
    )
  }

  /** A topic for the program itself, which may everything. @throws HubError `unknown_topic` or `bad_request` */
  topic<Name extends TopicName<C>>(
    name: Name,
  ): HubTopic<TopicData<C, Name, 'output'>, TopicData<C, Name, 'input'>> {
    const declaration = this.#declarationOf(name)
    return new HubTopic(name, {
      publish: async (data, options) => {
        const checking = this.#validated(declaration.schema, data)
        const value = checking instanceof Promise ? await checking : checking
        return await this.#publish(name, declaration, value, options, '', undefined)
      },
      subscribe: (sink, options) => this.#subscribe(name, declaration, sink, options, undefined, true),
      unsubscribe: subscription => this.unsubscribe(subscription, undefined),
      subscriberCount: () => this.#live.subscriberCount(name),
      expectState: () => expectState(declaration, name),
      broker: this.broker,
      onError: this.onError,
      closing: this.#closing.signal,
    })
  }

  /** @throws HubError `unknown_topic`, `bad_request` or `forbidden` */
  async checkAs(user: User, action: TopicAction, name: unknown): Promise<void> {
    await this.#authorized(user, action, name)
  }

  /** How publications of a topic are kept: as a history, as one value, or not at all. */
  kindOf(name: string): 'history' | 'state' | 'nothing' {
    const { history, isState } = this.#declarationOf(name)
    return history !== undefined ? 'history' : isState ? 'state' : 'nothing'
  }

  /** For transports: the fields of {@link Subscribed} are to be told to the client before {@link Subscription.start}. */
  async subscribeAs(
    user: User,
    name: unknown,
    sink: Sink,
    options: SubscribeToTopic = {},
  ): Promise<Subscribed> {
    const declaration = await this.#authorized(user, 'subscribe', name)
    const seesMembers =
      declaration.hasPresence && (await this.#may(user, 'presence', name as string, declaration))
    if (options.presence !== undefined && !seesMembers) {
      throw new HubError(
        declaration.hasPresence ? 'forbidden' : 'bad_request',
        'This topic has no presence for you.',
      )
    }
    if ((options.since !== undefined || (options.last ?? 0) > 0) && declaration.history !== undefined) {
      await this.#authorized(user, 'history', name)
    }
    return await this.#subscribe(
      name as string,
      declaration,
      sink,
      options,
      this.publicUserOf(user),
      seesMembers,
    )
  }

  unsubscribe(subscription: Subscription, client: string | undefined): void {
    subscription.end()
    this.presence.giveBack(subscription)
    const { name } = subscription.topic
    if (client !== undefined) void this.broker.leave(name, client).catch(this.onError)
    this.#live.remove(name, subscription)
  }

  async historyAs(
    user: User,
    name: unknown,
    request: { since?: string | undefined; last: number; limit: number },
  ): Promise<History> {
    const declaration = await this.#authorized(user, 'history', name)
    if (declaration.history === undefined && !declaration.isState) {
      throw new HubError('no_history', 'This topic has no history.')
    }
    const limit = Math.min(request.limit, maxHistoryRead)
    const { since } = request
    const last = Math.min(request.last, limit)
    return await this.#replays.run(() => this.broker.history({ topic: name as string, since, last, limit }))
  }

  async membersAs(user: User, name: unknown): Promise<readonly Member[]> {
    const declaration = await this.#authorized(user, 'presence', name)
    if (!declaration.hasPresence) throw new HubError('bad_request', 'This topic has no presence.')
    return await this.#readMembers(name as string)
  }

  /** Those who ask at the same time share one reading. */
  #readMembers(name: string): Promise<readonly Member[]> {
    let reading = this.#memberReads.get(name)
    if (reading === undefined) {
      reading = this.#replays
        .run(() => this.broker.members(name))
        .finally(() => this.#memberReads.delete(name))
      this.#memberReads.set(name, reading)
    }
    return reading
  }

  async requestAs(user: User, method: unknown, data: unknown): Promise<unknown> {
    if (typeof method !== 'string') {
      throw new HubError('bad_request', `method is a string, got ${typeof method}.`)
    }
    const handler = this.#methods.get(method)
    if (handler === undefined) {
      throw new HubError('unknown_method', `There is no method ${JSON.stringify(method)}.`)
    }
    encodeData(data, this.settings.maxDataBytes)
    return (await handler(data, { user, method })) ?? null
  }

  /** Whether a subscription may stay: asked again when a user's rights may have changed. Not when nobody can say. */
  async maySubscribe(user: User, name: string): Promise<boolean> {
    return await this.#may(user, 'subscribe', name, this.#declarationOf(name)).catch(error => {
      this.onError(error)
      return false
    })
  }

  /** Ends the clients of a user, in every process; within 30 s also in those that have lost the broker. */
  async disconnect(whom: { readonly user: string }): Promise<void> {
    checkOptionNames('disconnect', whom, { user: true })
    const { user } = whom
    await this.broker.withdraw({ kind: 'disconnect', user })
  }

  /** Asks again, for every subscription of a user in every process, whether it may stay. */
  async revoke(user: string): Promise<void> {
    if (typeof user !== 'string') throw invalidOption('user', 'the id of a user', user)
    await this.broker.withdraw({ kind: 'revoke', user })
  }

  #onWithdrawal({ kind, user }: Withdrawal): void {
    for (const client of this.clients.of(user)) {
      if (kind === 'disconnect') client.disconnect()
      else client.authorizeAgain()
    }
  }

  /**
   * Tells every client a time of its own to come back at, spread evenly, closes with 1012, then gives everything back: the
   * broker as soon as no other hub, server or server of Socket.IO of this process uses it.
   *
   * @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION`
   */
  async close(options: LeaveOptions = {}): Promise<void> {
    const { spreadMs, closeMs } = leaveSettings(options, this.clients.count)
    this.absence.close()
    await this.clients.leave(spreadMs, closeMs)
    this.#stopListening()
    this.#closing.abort()
    this.#live.close()
    await this.#stopUsing(true)
  }

  #declarationOf(name: unknown): Declaration<User> {
    checkTopicName(name)
    const declaration = this.declarations.find(name)
    if (declaration === undefined)
      throw new HubError('unknown_topic', `There is no topic ${JSON.stringify(name)}.`)
    return declaration
  }

  async #may(
    user: User,
    action: TopicAction,
    name: string,
    { authorize }: Declaration<User>,
  ): Promise<boolean> {
    if (authorize === undefined) return true
    return (await authorize(user, action, name)) === true
  }

  async #authorized(user: User, action: TopicAction, name: unknown): Promise<Declaration<User>> {
    const declaration = this.#declarationOf(name)
    if (await this.#may(user, action, name as string, declaration)) return declaration
    throw new HubError('forbidden', `You may not ${actionWords[action]} this topic.`)
  }

  /** A promise only where the schema takes time: else publishing takes effect at once. */
  #validated(schema: Schema | undefined, data: unknown): unknown {
    if (schema === undefined) return data
    encodeData(data, this.settings.maxDataBytes)
    return validated(schema, data)
  }

  async #publish(
    topic: string,
    { history, isState }: Declaration<User>,
    data: unknown,
    { key, ifPosition, sender }: PublishToTopic,
    scope: string,
    user: string | undefined,
  ): Promise<string | undefined> {
    checkKey(key)
    const text = encodeData(data, this.settings.maxDataBytes)
    const named = key === undefined ? undefined : { name: key, scope }
    const { position } = await this.broker.publish({
      topic,
      data: text,
      user: writeAuthor(user, sender),
      history,
      isState,
      key: named,
      ifPosition,
    })
    return position
  }

  async #subscribe(
    name: string,
    declaration: Declaration<User>,
    sink: Sink,
    { since, last = 0, presence }: SubscribeToTopic,
    user: string | undefined,
    seesMembers: boolean,
  ): Promise<Subscribed> {
    const { history, hasPresence } = declaration
    if (since !== undefined && history === undefined)
      throw new HubError('no_history', 'This topic has no history.')
    const shown = presence && encodeData(presence.data, this.settings.maxPresenceBytes)
    const topic = this.#live.open(name, declaration)
    const subscription = new Subscription(topic, sink, seesMembers)
    // Takes its place at once, so that the topic lives while the broker is asked.
    topic.subscriptions.add(subscription)
    let member: string | undefined
    try {
      await topic.ready
      let position: string | undefined
      let recovered: boolean | undefined
      if (history !== undefined) {
        const found = await topic.readFrom(since, Math.min(last, maxHistoryRead), 1)
        position = found.start
        recovered = found.recovered
      } else if (declaration.isState) {
        position = topic.newest?.previous ?? topic.head
      }
      if (presence !== undefined && shown !== undefined) {
        const { maxMembersPerTopic } = this.settings
        if (topic.members.size >= maxMembersPerTopic) {
          throw new HubError('busy', `This topic has ${maxMembersPerTopic} members, the most it takes.`)
        }
        this.presence.take(subscription, shown.length)
        member = presence.client
        await this.broker.join(name, {
          client: member,
          ...(user !== undefined && { user }),
          data: presence.data,
        })
      }
      subscription.beginAt(history === undefined ? undefined : position)
      const members = hasPresence && seesMembers ? [...topic.members.values()] : undefined
      const isCrowd = members !== undefined && members.length > mostMembersTold
      return {
        subscription,
        position,
        recovered,
        members: isCrowd ? undefined : members,
        memberCount: isCrowd ? members.length : undefined,
      }
    } catch (error) {
      // A joining that failed may have happened.
      this.unsubscribe(subscription, member)
      throw error
    }
  }
}
