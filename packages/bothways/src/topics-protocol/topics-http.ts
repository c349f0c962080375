import type { IncomingMessage, ServerResponse } from 'node:http'
import { ByteBudget } from '../connection/byte-budget.ts'
import { resolveOptions } from '../connection/option-rules.ts'
import type { TokenBuckets } from '../connection/token-bucket.ts'
import { checkHub } from '../hub/check-hub.ts'
import { publicationText } from '../hub/delivery/messages.ts'
import type { Hub } from '../hub/hub.ts'
import { HubError, hubCodes, toHubError } from '../hub/hub-error.ts'
import { publishRates, spendPublish } from '../hub/publishing/publish-rate.ts'
import { networkOf } from '../opening/network-address.ts'
import { OpenPlaces } from '../opening/open-places.ts'
import { originRefusal } from '../opening/origin.ts'
import { atTime } from './at-time.ts'
import { CursorFormat } from './cursor.ts'
import { HubHttpError } from './hub-http-error.ts'
import { readJsonBody } from './json-body.ts'
import { LongPoll, type Polled } from './long-poll.ts'
import { memberPage } from './member-page.ts'
import { PollClient } from './poll-client.ts'
import { StreamSession } from './stream-session.ts'
import {
  type HttpUser,
  type TopicsHttpArguments,
  type TopicsHttpOptions,
  type TopicsHttpSettings,
  topicsHttpRules,
} from './topics-http-options.ts'
import { checkedUser } from './topics-options.ts'

const maxTopics = 50
const maxTopicsBytes = 2048
const maxLast = 1000
const maxWaitMs = 25_000
/** A client that finds all places taken comes back after so long, in ms. */
const overloadRetryMs = 5_000

/**
 * The topics of a hub over plain HTTP, without sessions: event streams, polls, history, publish, request and members, each
 * below one path.
 *
 * @example
 * const topics = new TopicsHttp(hub)
 * createServer((request, response) => {
 *   if (!topics.handle(request, response)) app(request, response)
 * })
 */
export class TopicsHttp<User = undefined> {
  readonly #hub: Hub<User>
  readonly #settings: TopicsHttpSettings<User>
  readonly #bodies: ByteBudget
  /** The token buckets of clients that publish over HTTP. */
  readonly #rates: TokenBuckets
  readonly #places: OpenPlaces

  /**
   * A hub with users needs `authenticate`, since no server says here who a request is from.
   *
   * @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION`
   */
  constructor(hub: Hub<User>, ...[options = {}]: TopicsHttpArguments<User>) {
    checkHub('new TopicsHttp', hub)
    const settings = resolveOptions('TopicsHttp', options as TopicsHttpOptions<unknown>, topicsHttpRules)
    this.#hub = hub
    this.#settings = settings as TopicsHttpSettings<User>
    this.#bodies = new ByteBudget(settings.maxTotalBodyBytes)
    this.#places = new OpenPlaces(settings.maxOpen, settings.maxOpenPerClient)
    this.#rates = publishRates(hub.settings.maxPublishesPerSecond)
  }

  /** Answers a request below the path. @returns false for every other request, which is left alone */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const target = request.url ?? '/'
    if (!target.startsWith(`${this.#settings.path}/`) || !URL.canParse(target, 'http://localhost'))
      return false
    if (request.method === 'POST' && (this.#hub.absence.look() || this.#hub.absence.isJustOver)) {
      response.destroy()
      return true
    }
    const url = new URL(target, 'http://localhost')
    const name = url.pathname.slice(this.#settings.path.length + 1)
    this.#answer(name, url.searchParams, request, response).catch((error: unknown) =>
      this.#refuse(response, error),
    )
    return true
  }

  async #answer(
    name: string,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Vary', 'Origin')
    this.#checkOrigin(request, response)
    const { method } = request
    const wanted = name === 'publish' || name === 'request' ? 'POST' : names.has(name) ? 'GET' : undefined
    if (wanted === undefined)
      throw new HubHttpError(
        'bad_request',
        404,
        `There is nothing called ${JSON.stringify(name.slice(0, 60))} here.`,
      )
    if (method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Methods', wanted)
      response.setHeader('Access-Control-Allow-Headers', 'authorization, content-type')
      response.writeHead(204).end()
      return
    }
    if (method !== wanted) {
      response.setHeader('Allow', `${wanted}, OPTIONS`)
      throw new HubHttpError('bad_request', 405, `This takes ${wanted}.`)
    }
    if (!isUtf8(request.url ?? '')) throw new HubError('bad_request', 'The query is percent-encoded UTF-8.')
    const { user, expiresAt } = await this.#userOf(request)
    switch (name) {
      case 'events':
        return await this.#events(user, expiresAt, query, request, response)
      case 'poll':
        return await this.#poll(user, query, request, response)
      case 'history':
        return await this.#history(user, query, response)
      case 'members':
        return await this.#members(user, query, response)
      case 'publish':
        return await this.#publish(user, request, response)
      default:
        return await this.#request(user, request, response)
    }
  }

  /** A page of another site reads nothing, and sends nothing, unless its origin is listed. */
  #checkOrigin(request: IncomingMessage, response: ServerResponse): void {
    const { origin, host } = request.headers
    const refusal = originRefusal(origin, host, { origins: this.#settings.origins, missingOrigin: 'accept' })
    if (refusal !== undefined) throw new HubError('forbidden', refusal)
    const site = request.headers['sec-fetch-site']
    if (origin === undefined && (site === 'cross-site' || site === 'same-site')) {
      throw new HubError('forbidden', 'This request comes from a page of another site, without an Origin.')
    }
    if (origin === undefined) return
    response.setHeader('Access-Control-Allow-Origin', origin)
    response.setHeader('Access-Control-Expose-Headers', 'Retry-After')
    if (this.#settings.origins !== '*' && this.#settings.origins.includes(origin)) {
      response.setHeader('Access-Control-Allow-Credentials', 'true')
    }
  }

  async #userOf(request: IncomingMessage): Promise<HttpUser<User>> {
    if (this.#settings.authenticate === undefined) return { user: undefined as User }
    const known = await this.#settings.authenticate(request)
    if (!known) throw new HubError('unauthenticated', 'This server does not know who you are.')
    const { user, expiresAt = this.#hub.expiresAtOf(user) } = checkedUser(known, 'authenticate of TopicsHttp')
    if (expiresAt === undefined) return { user }
    if (expiresAt <= Date.now()) throw new HubError('expired', 'The credentials have expired.')
    return { user, expiresAt }
  }

  async #events(
    user: User,
    expiresAt: number | undefined,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const topics = topicsOf(query)
    const lastOf = lastsOf(query, topics)
    const given = request.headers['last-event-id'] ?? query.get('since') ?? undefined
    const since = typeof given === 'string' && given !== '' ? given : undefined
    await this.#checkTopics(user, topics)
    // No further event tells of a client that has left meanwhile.
    if (response.destroyed) return
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    })
    const { goodbyeMs } = this.#hub.clients
    const isOpen = goodbyeMs === undefined && this.#takePlace(user, request, response)
    if (!isOpen) {
      response.end(`retry: ${goodbyeMs ?? overloadRetryMs}\n\n`)
      return
    }
    response.write(': welcome\n\n')
    const format = new CursorFormat(topics)
    const cursor = since === undefined ? positionsOf(query, topics) : format.read(since)
    const session = new StreamSession(
      this.#hub,
      user,
      {
        topics,
        isStale: since !== undefined && cursor === undefined,
        cursor,
        format,
        lastOf,
      },
      response,
    )
    if (expiresAt !== undefined) {
      response.once(
        'close',
        atTime(expiresAt, () => session.expire()),
      )
    }
    await session.open()
  }

  /** @throws HubError that says which of them it is about */
  async #checkTopics(user: User, topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      try {
        await this.#hub.checkAs(user, 'subscribe', topic)
      } catch (error) {
        const refusal = toHubError(error)
        refusal.topic = topic
        throw refusal
      }
    }
  }

  /** @returns false: there is none */
  #takePlace(user: User, request: IncomingMessage, response: ServerResponse): boolean {
    const giveBack = this.#places.take(this.#clientOf(user, request))
    if (giveBack !== undefined) response.once('close', giveBack)
    return giveBack !== undefined
  }

  /** A client without a user is known by its address. */
  #clientOf(user: User, { headers, socket }: IncomingMessage): string {
    const name = this.#hub.userIdOf(user)
    if (name !== '') return `u${name}`
    const { remoteAddress = '' } = socket
    return `@${networkOf(this.#settings.trustedProxies.resolve(headers, remoteAddress, false).remoteAddress)}`
  }

  async #poll(
    user: User,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const topics = topicsOf(query)
    const lastOf = lastsOf(query, topics)
    const waitMs = countOf(query.get('waitMs'), 'waitMs', maxWaitMs, maxWaitMs)
    const positions = positionsOf(query, topics)
    const since = query.get('since') || positions
    // A client that asked with a cursor is answered with one alone.
    const isByTopic = since === positions && positions !== undefined
    await this.#checkTopics(user, topics)
    if (response.destroyed) return
    const poll = new LongPoll(this.#hub, user, topics)
    const wantsToWait = since !== undefined && waitMs > 0
    if (!wantsToWait || !this.#takePlace(user, request, response)) {
      const found = await poll.read(since, lastOf)
      const isToComeBack = wantsToWait && found.messages.length === 0 && found.recovered
      const { goodbyeMs = isToComeBack ? overloadRetryMs : undefined } = this.#hub.clients
      answerPoll(response, found, isByTopic, goodbyeMs)
      return
    }
    const client = new PollClient(this.#hub.userIdOf(user))
    const leave = this.#hub.clients.enter(client)
    try {
      // Before it is read, so that nothing comes in between.
      await poll.listen()
      const found = await poll.read(since, lastOf)
      if (client.isUnwanted) throw unwanted()
      if (found.messages.length > 0 || !found.recovered) {
        answerPoll(response, found, isByTopic, client.retryAfterMs)
        return
      }
      await client.waitFor(poll.news, waitMs, response)
      if (response.destroyed) return
      // Its rights may have been withdrawn while it waited.
      await this.#checkTopics(user, topics)
      if (client.isUnwanted) throw unwanted()
      answerPoll(response, await poll.read(found.since, () => 0), isByTopic, client.retryAfterMs)
    } finally {
      leave()
      poll.end()
    }
  }

  async #history(user: User, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const last = countOf(query.get('last'), 'last', 50, maxLast)
    const since = query.get('since') || undefined
    const topic = oneTopic(query)
    const isState = this.#hub.kindOf(topic) === 'state'
    const { publications, head } = await this.#hub.historyAs(user, topic, { since, last, limit: maxLast })
    const messages = publications.map(publication => publicationText(publication, isState)).join()
    const position = JSON.stringify(publications.at(-1)?.position ?? head)
    answerText(response, `{"messages":[${messages}],"position":${position}}`)
  }

  async #members(user: User, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const members = await this.#hub.membersAs(user, oneTopic(query))
    const { texts, next } = memberPage(members, query.get('after') ?? '')
    const more = next === undefined ? '' : `,"next":${JSON.stringify(next)}`
    answerText(response, `{"members":[${texts.join()}]${more}}`)
  }

  async #publish(user: User, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { topic, data, key, ifPosition, state } = await readJsonBody(
      request,
      this.#settings.maxBodyBytes,
      this.#bodies,
    )
    for (const [name, value] of Object.entries({ key, ifPosition })) {
      if (value !== undefined && value !== null && typeof value !== 'string') {
        throw new HubError('bad_request', `${name} is a string, got ${typeof value}.`)
      }
    }
    const options = {
      key: (key as string | null) ?? undefined,
      ifPosition: (ifPosition as string | null) ?? undefined,
      asState: state === true,
    }
    this.#spendPublish(user, request)
    answer(response, { position: await this.#hub.publishAs(user, topic, data, options) })
  }

  /** @throws HubError `rate_limited` */
  #spendPublish(user: User, request: IncomingMessage): void {
    const text = `At most ${this.#hub.settings.maxPublishesPerSecond} publications a second are taken.`
    spendPublish(this.#rates.of(this.#clientOf(user, request), performance.now()), text)
  }

  async #request(user: User, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, data } = await readJsonBody(request, this.#settings.maxBodyBytes, this.#bodies)
    answer(response, { data: await this.#hub.requestAs(user, method, data ?? null) })
  }

  #refuse(response: ServerResponse, error: unknown): void {
    const known = toHubError(error)
    if (known.code === 'internal') this.#hub.onError(known.cause ?? error)
    if (response.headersSent) {
      response.destroy()
      return
    }
    const { code, message, retryable, retryAfterMs, topic } = known
    const status = error instanceof HubHttpError ? error.status : hubCodes[code].status
    if (retryAfterMs !== undefined || status === 429 || status === 503) {
      response.setHeader('Retry-After', Math.ceil((retryAfterMs ?? 1000) / 1000))
    }
    // The rest of a body would be read as the next request.
    if (!response.req.complete) response.setHeader('Connection', 'close')
    answer(response, { code, message, retryable, retryAfterMs, topic }, status)
  }
}

function unwanted(): HubError {
  return new HubError('forbidden', 'This user was disconnected.')
}

const names: ReadonlySet<string> = new Set(['events', 'poll', 'history', 'members'])

function answer(response: ServerResponse, body: object, status = 200): void {
  answerText(response, JSON.stringify(body), status)
}

function answerText(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' })
  response.end(text)
}

function answerPoll(
  response: ServerResponse,
  { messages, since, recovered, ...byTopic }: Polled,
  isByTopic: boolean,
  retryAfterMs: number | undefined,
): void {
  const rest = JSON.stringify({ since, recovered, ...(isByTopic && byTopic), retryAfterMs })
  answerText(response, `{"messages":[${messages.join()}],${rest.slice(1)}`)
}

/** Bytes that are no UTF-8 would be read as something else (URL §1.3, "percent-decode"). */
function isUtf8(target: string): boolean {
  try {
    // Its value is used: else a bundler takes the call for one that does nothing.
    return decodeURIComponent(target) !== ''
  } catch {
    return false
  }
}

function topicsOf(query: URLSearchParams): readonly string[] {
  const topics = [...new Set(query.getAll('topic'))]
  const bytes = topics.reduce((sum, topic) => sum + Buffer.byteLength(topic), 0)
  if (topics.length === 0) throw new HubError('bad_request', 'Name at least one topic: ?topic=room/1')
  if (topics.length > maxTopics || bytes > maxTopicsBytes) {
    throw new HubError(
      'bad_request',
      `At most ${maxTopics} topics of ${maxTopicsBytes} bytes together are taken.`,
    )
  }
  return topics
}

function oneTopic(query: URLSearchParams): string {
  const [topic, ...rest] = topicsOf(query)
  if (rest.length > 0) throw new HubError('bad_request', 'One topic is taken here.')
  return topic as string
}

/** Where a client stands in each topic, in place of a cursor: `position` once for each `topic`, empty where there is none. */
function positionsOf(
  query: URLSearchParams,
  topics: readonly string[],
): ReadonlyMap<string, string> | undefined {
  const positions = query.getAll('position')
  if (positions.length === 0) return undefined
  if (positions.length !== topics.length) {
    throw new HubError('bad_request', 'position is given once for each topic, empty where there is none.')
  }
  return new Map(
    topics.flatMap((topic, at) => (positions[at] === '' ? [] : [[topic, positions[at] as string]])),
  )
}

/** `last` once for all topics, or once for each. */
function lastsOf(query: URLSearchParams, topics: readonly string[]): (topic: string) => number {
  const lasts = query.getAll('last')
  if (lasts.length !== topics.length) {
    const last = countOf(query.get('last'), 'last', 0, maxLast)
    return () => last
  }
  const byTopic = new Map(topics.map((topic, at) => [topic, countOf(lasts[at] ?? null, 'last', 0, maxLast)]))
  return topic => byTopic.get(topic) ?? 0
}

function countOf(text: string | null, name: string, byDefault: number, highest: number): number {
  if (text === null) return byDefault
  if (/^\d{1,15}$/.test(text)) return Math.min(Number(text), highest)
  throw new HubError('bad_request', `${name} is a whole number, got ${JSON.stringify(text.slice(0, 40))}.`)
}
