import {
  byteLength,
  checkMessage,
  codeOf,
  createRetry,
  createTimer,
  type Ending,
  type Environment,
  type FetchedResponse,
  retryAfterOf,
  type ServerMessage,
  type Timer,
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

/** How news of topics come: by an event stream or by polls. @param watch its timer, which ends with the signal */
export type ReadNews = (
  http: Http,
  topics: readonly HttpTopic[],
  signal: AbortSignal,
  watch: Timer,
) => Promise<void>

/** The part of the transport that a reader of news uses. */
export interface Http {
  readonly handler: TransportHandler
  readonly environment: Environment
  /** How long the last short answer took, in ms: where server, network or device are slow, all is. */
  readonly lagMs: number
  /**
   * Asks for news of topics from where they stand.
   *
   * @returns undefined where they are refused: that has been told
   * @throws what `fetch` throws
   */
  ask(
    path: string,
    topics: readonly HttpTopic[],
    signal: AbortSignal,
    more?: readonly [string, string][],
  ): Promise<FetchedResponse | undefined>
  /**
   * Passes on what came of topics that are still those that were asked for; of one that was live before, a subscription is only
   * told where it is broken.
   */
  pass(said: ServerMessage, asked: readonly HttpTopic[]): void
  end(ending: Ending): void
}

/** The topics, and bytes of their names, that the server takes in one request. */
const maxTopics = 50
const maxNameBytes = 2048
/** Browsers have six connections to a server of HTTP/1.1: publications need some. */
const maxRequests = 4
/** A publication that is not answered for so long went out on a connection that is gone: it goes again, by its key. In ms. */
const answerMs = 45_000

/**
 * The messages of bothways.v1 over requests without a session. News are read by one request for up to 50 topics, which is made
 * anew when a topic comes or goes; publications of one topic go one by one, since requests have no order.
 */
export function openHttp(context: TransportContext, handler: TransportHandler, read: ReadNews): Transport {
  const { environment, url, fetch, WebSocket } = context
  const live = new Map<string, HttpTopic>()
  const publishing = new Map<string, Promise<void>>()
  /** Topics where a publication failed as retryable: later ones would overtake it. */
  const interrupted = new Set<string>()
  const soon = createTimer(environment)
  const retry = createRetry(environment)
  const over = new AbortController()
  let reading: AbortController | undefined
  let isWelcome = false
  let token: unknown

  const close = () => {
    over.abort()
    reading?.abort()
    retry.cancel()
    soon()
  }

  const end: Http['end'] = ending => {
    if (over.signal.aborted) return
    close()
    handler.onEnd(ending)
  }

  /** A failure on the way ends the connection, unless it was ended here. */
  const attempt = async (work: () => Promise<unknown>, { signal } = over) => {
    try {
      await work()
    } catch (error) {
      if (!signal.aborted) end({ code: isWelcome ? 'lost' : 'not_opened', text: String(error) })
    }
  }

  const request = async (path: string, signal: AbortSignal, body?: string): Promise<FetchedResponse> => {
    if (fetch === undefined) throw new Error('There is no fetch here.')
    const response = await fetch(`${url.replace(/\/$/, '')}/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body }),
      signal,
      cache: 'no-store',
    })
    handler.onLife()
    return response
  }

  /** Ends the connection where the answer is no message: a proxy's page, a server that does not know who this is. */
  const refusalOf = async (response: FetchedResponse): Promise<ServerMessage | undefined> => {
    const { ok, status, headers } = response
    if (ok) return undefined
    const told = retryAfterOf(headers.get('retry-after'), environment.random())
    const body = await response.text()
    let refusal: Partial<ServerMessage> = {}
    try {
      refusal = checkMessage({ ...JSON.parse(body), type: 'error' })
    } catch {}
    const { code, message, retryAfterMs = told } = refusal
    if (code !== undefined && status !== 401) return { type: 'error', ...refusal, retryAfterMs }
    const advice = WebSocket ? '' : ' Give a class as the option `WebSocket`: there is none here.'
    const text = message ?? `Status ${status} over HTTP: is the path right, and TopicsHttp there?${advice}`
    end({ code: codeOf(status, 'not_opened'), text, retryAfterMs })
    throw new Error('ended')
  }

  /** Whether topics are served here, and to this client: a request for none is refused for that alone. */
  const check = async (type: 'welcome' | 'pong') => {
    const askedAt = environment.now()
    const response = await request('poll?', over.signal)
    const { code, message: text, retryAfterMs } = (await refusalOf(response)) ?? {}
    if (code !== 'bad_request') {
      return end({ code: codeOf(response.status, 'not_opened'), text, retryAfterMs })
    }
    isWelcome = true
    http.lagMs = environment.now() - askedAt
    // A welcome over HTTP says nothing of times and sizes: they are what bothways.v1 promises at least.
    handler.onMessage({ type })
  }

  const post = async (path: string, body: string, type: string, id: number | undefined) => {
    const response = await request(path, over.signal, body)
    const refusal = await refusalOf(response)
    const answer = refusal ?? checkMessage({ ...JSON.parse(await response.text()), type })
    if (!over.signal.aborted) handler.onMessage({ ...answer, id })
    return answer
  }

  const publish = async (name: string, body: string, id: number | undefined) => {
    if (interrupted.has(name)) {
      return handler.onMessage({ type: 'error', id, code: 'out_of_order', message: '', retryable: true })
    }
    const watch = createTimer(environment)
    watch(() => end({ code: 'silent' }), answerMs)
    const { retryable } = await post('publish', body, 'published', id).finally(watch)
    if (retryable) interrupted.add(name)
  }

  const pass: Http['pass'] = (said, asked) => {
    if (over.signal.aborted) return
    const message = checkMessage(said)
    const topic = live.get(message.topic as string)
    if (topic === undefined || !asked.includes(topic)) return
    const { type, position, recovered } = message
    const { id, name } = topic
    const isError = type === 'error'
    retry.worked()
    if (isError || type === 'subscribed') {
      topic.id = undefined
      // A listener that hears of it may subscribe again.
      if (isError) live.delete(name)
      if (id !== undefined) handler.onMessage({ ...message, id })
      else if (isError) handler.onMessage({ ...message, type: 'unsubscribed' })
      else if (recovered === false || position === undefined) handler.onMessage({ ...message, type: 'gap' })
    } else {
      handler.onMessage(message)
    }
    if (position !== undefined) topic.position = position
  }

  const ask: Http['ask'] = async (path, topics, signal, more = []) => {
    const query = topics.flatMap(({ name, position = '', last }): [string, string][] => [
      ['topic', name],
      ['position', position],
      ['last', String(last)],
    ])
    const response = await request(`${path}?${new URLSearchParams([...query, ...more])}`, signal)
    const refusal = await refusalOf(response)
    if (refusal === undefined) return response
    if (over.signal.aborted) return undefined
    const { retryable, retryAfterMs, topic } = refusal
    // A retryable refusal: all topics are asked for again, with nothing lost.
    if (retryable) retry.again(readAnew, retryAfterMs)
    else {
      // A refusal that names a topic is of that one alone.
      for (const { name } of topics) if (name === (topic ?? name)) pass({ ...refusal, topic: name }, topics)
      readAnew()
    }
    return undefined
  }

  const readAnew = () => {
    reading?.abort()
    const mine = new AbortController()
    reading = mine
    // All topics that come and go together make one request.
    soon(() => {
      for (const topics of requests()) {
        const watch = createTimer(environment)
        mine.signal.addEventListener('abort', () => watch())
        void attempt(() => read(http, topics, mine.signal, watch).finally(watch), mine)
      }
    })
  }

  /** The topics by requests that can carry them; those that do not fit into the last one end. */
  const requests = (): HttpTopic[][] => {
    const all: HttpTopic[][] = []
    let bytes = 0
    for (const topic of live.values()) {
      const length = byteLength(topic.name)
      bytes += length
      if (bytes > maxNameBytes || (all.at(-1)?.length ?? maxTopics) === maxTopics) {
        all.push([])
        bytes = length
      }
      all.at(-1)?.push(topic)
    }
    const tooMany = all.splice(maxRequests).flat()
    for (const { name } of tooMany) {
      const message = `Without WebSocket at most ${maxRequests * maxTopics} topics can be subscribed to.`
      pass({ type: 'error', code: 'queue_full', message, topic: name }, tooMany)
    }
    return all
  }

  const http = { handler, environment, lagMs: 0, ask, pass, end }

  soon(() => handler.onOpen())
  return {
    send(message, data) {
      const { type, id, topic: name = '', since, last = 0, key, ifPosition, state, method, restart } = message
      if (type === 'hello' || type === 'token') {
        token = message.token
        void attempt(() => check('welcome'))
      } else if (type === 'ping') {
        void attempt(() => check('pong'))
      } else if (type === 'subscribe') {
        live.set(name, { name, last: last as number, id, position: since as string | undefined })
        readAnew()
      } else if (type === 'unsubscribe') {
        if (live.delete(name)) readAnew()
      } else if (type === 'publish') {
        const body = textOf({ topic: name, key, ifPosition, state }, data)
        const before = publishing.get(name)
        const done = attempt(async () => {
          await before
          if (restart) interrupted.delete(name)
          await publish(name, body, id)
          if (publishing.get(name) === done) publishing.delete(name)
        })
        publishing.set(name, done)
      } else {
        void attempt(() => post('request', textOf({ method }, data), 'response', id))
      }
    },
    close,
  }
}
