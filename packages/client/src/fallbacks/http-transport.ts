import {
  byteLength,
  type ClientMessage,
  checkMessage,
  codeOf,
  createRetry,
  type Ending,
  type FetchedResponse,
  type Retry,
  type ServerMessage,
  type Transport,
  type TransportContext,
  type TransportHandler,
  textOf,
} from '../core/transport-kit.ts'

/** A topic that is subscribed to without a session: where it stands travels with each request. */
export interface HttpTopic {
  readonly name: string
  readonly last: number
  /** Of the call that subscribed, until it is answered. */
  id: number | undefined
  position: string | undefined
}

/** How news of topics come: by an event stream or by polls. */
export type ReadNews = (
  http: HttpTransport,
  topics: readonly HttpTopic[],
  signal: AbortSignal,
) => Promise<void>

/** What the server says in `welcome` of a WebSocket; over HTTP it is what bothways.v1 promises at least. */
const welcome = { type: 'welcome', pingMs: 25_000, maxMessageBytes: 131_072, keyWindowMs: 300_000 }

/** What the server takes in one request. */
const maxTopics = 50
const maxNameBytes = 2048
/** Browsers have six connections to a server of HTTP/1.1: publications need some. */
const maxRequests = 4

/**
 * The messages of bothways.v1 over requests without a session. News are read by one request for up to 50 topics, which is made
 * anew when a topic comes or goes; publications of one topic go one by one, since requests have no order.
 */
export class HttpTransport implements Transport {
  readonly #context: TransportContext
  readonly handler: TransportHandler
  readonly #read: ReadNews
  readonly #topics = new Map<string, HttpTopic>()
  readonly #publishing = new Map<string, Promise<void>>()
  readonly #timers = new Set<() => void>()
  readonly #over = new AbortController()
  #reading: AbortController | undefined
  #isWelcome = false
  readonly #retry: Retry
  #token: string | undefined

  constructor(context: TransportContext, handler: TransportHandler, read: ReadNews) {
    this.#context = context
    this.handler = handler
    this.#read = read
    this.#retry = createRetry(context.environment)
    this.after(0, () => handler.onOpen())
  }

  send(message: ClientMessage, data?: string): void {
    const { type, id, topic, since, last } = message
    if (type === 'hello' || type === 'token') {
      this.#token = message.token as string | undefined
      void this.#try(() => this.#check(welcome))
    } else if (type === 'ping') {
      void this.#try(() => this.#check({ type: 'pong' }))
    } else if (type === 'subscribe') {
      const name = topic as string
      this.#topics.set(name, { name, last: (last as number) ?? 0, id, position: since as string | undefined })
      this.#readAnew()
    } else if (type === 'unsubscribe') {
      if (this.#topics.delete(topic as string)) this.#readAnew()
    } else if (type === 'publish') {
      const { key, ifPosition, state } = message
      const body = textOf({ topic, key, ifPosition, state }, data)
      const before = this.#publishing.get(topic as string) ?? Promise.resolve()
      const done = before.then(() => this.#try(() => this.#post('publish', body, 'published', id)))
      this.#publishing.set(topic as string, done)
    } else {
      const body = textOf({ method: message.method }, data)
      void this.#try(() => this.#post('request', body, 'response', id))
    }
  }

  close(): void {
    this.#over.abort()
    this.#reading?.abort()
    this.#retry.cancel()
    for (const cancel of this.#timers) cancel()
  }

  /** @throws what `fetch` throws */
  async get(
    path: string,
    query: readonly (readonly [string, string])[],
    signal: AbortSignal,
  ): Promise<FetchedResponse> {
    return await this.#fetch(`${path}?${new URLSearchParams(query as [string, string][])}`, 'GET', signal)
  }

  /** The query that says which topics are wanted, and from where. */
  queryOf(topics: readonly HttpTopic[]): [string, string][] {
    return topics.flatMap(({ name, position = '', last }) => [
      ['topic', name],
      ['position', position],
      ['last', String(last)],
    ])
  }

  /** Passes on what came; of a topic that was live before, a subscription is only told where it is broken. */
  pass(said: ServerMessage): void {
    if (this.#over.signal.aborted) return
    const message = checkMessage(said)
    const topic = this.#topics.get(message.topic as string)
    if (topic === undefined) return
    const { type, position, recovered } = message
    this.#retry.worked()
    if (type === 'subscribed' || type === 'error') {
      const { id } = topic
      topic.id = undefined
      if (id !== undefined) this.handler.onMessage({ ...message, id })
      else if (type === 'error') this.handler.onMessage({ ...message, type: 'unsubscribed' })
      else if (recovered === false || position === undefined)
        this.handler.onMessage({ ...message, type: 'gap' })
      if (type === 'error') this.#topics.delete(topic.name)
    } else {
      this.handler.onMessage(message)
    }
    if (position !== undefined) topic.position = position
  }

  /** A refusal that names a topic is of that one alone. One that may be tried again is, for all, with nothing lost. */
  refuse(topics: readonly HttpTopic[], refusal: ServerMessage): void {
    if (this.#over.signal.aborted) return
    const { retryable, retryAfterMs, topic } = refusal
    if (retryable) {
      this.#retry.again(() => this.#readAnew(), retryAfterMs)
      return
    }
    for (const { name } of topics) if (name === (topic ?? name)) this.pass({ ...refusal, topic: name })
    this.#readAnew()
  }

  end(ending: Ending): void {
    if (this.#over.signal.aborted) return
    this.close()
    this.handler.onEnd(ending)
  }

  after(ms: number, callback: () => void): () => void {
    const cancel = this.#context.environment.setTimer(() => {
      this.#timers.delete(cancel)
      if (!this.#over.signal.aborted) callback()
    }, ms)
    this.#timers.add(cancel)
    return () => {
      this.#timers.delete(cancel)
      cancel()
    }
  }

  /** Ends the connection where the answer is no message: a proxy's page, a server that does not know who this is. */
  async refusalOf(response: FetchedResponse): Promise<ServerMessage | undefined> {
    if (response.ok) return undefined
    const body = await response.text()
    let refusal: ServerMessage | undefined
    try {
      refusal = checkMessage({ ...JSON.parse(body), type: 'error' })
    } catch {}
    if (refusal?.code !== undefined && response.status !== 401) return refusal
    const noWebSocket = this.#context.WebSocket
      ? ''
      : ' This runtime has no WebSocket: give one as an option.'
    const text = `Status ${response.status} over HTTP: is the path right, and TopicsHttp there?${noWebSocket}`
    this.end({ code: codeOf(response.status, 'not_opened'), text: refusal?.message ?? text })
    throw new Error('ended')
  }

  #readAnew(): void {
    this.#reading?.abort()
    const reading = new AbortController()
    this.#reading = reading
    // All topics that come and go together make one request.
    this.after(0, () => {
      if (reading.signal.aborted) return
      for (const topics of this.#requests()) {
        void this.#try(() => this.#read(this, topics, reading.signal), reading.signal)
      }
    })
  }

  /** The topics by requests that can carry them; those that do not fit into the last one end. */
  #requests(): HttpTopic[][] {
    const requests: HttpTopic[][] = []
    let bytes = 0
    for (const topic of this.#topics.values()) {
      const length = byteLength(topic.name)
      bytes += length
      if (bytes > maxNameBytes || (requests.at(-1)?.length ?? maxTopics) === maxTopics) {
        requests.push([])
        bytes = length
      }
      requests.at(-1)?.push(topic)
    }
    for (const { name } of requests.splice(maxRequests).flat()) {
      const message = `Without WebSocket at most ${maxRequests * maxTopics} topics can be subscribed to.`
      this.pass({ type: 'error', code: 'queue_full', message, topic: name })
    }
    return requests
  }

  /** Whether topics are served here, and to this client: a request for none is refused for that alone. */
  async #check(answer: ServerMessage): Promise<void> {
    const refusal = await this.refusalOf(await this.get('poll', [], this.#over.signal))
    if (refusal?.code === 'bad_request') {
      this.#isWelcome = true
      this.handler.onMessage(answer)
    } else {
      this.end({ code: refusal?.code === 'forbidden' ? 'forbidden' : 'not_opened', text: refusal?.message })
    }
  }

  async #post(path: string, body: string, type: string, id: number | undefined): Promise<void> {
    const response = await this.#fetch(path, 'POST', this.#over.signal, body)
    const answer =
      (await this.refusalOf(response)) ?? checkMessage({ ...JSON.parse(await response.text()), type })
    if (!this.#over.signal.aborted) this.handler.onMessage({ ...answer, ...(id !== undefined && { id }) })
  }

  async #fetch(path: string, method: string, signal: AbortSignal, body?: string): Promise<FetchedResponse> {
    const { fetch, url } = this.#context
    if (fetch === undefined) throw new Error('There is no fetch here.')
    const response = await fetch(`${url.replace(/\/$/, '')}/${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      },
      ...(body !== undefined && { body }),
      signal,
      cache: 'no-store',
    })
    this.handler.onLife()
    return response
  }

  /** What fails on the way ends the connection, unless it was ended here. */
  async #try(work: () => Promise<void>, signal: AbortSignal = this.#over.signal): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!signal.aborted) this.end({ code: this.#isWelcome ? 'lost' : 'not_opened', text: String(error) })
    }
  }
}
