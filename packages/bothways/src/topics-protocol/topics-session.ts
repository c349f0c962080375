import type { Sink } from '../connection/channel.ts'
import { Publication } from '../connection/sending/publication.ts'
import type { TokenBucket } from '../connection/token-bucket.ts'
import { memberCountMessage, unsubscribedMessage } from '../hub/delivery/messages.ts'
import type { Subscription } from '../hub/delivery/subscription.ts'
import type { Hub } from '../hub/hub.ts'
import type { HubClient } from '../hub/hub-clients.ts'
import { HubError, toHubError } from '../hub/hub-error.ts'
import { InOrder } from '../hub/publishing/in-order.ts'
import { publishRate } from '../hub/publishing/publish-rate.ts'
import { atTime } from './at-time.ts'
import { type Call, optionalCount, optionalString, readCall } from './call.ts'
import { checkedUser, type TokenUser, type TopicsRouteOptions } from './topics-options.ts'

/** Close codes of `bothways.v1`. */
const closeCodes = {
  notThisProtocol: 4400,
  unauthenticated: 4401,
  forbidden: 4403,
  noHello: 4408,
  tooLarge: 4413,
  tooMany: 4429,
  /** Try again later (IANA registry of close codes). */
  tooSlow: 1013,
  leaving: 1012,
} as const

/** The advised interval of a client's application heartbeat, in ms. */
const pingMs = 25_000

/** Refusals as `rate_limited` in a row, and topics with an interrupted order: one more ends the connection. */
const maxRefusals = 100
const maxInterrupted = 1000

export interface SessionSettings<User> extends Required<Omit<TopicsRouteOptions<User>, 'authenticateToken'>> {
  readonly authenticateToken:
    | ((token: string | undefined) => ReturnType<NonNullable<TopicsRouteOptions<User>['authenticateToken']>>)
    | undefined
}

/** The connection that carries the messages of one client. */
export interface SessionCarrier<User> extends Sink {
  /** The id by which the others know the client. */
  readonly id: string
  readonly user: User
  close(code: number, reason: string): unknown
  terminate(): unknown
}

/** One client of the hub by `bothways.v1`, from its opening to its end. */
export class TopicsSession<User> implements HubClient {
  readonly #hub: Hub<User>
  readonly #carrier: SessionCarrier<User>
  readonly #settings: SessionSettings<User>
  readonly #sink: Sink
  readonly #subscriptions = new Map<
    string,
    { readonly subscription: Subscription; readonly isMember: boolean }
  >()
  /** Calls about one topic take effect in their order, also when a check of one takes time. */
  readonly #order = new InOrder()
  /** Topics in which a publication failed as retryable: later ones would overtake it. */
  readonly #interrupted = new Set<string>()
  #pendingCalls = 0
  /** Subscriptions that are under way: they count, too. */
  readonly #subscribing = new Set<unknown>()
  #roomWanted: (() => void) | undefined
  readonly #publishRate: TokenBucket
  #refusalCount = 0
  #rateTimer: NodeJS.Timeout | undefined
  #rateOver: (() => void) | undefined
  #user: User
  #isWelcome = false
  #hasSaidHello = false
  #isEnded = false
  #expiresAt: number | undefined
  /** While no hello has come. */
  #timer: NodeJS.Timeout | undefined
  #stopExpiry: (() => void) | undefined
  #leave: (() => void) | undefined

  constructor(hub: Hub<User>, carrier: SessionCarrier<User>, settings: SessionSettings<User>) {
    this.#hub = hub
    this.#carrier = carrier
    this.#settings = settings
    this.#user = carrier.user
    this.#publishRate = publishRate(hub.settings.maxPublishesPerSecond)
    this.#sink = carrier
  }

  get userId(): string {
    return this.#hub.userIdOf(this.#user)
  }

  /** Nobody has said who it is. */
  get #needsHello(): boolean {
    return this.#settings.authenticateToken !== undefined && this.#carrier.user === undefined
  }

  open(): void {
    if (!this.#needsHello) {
      this.#welcome()
      return
    }
    this.#timer = setTimeout(() => {
      this.#fail(new HubError('unauthenticated', 'No hello came in time.'), closeCodes.noHello)
    }, this.#settings.helloTimeoutMs)
  }

  /** A promise holds the client back: until it is known, has fewer unanswered calls, or may publish again. */
  receive(message: string | Buffer): Promise<void> | undefined {
    if (this.#isEnded || this.#hub.absence.look()) return undefined
    if (typeof message !== 'string') {
      this.#refuse('Messages are text frames.')
      return undefined
    }
    if (Buffer.byteLength(message) > this.#settings.maxMessageBytes) {
      const text = `A message is at most ${this.#settings.maxMessageBytes} bytes.`
      this.#fail(new HubError('too_large', text), closeCodes.tooLarge)
      return undefined
    }
    const call = readCall(message)
    if (call === undefined) {
      this.#refuse('Each message is one JSON object with a type.')
      return undefined
    }
    if (call.type === 'hello') return this.#hello(call)
    if (!this.#isWelcome && call.type !== 'ping') {
      this.#fail(new HubError('unauthenticated', 'Say hello first.'), closeCodes.unauthenticated)
      return undefined
    }
    if (call.type === 'token') return this.#renew(call)
    this.#take(call)
    const dueMs = call.type === 'publish' ? this.#spendPublish() : 0
    if (dueMs > 0) return this.#waitForRate(dueMs).then(() => this.#waitForRoom())
    return this.#waitForRoom()
  }

  #waitForRoom(): Promise<void> | undefined {
    if (this.#isEnded || this.#pendingCalls < this.#settings.maxPendingCalls) return undefined
    return new Promise(resolve => {
      this.#roomWanted = resolve
    })
  }

  /** @returns how long the client is to be read no further, in ms */
  #spendPublish(): number {
    const nowMs = performance.now()
    this.#publishRate.take(1, nowMs)
    return this.#publishRate.waitMs(nowMs, 1)
  }

  #waitForRate(ms: number): Promise<void> {
    return new Promise(resolve => {
      this.#rateOver = resolve
      this.#rateTimer = setTimeout(resolve, ms)
    })
  }

  /** There is room at the socket again. */
  goOn(): void {
    for (const { subscription } of this.#subscriptions.values()) subscription.goOn()
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    clearTimeout(this.#timer)
    this.#stopExpiry?.()
    clearTimeout(this.#rateTimer)
    this.#leave?.()
    this.#roomWanted?.()
    this.#rateOver?.()
    for (const topic of [...this.#subscriptions.keys()]) this.#unsubscribe(topic)
  }

  disconnect(): void {
    this.#fail(new HubError('forbidden', 'This user was disconnected.'), closeCodes.forbidden)
  }

  authorizeAgain(): void {
    // A subscription under way was authorized before: it is asked about when it is there.
    for (const topic of [...this.#subscriptions.keys(), ...this.#subscribing]) {
      if (typeof topic !== 'string') continue
      void this.#order
        .run(topic, async () => {
          if (!this.#subscriptions.has(topic) || (await this.#hub.maySubscribe(this.#user, topic))) return
          this.#unsubscribe(topic)
          this.#sink.sendShared(unsubscribedMessage(topic, 'forbidden'))
        })
        .catch(error => this.#hub.onError(error))
    }
  }

  sayGoodbye(retryAfterMs: number): void {
    this.#send({ type: 'goodbye', retryAfterMs })
  }

  leave(): void {
    this.#carrier.close(closeCodes.leaving, 'The server is leaving.')
    this.end()
  }

  cut(): void {
    this.#carrier.terminate()
    this.end()
  }

  #take(call: Call): void {
    const { type } = call
    if (type === 'ping') this.#send({ type: 'pong' })
    else if (type === 'subscribe') this.#answer(call, () => this.#subscribe(call), topicOf(call))
    else if (type === 'unsubscribe') this.#answer(call, () => this.#endSubscription(call), topicOf(call))
    else if (type === 'publish') this.#answer(call, () => this.#publish(call), topicOf(call))
    else if (type === 'request') this.#answer(call, () => this.#request(call), undefined)
    else
      this.#answerError(
        call,
        new HubError('unknown_type', `There is no message of the type ${JSON.stringify(type)}.`),
      )
  }

  #answer(call: Call, work: () => Promise<object | undefined>, topic: string | undefined): void {
    if (call.id === undefined && call.type !== 'publish') {
      this.#answerError(call, new HubError('bad_request', 'The call needs an id, a number or a string.'))
      return
    }
    this.#pendingCalls++
    const working = topic === undefined ? work() : this.#order.run(topic, work)
    working
      .then(result => {
        this.#refusalCount = 0
        if (result !== undefined && call.id !== undefined) this.#send(result)
      })
      .catch(error => this.#answerError(call, toHubError(error)))
      .finally(() => {
        this.#pendingCalls--
        if (this.#pendingCalls >= this.#settings.maxPendingCalls) return
        this.#roomWanted?.()
        this.#roomWanted = undefined
      })
  }

  async #subscribe({ id, fields }: Call): Promise<undefined> {
    const { topic, presence } = fields
    if (typeof topic === 'string' && this.#subscriptions.has(topic)) {
      throw new HubError('already_subscribed', 'This connection is subscribed to the topic.')
    }
    if (this.#subscriptions.size + this.#subscribing.size >= this.#hub.settings.maxSubscriptionsPerClient) {
      throw new HubError(
        'rate_limited',
        `A client subscribes to at most ${this.#hub.settings.maxSubscriptionsPerClient} topics.`,
      )
    }
    const since = optionalString(fields, 'since')
    const last = optionalCount(fields, 'last')
    const member =
      presence === undefined || presence === null ? undefined : { client: this.#carrier.id, data: presence }
    this.#subscribing.add(topic)
    const subscribing = this.#hub.subscribeAs(this.#user, topic, this.#sink, {
      since,
      last,
      presence: member,
    })
    const found = await subscribing.finally(() => this.#subscribing.delete(topic))
    const { subscription, position, recovered, members, memberCount } = found
    if (this.#isEnded) {
      this.#hub.unsubscribe(subscription, member?.client)
      return undefined
    }
    this.#subscriptions.set(topic as string, { subscription, isMember: member !== undefined })
    const isState = this.#hub.kindOf(topic as string) === 'state'
    const isMistaken = typeof fields.state === 'boolean' && fields.state !== isState
    const state = isMistaken ? isState : undefined
    this.#send({ type: 'subscribed', id, topic, position, recovered, state, members })
    if (memberCount !== undefined) this.#sink.sendShared(memberCountMessage(topic as string, memberCount))
    subscription.start()
    return undefined
  }

  async #endSubscription({ id, fields }: Call): Promise<object> {
    const topic = fields.topic
    if (typeof topic !== 'string') throw new HubError('bad_request', 'A topic is a string.')
    this.#unsubscribe(topic)
    return { type: 'unsubscribed', id, topic }
  }

  #unsubscribe(topic: string): void {
    const found = this.#subscriptions.get(topic)
    if (found === undefined) return
    this.#subscriptions.delete(topic)
    this.#hub.unsubscribe(found.subscription, found.isMember ? this.#carrier.id : undefined)
  }

  async #publish({ id, fields }: Call): Promise<object> {
    const topic = typeof fields.topic === 'string' ? fields.topic : ''
    if (this.#isEnded) throw new HubError('forbidden', 'The connection has ended.')
    if (fields.restart === true) this.#interrupted.delete(topic)
    else if (this.#interrupted.has(topic)) {
      throw new HubError(
        'out_of_order',
        'An earlier publication to this topic failed: send it again with "restart": true.',
      )
    }
    try {
      const key = optionalString(fields, 'key')
      const ifPosition = optionalString(fields, 'ifPosition')
      const position = await this.#hub.publishAs(
        this.#user,
        fields.topic,
        fields.data,
        { key, ifPosition, asState: fields.state === true },
        () => !this.#isEnded,
      )
      return { type: 'published', id, position }
    } catch (error) {
      if (toHubError(error).retryable) this.#interrupt(topic)
      throw error
    }
  }

  #interrupt(topic: string): void {
    this.#interrupted.add(topic)
    if (this.#interrupted.size <= maxInterrupted) return
    const text = `Publications to more than ${maxInterrupted} topics have failed.`
    this.#fail(new HubError('rate_limited', text), closeCodes.tooMany)
  }

  async #request({ id, fields }: Call): Promise<object> {
    return {
      type: 'response',
      id,
      data: await this.#hub.requestAs(this.#user, fields.method, fields.data ?? null),
    }
  }

  async #hello(call: Call): Promise<void> {
    if (this.#hasSaidHello) {
      this.#answerError(call, new HubError('bad_request', 'Hello is said once.'))
      return
    }
    this.#hasSaidHello = true
    if (!this.#needsHello) {
      this.#welcome(this.#expiresAt)
      return
    }
    const known = await this.#authenticate(call.fields)
    if (known === undefined || this.#isEnded) return
    this.#user = known.user
    this.#welcome(known.expiresAt)
  }

  async #renew({ fields }: Call): Promise<void> {
    if (this.#settings.authenticateToken === undefined) {
      this.#welcome(this.#expiresAt)
      return
    }
    const known = await this.#authenticate(fields)
    if (known === undefined || this.#isEnded) return
    if (this.#hub.userIdOf(known.user) !== this.userId) {
      this.#fail(new HubError('forbidden', 'The token is of another user.'), closeCodes.forbidden)
      return
    }
    this.#user = known.user
    this.#welcome(known.expiresAt)
    this.authorizeAgain()
  }

  /** A client without a user is closed. */
  async #authenticate(fields: Call['fields']): Promise<TokenUser<User> | undefined> {
    try {
      const token = optionalString(fields, 'token')
      const known = await this.#settings.authenticateToken?.(token)
      if (known) return checkedUser(known, 'authenticateToken')
      this.#fail(
        new HubError('unauthenticated', 'The token is missing or not valid.'),
        closeCodes.unauthenticated,
      )
    } catch (error) {
      if (!(error instanceof HubError)) this.#hub.onError(error)
      this.#fail(new HubError('unauthenticated', 'The token was not accepted.'), closeCodes.unauthenticated)
    }
    return undefined
  }

  #welcome(expiresAt: number | undefined = this.#hub.expiresAtOf(this.#user)): void {
    this.#isWelcome = true
    this.#expiresAt = expiresAt
    clearTimeout(this.#timer)
    this.#stopExpiry?.()
    this.#stopExpiry = expiresAt === undefined ? undefined : atTime(expiresAt, () => this.#expire())
    this.#send({
      type: 'welcome',
      client: this.#carrier.id,
      user: this.#hub.publicUserOf(this.#user),
      expiresAt: this.#expiresAt,
      pingMs,
      maxMessageBytes: this.#settings.maxMessageBytes,
      keyWindowMs: this.#hub.broker.keyWindowMs,
    })
    this.#leave ??= this.#hub.clients.enter(this)
  }

  #expire(): void {
    this.#fail(new HubError('expired', 'The credentials have expired.'), closeCodes.unauthenticated)
  }

  /** A message that is not of this protocol ends the connection. */
  #refuse(text: string): void {
    this.#fail(new HubError('bad_request', text), closeCodes.notThisProtocol)
  }

  #fail(error: HubError, closeCode: number): void {
    this.#send(errorMessage(undefined, error))
    this.#carrier.close(closeCode, error.message.slice(0, 120))
    this.end()
  }

  #answerError({ id, type }: Call, error: HubError): void {
    if (error.code === 'internal') this.#hub.onError(error.cause ?? error)
    if (error.code === 'rate_limited' && ++this.#refusalCount > maxRefusals) {
      this.#fail(error, closeCodes.tooMany)
      return
    }
    // An error without an id would say that the connection ends.
    if (id === undefined && type === 'publish') return
    this.#send(errorMessage(id, error))
  }

  /** An answer that does not fit would be lost: a client that reads nothing of so much is let go. */
  #send(message: object): void {
    const outcome = this.#carrier.sendShared(new Publication(JSON.stringify(message)))
    if (outcome !== 'refused' || this.#isEnded) return
    this.#carrier.close(closeCodes.tooSlow, 'Answers were not read.')
    this.end()
  }
}

function errorMessage(id: Call['id'], { code, message, retryable, retryAfterMs }: HubError): object {
  return { type: 'error', id, code, message, retryable, retryAfterMs }
}

function topicOf({ fields }: Call): string | undefined {
  return typeof fields.topic === 'string' ? fields.topic : undefined
}
