import { callRetryDelay } from './backoff.ts'
import { ClientError, checkIs, checkNames, tooLarge } from './client-error.ts'
import { type ClientOptions, type ClientSettings, resolveClientOptions, topicsUrl } from './client-options.ts'
import type { Contract, MethodInput, MethodName, MethodOutput, TopicData, TopicName } from './contract.ts'
import { Emitter } from './emitter.ts'
import { type Environment, runtimeEnvironment } from './environment.ts'
import type { Line, OpenLine, Welcome } from './line.ts'
import { Link, type Status, stableMs } from './link.ts'
import { byteLength, type ServerMessage, textOf } from './messages.ts'
import { Outbox } from './outbox.ts'
import type { DisconnectReason, Ending } from './reason.ts'
import { Requests } from './requests.ts'
import { StateTopic } from './state-topic.ts'
import { type SubscribeOptions, Subscription } from './subscription.ts'
import { Topic, type TopicHandler } from './topic.ts'
import type { TransportContext, TransportKind } from './transport.ts'

/** How it stands with the connection: a new object for each change. */
export interface ConnectionState {
  readonly status: Status
  /** What carries the messages, while it is open. */
  readonly transport: TransportKind | undefined
  /** Why there is no connection; undefined while there is one. */
  readonly reason: DisconnectReason | undefined
  /** When the next try is, in ms since 1970; undefined when none is to come. */
  readonly nextTryAt: number | undefined
}

interface ClientEvents {
  readonly status: readonly [state: ConnectionState]
  readonly error: readonly [error: ClientError]
}

/** While it waits, it looks this often whether the device has slept, in ms. */
const sliceMs = 2_000
/** A slice that was so much longer was sleep. */
const sleepMs = 5_000

/** One connection for all topics of a program. Make one with {@link createClient}. */
export class Client<C extends Contract = Contract> {
  readonly #context: TransportContext
  readonly #environment: Environment
  readonly #settings: ClientSettings
  readonly #open: OpenLine
  readonly #events = new Emitter<ClientEvents>('status error')
  readonly #link: Link
  readonly #outbox: Outbox
  readonly #requests: Requests
  readonly #subscriptions = new Map<string, { subscription: Subscription; handleCount: number }>()
  /** Calls of subscriptions that have no answer yet. */
  readonly #asked = new Map<number, Subscription>()
  readonly #topics: TopicHandler
  #state: ConnectionState
  #line: Line | undefined
  /** What carries the line; undefined while it is not open and welcome. */
  #transport: TransportKind | undefined
  #maxMessageBytes = 0
  #hasRenewedToken = false
  #isCompressionBroken = false
  #lastId = 0
  #nextTryAt: number | undefined
  #cancelWait: (() => void) | undefined
  #stopListening: (() => void) | undefined

  constructor(url: string | URL, options: ClientOptions, open: OpenLine) {
    const globals = globalThis as Pick<ClientOptions, 'WebSocket' | 'fetch'>
    const { environment = runtimeEnvironment() } = options
    this.#environment = environment
    this.#settings = resolveClientOptions(options)
    this.#context = {
      url: topicsUrl(url),
      environment,
      WebSocket: options.WebSocket ?? globals.WebSocket,
      fetch: options.fetch ?? globals.fetch?.bind(globalThis),
      token: options.token,
      isCompressionBroken: false,
    }
    this.#open = open
    const send: Line['send'] = (message, data) => this.#line?.send(message, data)
    this.#outbox = new Outbox(this.#settings, environment, send)
    this.#requests = new Requests(this.#settings, environment, send)
    this.#topics = {
      publish: (topic, data, ifPosition) => {
        this.#expectNotClosed()
        return this.#outbox.add(++this.#lastId, topic, data, ifPosition)
      },
      subscribe: (topic, wanted) => this.#subscribe(topic, wanted),
      release: subscription => this.#release(subscription),
      expectNotClosed: () => this.#expectNotClosed(),
      hasPresence: () => (this.#transport ?? 'websocket') === 'websocket',
    }
    this.#link = new Link(
      {
        connect: () => this.#connect(),
        disconnect: () => this.#disconnect(),
        probe: () => this.#transport && this.#line?.probe(),
        wakeIn: ms => this.#wakeIn(ms),
        onStatus: () => this.#tell(),
      },
      this.#settings,
      environment.random,
    )
    this.#state = { status: 'connecting', transport: undefined, reason: undefined, nextTryAt: undefined }
    this.#begin()
  }

  get status(): Status {
    return this.#state.status
  }

  /** Status, reason and time of the next try in one object, which is another one after each change. */
  get connection(): ConnectionState {
    return this.#state
  }

  /** `status` hears each change of the connection, `error` what no topic's listener heard. @returns what ends it */
  on<Name extends keyof ClientEvents>(
    event: Name,
    listener: (...values: ClientEvents[Name]) => void,
  ): () => void {
    return this.#events.on(event, listener)
  }

  /** A topic with history, or with none. Nothing is asked for before somebody listens or publishes. */
  topic<Name extends TopicName<C>>(
    name: Name,
    options?: SubscribeOptions,
  ): Topic<TopicData<C, Name, 'output'>, TopicData<C, Name, 'input'>> {
    checkIs('The name of a topic', 'string', name)
    checkNames('topic(name, options)', options ?? {}, 'since last presence')
    return new Topic(name, options, this.#topics)
  }

  /** A topic with one value. */
  state<Name extends TopicName<C>>(
    name: Name,
  ): StateTopic<TopicData<C, Name, 'output'>, TopicData<C, Name, 'input'>> {
    checkIs('The name of a topic', 'string', name)
    return new StateTopic(name, this.#topics)
  }

  /**
   * Asks the server's method. It is sent once: a request whose answer is lost with the connection fails as
   * `outcome_unknown`, one that could not be sent in time as `timeout`.
   *
   * @throws ClientError
   */
  async request<Name extends MethodName<C>>(
    method: Name,
    ...[data]: undefined extends MethodInput<C, Name>
      ? [data?: MethodInput<C, Name>]
      : [data: MethodInput<C, Name>]
  ): Promise<MethodOutput<C, Name>> {
    this.#expectNotClosed()
    const answer = await this.#requests.add(++this.#lastId, method, data ?? null)
    return answer as MethodOutput<C, Name>
  }

  /** Tries now, also after it gave up or was closed. */
  connect(): void {
    if (this.status === 'closed') this.#begin()
    else this.#link.start()
  }

  /** Ends the connection for good. What was not sent fails as `closed`, what has no answer as `outcome_unknown`. */
  close(): void {
    this.#link.close()
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#failAll()
  }

  #failAll(): void {
    for (const { subscription } of this.#subscriptions.values()) subscription.closed(this.#closedError())
    this.#outbox.close()
    this.#requests.close()
  }

  #begin(): void {
    this.#stopListening ??= this.#environment.listen(event => {
      if (event === 'online') this.#link.online()
      else if (event === 'offline') this.#link.offline()
      else this.#link.woke()
    })
    this.#link.start()
  }

  #expectNotClosed(): void {
    if (this.status === 'closed') throw this.#closedError()
  }

  #closedError(): ClientError {
    return new ClientError('closed', `There is no connection, and none is tried: ${this.#state.reason?.help}`)
  }

  #connect(): void {
    const context = { ...this.#context, isCompressionBroken: this.#isCompressionBroken }
    this.#line = this.#open(context, {
      onWelcome: welcome => this.#welcomed(welcome),
      onMessage: message => this.#receive(message),
      onEnd: (ending, lastedMs) => this.#lost(ending, lastedMs),
    })
  }

  #welcomed({ transport, maxMessageBytes = 131_072, keyWindowMs = 300_000 }: Welcome): void {
    this.#forget()
    this.#transport = transport
    this.#maxMessageBytes = maxMessageBytes
    this.#link.opened()
    this.#tell()
    for (const { subscription } of this.#subscriptions.values()) this.#resume(subscription)
    this.#outbox.connected({ maxMessageBytes, keyWindowMs })
    this.#requests.connected(maxMessageBytes)
  }

  #resume(subscription: Subscription): void {
    if (this.#transport !== undefined) subscription.connected(this.#transport === 'websocket')
  }

  #lost(ending: Ending, lastedMs: number): void {
    this.#isCompressionBroken ||= ending.code === 'compression'
    this.#forget()
    // A function for tokens may have a better one: once, until a connection has lasted.
    if (lastedMs >= stableMs) this.#hasRenewedToken = false
    const mayRenew =
      ending.code === 'unauthenticated' && this.#context.token !== undefined && !this.#hasRenewedToken
    this.#hasRenewedToken ||= mayRenew
    this.#link.lost({ ...ending, isOtherNext: mayRenew || ending.isOtherNext === true }, lastedMs)
    if (this.#link.status === 'closed') this.#failAll()
  }

  #disconnect(): void {
    this.#line?.end()
    this.#forget()
  }

  /** What the connection knew is gone. */
  #forget(): void {
    if (this.#transport === undefined) return
    this.#transport = undefined
    this.#asked.clear()
    for (const { subscription } of this.#subscriptions.values()) subscription.disconnected()
    this.#outbox.disconnected()
    this.#requests.disconnected()
  }

  #receive(message: ServerMessage): void {
    if (message.id === undefined) {
      if (message.topic !== undefined) this.#subscriptions.get(message.topic)?.subscription.receive(message)
      return
    }
    if (this.#outbox.answer(message) || this.#requests.answer(message)) return
    this.#asked.get(message.id)?.answer(message)
    this.#asked.delete(message.id)
  }

  #subscribe(topic: string, options: SubscribeOptions | undefined): Subscription {
    const found = this.#subscriptions.get(topic)
    if (found !== undefined && found.subscription.status !== 'ended') {
      if (options !== undefined && JSON.stringify(options) !== JSON.stringify(found.subscription.options)) {
        throw new ClientError('wrong_use', `The topic ${topic} is subscribed to with other options.`)
      }
      found.handleCount++
      return found.subscription
    }
    const subscription = new Subscription(topic, options ?? {}, {
      call: message => {
        if (this.#transport === undefined) return undefined
        const id = ++this.#lastId
        const refusal = tooLarge(byteLength(textOf({ ...message, id })), this.#maxMessageBytes)
        if (refusal !== undefined) throw refusal
        this.#asked.set(id, subscription)
        this.#line?.send({ ...message, id })
        return id
      },
      retryIn: (callback, ms, failedCount) =>
        this.#environment.setTimer(callback, callRetryDelay(ms, failedCount, this.#environment.random())),
      onError: error => {
        if (!this.#events.emit('error', error)) console.error(error)
      },
    })
    this.#subscriptions.set(topic, { subscription, handleCount: 1 })
    this.#resume(subscription)
    return subscription
  }

  #release(subscription: Subscription): void {
    const found = this.#subscriptions.get(subscription.topic)
    if (found?.subscription !== subscription || --found.handleCount > 0) return
    this.#subscriptions.delete(subscription.topic)
    subscription.close()
  }

  #wakeIn(ms: number | undefined): void {
    this.#cancelWait?.()
    this.#nextTryAt = ms === undefined ? undefined : this.#environment.date() + ms
    if (ms !== undefined) this.#waitFor(this.#environment.now() + ms)
  }

  #waitFor(dueAt: number): void {
    const begunAt = this.#environment.now()
    const left = dueAt - begunAt
    this.#cancelWait = this.#environment.setTimer(
      () => {
        const now = this.#environment.now()
        if (now >= dueAt) this.#link.due()
        else if (now - begunAt > sliceMs + sleepMs) this.#link.woke()
        else this.#waitFor(dueAt)
      },
      Math.min(left, sliceMs),
    )
  }

  #tell(): void {
    const { status, reason } = this.#link
    const transport = status === 'open' ? this.#transport : undefined
    const state: ConnectionState = { status, transport, reason, nextTryAt: this.#nextTryAt }
    const names = Object.keys(state) as (keyof ConnectionState)[]
    if (names.every(name => state[name] === this.#state[name])) return
    this.#state = state
    this.#events.emit('status', state)
  }
}
