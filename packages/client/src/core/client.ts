import { listenForBlockedUrls } from './blocked-urls.ts'
import { ClientError, checkIs, checkNames } from './client-error.ts'
import { type ClientOptions, resolveClientOptions, topicsUrl } from './client-options.ts'
import type {
  TypeOfContract as Contract,
  MethodInput,
  MethodName,
  MethodOutput,
  TopicData,
  TopicName,
} from './contract.ts'
import { createEmitter } from './emitter.ts'
import { runtimeEnvironment } from './environment.ts'
import type { Call, Lasting, Line, OpenLine, Welcome } from './line.ts'
import { createLink, type Status, stableMs } from './link.ts'
import { byteLength, type ServerMessage, textOf } from './messages.ts'
import { createPublishQueue } from './publish-queue.ts'
import type { DisconnectReason } from './reason.ts'
import { createRequests } from './requests.ts'
import { openingMs } from './session.ts'
import { createStateTopic, type StateTopic } from './state-topic.ts'
import { createSubscription, type SubscribeOptions, type Subscription } from './subscription.ts'
import { createRetry, createTimer } from './timer.ts'
import { createTopic, type Topic, type TopicHandler } from './topic.ts'
import type { TransportContext, TransportKind } from './transport.ts'

/** How it stands with the connection: a new object for each change. */
export interface ConnectionState {
  readonly status: Status
  /** The kind of transport that carries the messages, while it is open. */
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
export interface Client<C extends Contract = Contract> {
  readonly status: Status
  /** Status, reason and time of the next try in one object, which is another one after each change. */
  readonly connection: ConnectionState
  /** `status` hears each change of the connection, `error` errors that no topic's listener heard. @returns a function that ends it */
  on<Name extends keyof ClientEvents>(
    event: Name,
    listener: (...values: ClientEvents[Name]) => void,
  ): () => void
  /** A topic with history, or with none. Nothing is asked for before somebody listens or publishes. */
  topic<Name extends TopicName<C>>(
    name: Name,
    options?: SubscribeOptions,
  ): Topic<TopicData<C, Name, 'output'>, TopicData<C, Name, 'input'>>
  /** A topic with one value. */
  state<Name extends TopicName<C>>(
    name: Name,
  ): StateTopic<TopicData<C, Name, 'output'>, TopicData<C, Name, 'input'>>
  /**
   * Asks the server's method. It is sent once: a request whose answer is lost with the connection fails as
   * `outcome_unknown`, one that could not be sent in time as `timeout`.
   *
   * @throws ClientError
   */
  request<Name extends MethodName<C>>(
    method: Name,
    ...[data]: undefined extends MethodInput<C, Name>
      ? [data?: MethodInput<C, Name>]
      : [data: MethodInput<C, Name>]
  ): Promise<MethodOutput<C, Name>>
  /** Tries now, also after it gave up or was closed. */
  connect(): void
  /** Ends the connection for good. Calls that were not sent fail as `closed`, those without an answer as `outcome_unknown`. */
  close(): void
}

export function startClient<C extends Contract>(
  url: string | URL,
  options: ClientOptions,
  open: OpenLine,
): Client<C> {
  const globals = globalThis as Pick<ClientOptions, 'WebSocket' | 'fetch'>
  const { environment = runtimeEnvironment(), token } = options
  const settings = resolveClientOptions(options)
  const context: TransportContext = {
    url: topicsUrl(url),
    environment,
    WebSocket: options.WebSocket ?? globals.WebSocket,
    fetch: options.fetch ?? globals.fetch?.bind(globalThis),
    token,
    blocked: new Set(),
    isCompressionBroken: false,
    openingMs,
  }
  const events = createEmitter<ClientEvents>('status error')
  const subscriptions = new Map<string, Subscription>()
  /** The functions that wait for the answers to calls, by id. */
  const answers = new Map<number, (answer: ServerMessage) => void>()
  const wait = createTimer(environment)
  let state: ConnectionState = {
    status: 'connecting',
    transport: undefined,
    reason: undefined,
    nextTryAt: undefined,
  }
  /** Changes of which not all listeners have heard. */
  const untold: ConnectionState[] = []
  let line: Line | undefined
  /** The server's welcome on the line; undefined while there is none. */
  let welcome: Welcome | undefined
  /** Where nobody hears of the status, a program whose connection has never come about is told why, once. */
  let untoldTries = 3
  let hasRenewedToken = false
  let lastId = 0
  let nextTryAt: number | undefined
  let stopListening: (() => void) | undefined

  const call: Call = (message, onAnswer, data) => {
    if (welcome === undefined) return false
    const { maxMessageBytes = 131_072 } = welcome
    const id = ++lastId
    const numbered = { ...message, id }
    const bytes = byteLength(textOf(numbered, data))
    if (bytes > maxMessageBytes) {
      const text = `A message is at most ${maxMessageBytes} bytes, this would have ${bytes}.`
      throw new ClientError('too_large', text)
    }
    answers.set(id, onAnswer)
    line?.send(numbered, data)
    return true
  }
  const publishQueue = createPublishQueue(settings, environment, call)
  const requests = createRequests(settings, environment, call)

  const closedError = () =>
    new ClientError('closed', `There is no connection, and none is tried: ${state.reason?.help}`)

  const expectNotClosed = () => {
    if (state.status === 'closed') throw closedError()
  }

  const lasting = (): Lasting[] => [...subscriptions.values(), publishQueue, requests]

  /** The connection has gone, with all that it knew. */
  const forget = () => {
    if (welcome === undefined) return
    welcome = undefined
    answers.clear()
    for (const part of lasting()) part.disconnected()
  }

  const receive = (message: ServerMessage) => {
    const { id, topic = '' } = message
    if (id === undefined) return subscriptions.get(topic)?.receive(message)
    const answer = answers.get(id)
    answers.delete(id)
    answer?.(message)
  }

  const tell = () => {
    const { status, reason } = link
    const now = { status, transport: status === 'open' ? welcome?.transport : undefined, reason, nextTryAt }
    if (JSON.stringify(now) === JSON.stringify(state)) return
    state = now
    if (status === 'closed') {
      // Before a listener hears of it, which may connect anew.
      stopListening?.()
      stopListening = undefined
      for (const part of lasting()) part.closed(closedError())
    }
    // A change that a listener brings about is told when all have heard of the one before.
    if (untold.push(state) > 1) return
    for (const each of untold) {
      if (events.emit('status', each) || each.reason?.by === 'us') continue
      if (each.status === 'closed') tellError(closedError())
      else if (each.status === 'waiting' && --untoldTries === 0) console.warn(each.reason?.help)
    }
    untold.length = 0
  }

  const tellError = (error: ClientError) => {
    if (!events.emit('error', error)) console.error(error)
  }

  const waitUntil = (dueAt: number) => {
    const begunAt = environment.now()
    wait(
      () => {
        const now = environment.now()
        if (now >= dueAt) link.due()
        else if (now - begunAt > sliceMs + sleepMs) link.woke()
        else waitUntil(dueAt)
      },
      Math.min(dueAt - begunAt, sliceMs),
    )
  }

  const link = createLink(
    {
      connect() {
        line = open(context, {
          onWelcome(said) {
            forget()
            welcome = said
            untoldTries = 0
            link.opened()
            tell()
            for (const part of lasting()) part.connected(said)
          },
          onMessage: receive,
          onEnd(ending, lastedMs) {
            const { code, isOtherNext } = ending
            context.isCompressionBroken ||= code === 'compression'
            forget()
            // A function for tokens may have a better one: once, until a connection has lasted.
            if (lastedMs >= stableMs) hasRenewedToken = false
            const mayRenew = code === 'unauthenticated' && token !== undefined && !hasRenewedToken
            hasRenewedToken ||= mayRenew
            link.lost({ ...ending, isOtherNext: mayRenew || isOtherNext === true }, lastedMs)
          },
        })
      },
      disconnect() {
        line?.end()
        forget()
      },
      probe() {
        if (welcome !== undefined) line?.probe()
      },
      wakeIn(ms) {
        wait()
        nextTryAt = ms === undefined ? undefined : environment.date() + ms
        if (ms !== undefined) waitUntil(environment.now() + ms)
      },
      onStatus: tell,
    },
    settings,
    () => environment.random(),
  )

  const topics: TopicHandler = {
    publish(topic, data, how) {
      expectNotClosed()
      return publishQueue.add(topic, data, how)
    },
    subscribe(topic, wanted, isState) {
      let subscription = subscriptions.get(topic)
      if (subscription === undefined || subscription.status === 'ended') {
        subscription = createSubscription(topic, wanted ?? {}, {
          retry: createRetry(environment),
          call,
          onError: tellError,
          isState,
        })
        subscriptions.set(topic, subscription)
        if (welcome !== undefined) subscription.connected(welcome)
      } else if (wanted !== undefined && JSON.stringify(wanted) !== JSON.stringify(subscription.options)) {
        throw new ClientError('wrong_use', `The topic ${topic} is subscribed to with other options.`)
      }
      subscription.handleCount++
      return subscription
    },
    release(subscription) {
      const { topic } = subscription
      if (subscriptions.get(topic) !== subscription || --subscription.handleCount > 0) return
      subscriptions.delete(topic)
      subscription.close()
    },
    expectNotClosed,
    hasPresence: () => (welcome?.transport ?? 'websocket') === 'websocket',
  }

  const listen = () => {
    const stops = [
      listenForBlockedUrls(url => {
        const overHttp = url.replace(/^ws/, 'http')
        if (overHttp.startsWith(context.url)) context.blocked.add(overHttp !== url)
      }),
      environment.listen(event => {
        if (event === 'wake') link.woke()
        else link[event]()
      }),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }

  const connect = () => {
    stopListening ??= listen()
    link.start()
  }

  const checkName = (name: unknown) => checkIs('The name of a topic', 'string', name)

  connect()
  return {
    get status() {
      return state.status
    },
    get connection() {
      return state
    },
    on: events.on,
    topic(name, wanted) {
      checkName(name)
      checkNames('topic(name, options)', wanted ?? {}, 'since last presence')
      return createTopic(name, wanted, topics) as Topic<never>
    },
    state(name) {
      checkName(name)
      return createStateTopic(name, topics) as StateTopic<never>
    },
    async request(method, ...[data]) {
      expectNotClosed()
      return (await requests.add(method, data ?? null)) as never
    },
    connect,
    close: link.close,
  }
}
