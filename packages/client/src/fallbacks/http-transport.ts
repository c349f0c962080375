import {
  type ClientMessage,
  type Ending,
  endingOfStatus,
  type FetchedResponse,
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

/**
 * The messages of bothways.v1 over requests without a session. News are read by one request for all topics, which is made
 * anew when a topic comes or goes; publications of one topic go one by one, since requests have no order.
 */
export class HttpTransport implements Transport {
  readonly #context: TransportContext
  readonly handler: TransportHandler
  readonly #read: ReadNews
  readonly #topics = new Map<string, HttpTopic>()
  readonly #publishing = new Map<string, Promise<void>>()
  readonly #over = new AbortController()
  #reading: AbortController | undefined
  #isWelcome = false
  #token: string | undefined

  constructor(context: TransportContext, handler: TransportHandler, read: ReadNews) {
    this.#context = context
    this.handler = handler
    this.#read = read
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
      const { key, ifPosition } = message
      const body = textOf({ topic, key, ifPosition }, data)
      const before = this.#publishing.get(topic as string) ?? Promise.resolve()
      const done = before.then(() => this.#try(() => this.#post('publish', body, 'published', id)))
      this.#publishing.set(topic as string, done)
    } else {
      void this.#try(() =>
        this.#post('request', textOf({ method: message.method, data: message.data }), 'response', id),
      )
    }
  }

  close(): void {
    this.#over.abort()
    this.#reading?.abort()
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
  pass(message: ServerMessage): void {
    if (this.#over.signal.aborted) return
    const topic = this.#topics.get(message.topic as string)
    if (topic === undefined) return
    const { type, position, recovered } = message
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

  end(ending: Ending): void {
    if (this.#over.signal.aborted) return
    this.close()
    this.handler.onEnd(ending)
  }

  after(ms: number, callback: () => void): () => void {
    return this.#context.environment.setTimer(() => {
      if (!this.#over.signal.aborted) callback()
    }, ms)
  }

  /** Ends the connection where the answer is no message: a proxy's page, a server that does not know who this is. */
  async refusalOf(response: FetchedResponse): Promise<ServerMessage | undefined> {
    if (response.ok) return undefined
    const body = await response.text()
    let refusal: ServerMessage | undefined
    try {
      refusal = JSON.parse(body)
    } catch {}
    if (typeof refusal?.code === 'string' && response.status !== 401) return { ...refusal, type: 'error' }
    this.end(endingOfStatus(response.status, refusal?.message))
    throw new Error('ended')
  }

  #readAnew(): void {
    this.#reading?.abort()
    const reading = new AbortController()
    this.#reading = reading
    // All topics that come and go together make one request.
    this.after(0, () => {
      if (reading.signal.aborted || this.#topics.size === 0) return
      void this.#try(() => this.#read(this, [...this.#topics.values()], reading.signal), reading.signal)
    })
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
    const answer = (await this.refusalOf(response)) ?? { ...JSON.parse(await response.text()), type }
    if (!this.#over.signal.aborted) this.handler.onMessage({ ...answer, id })
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
