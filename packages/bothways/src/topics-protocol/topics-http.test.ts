import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createHub, type Hub, type HubOptions, TopicsHttp, type TopicsHttpOptions } from '../index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

// biome-ignore lint/suspicious/noExplicitAny: answers of the wire, as they come
type Wire = any

const room = { history: { count: 500, ageMs: 600_000 }, presence: true }

async function stage(options: HubOptions<undefined> = {}, http: TopicsHttpOptions<undefined> = {}) {
  const hub: Hub = createHub({
    topics: { 'room/*': room, load: { state: true }, 'news/:id': {} },
    onError: () => {},
    ...options,
  })
  hub.handle('echo', input => input)
  const topics = new TopicsHttp(hub, http)
  const server = createHttpServer((request, response) => {
    if (!topics.handle(request, response)) response.writeHead(404).end('not ours')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(
    () => server.closeAllConnections(),
    () => server.close(),
    () => hub.close(),
  )
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const get = async (
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Wire; headers: Headers }> => {
    const response = await fetch(`${url}/bothways/${path}`, { headers })
    return { status: response.status, body: await response.json(), headers: response.headers }
  }
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/bothways/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Wire, headers: response.headers }
  }
  return { hub, topics, url, get, post }
}

interface Event {
  readonly id: string | undefined
  readonly event: string
  readonly data: Wire
}

/** Reads events of a stream in order. */
class Events {
  readonly #reader: ReadableStreamDefaultReader<string>
  #text = ''

  constructor(response: Response) {
    this.#reader = (response.body as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream() as never)
      .getReader() as never
    cleanups.push(() => this.#reader.cancel().catch(() => undefined))
  }

  async next(): Promise<Event> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end >= 0) {
        const block = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 2)
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
        const data = field('data')
        if (data !== undefined)
          return { id: field('id'), event: field('event') ?? 'message', data: JSON.parse(data) }
        continue
      }
      const { value, done } = await this.#reader.read()
      if (done) throw new Error('The stream has ended.')
      this.#text += value
    }
  }

  async rest(): Promise<string> {
    let text = this.#text
    for (let read = await this.#reader.read(); !read.done; read = await this.#reader.read())
      text += read.value
    return text
  }
}

test('A publication by POST is in the history, and comes by event stream and by poll', async () => {
  const { url, get, post } = await stage()
  const response = await fetch(`${url}/bothways/events?topic=room/1&last=10`)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  expect(response.headers.get('cache-control')).toBe('no-store, no-transform')
  const events = new Events(response)
  expect((await events.next()).event).toBe('subscribed')
  const cursor = (await get('poll?topic=room/1')).body.since
  const waiting = get(`poll?topic=room/1&since=${cursor}`)
  const { status, body } = await post('publish', { topic: 'room/1', data: '你好' })
  expect([status, body]).toEqual([200, { position: expect.any(String) }])
  const publication = {
    type: 'publication',
    topic: 'room/1',
    position: body.position,
    data: '你好',
    at: expect.any(Number),
  }
  expect(await events.next()).toEqual({ id: expect.any(String), event: 'publication', data: publication })
  expect((await waiting).body).toEqual({
    messages: [publication],
    since: expect.any(String),
    recovered: true,
  })
  expect((await get('history?topic=room/1&last=50')).body).toEqual({
    messages: [publication],
    position: body.position,
  })
})

test('A stream that is cut goes on behind its last event id', async () => {
  const { hub, url } = await stage()
  const topic = hub.topic('room/1')
  const open = async (headers: Record<string, string> = {}) =>
    new Events(await fetch(`${url}/bothways/events?topic=room/1&topic=room/2`, { headers }))
  const first = await open()
  await first.next()
  const { id: before } = await first.next()
  await topic.publish(1)
  const { id } = await first.next()
  expect(id).not.toBe(before)
  await topic.publish(2)
  await hub.topic('room/2').publish(3)
  const second = await open({ 'Last-Event-ID': id as string })
  const came: Event[] = []
  while (came.filter(({ event }) => event === 'publication').length < 2) came.push(await second.next())
  expect(came.filter(({ event }) => event === 'subscribed').map(({ data }) => data.recovered)).toEqual([
    true,
    true,
  ])
  expect(came.filter(({ event }) => event === 'publication').map(({ data }) => data.data)).toEqual([2, 3])
  const foreign = new Events(
    await fetch(`${url}/bothways/events?topic=room/1`, { headers: { 'Last-Event-ID': id as string } }),
  )
  expect((await foreign.next()).data).toMatchObject({ type: 'subscribed', recovered: false })
})

test('A poll answers at once when there is something, with what is stale said so, and waits otherwise', async () => {
  const { hub, get } = await stage()
  await hub.topic('room/1').publish(1)
  const first = (await get('poll?topic=room/1&last=5')).body
  expect(first.messages.map(({ data }: Wire) => data)).toEqual([1])
  expect((await get(`poll?topic=room/1&since=${first.since}&waitMs=0`)).body).toMatchObject({
    messages: [],
    recovered: true,
  })
  expect((await get('poll?topic=room/1&since=nonsense')).body).toMatchObject({
    messages: [],
    recovered: false,
  })
  for (let at = 0; at < 150; at++) await hub.topic('room/1').publish(at)
  const page = (await get(`poll?topic=room/1&since=${first.since}`)).body
  expect(page.messages).toHaveLength(100)
  const rest = (await get(`poll?topic=room/1&since=${page.since}`)).body
  expect(rest.messages.map(({ data }: Wire) => data)).toEqual(Array.from({ length: 50 }, (_, at) => at + 100))
})

/** A request, its status and its code. */
const refused: readonly (readonly [string, number, string])[] = [
  ['GET history?topic=nobody', 404, 'unknown_topic'],
  ['GET history', 400, 'bad_request'],
  ['GET history?topic=news/1', 400, 'no_history'],
  ['GET history?topic=room/1&last=x', 400, 'bad_request'],
  ['GET members?topic=load', 400, 'bad_request'],
  ['GET nothing', 404, 'bad_request'],
  ['GET publish', 405, 'bad_request'],
  ['POST history', 405, 'bad_request'],
  ['GET events?topic=nobody', 404, 'unknown_topic'],
  [`GET events?${Array.from({ length: 51 }, (_, at) => `topic=room/${at}`).join('&')}`, 400, 'bad_request'],
  [
    `GET events?topic=room/${'x'.repeat(240)}${`&topic=room/${'y'.repeat(240)}`.repeat(1)}${Array.from({ length: 9 }, (_, at) => `&topic=room/${at}${'z'.repeat(240)}`).join('')}`,
    400,
    'bad_request',
  ],
  ['POST publish {"topic":"nobody","data":1}', 404, 'unknown_topic'],
  ['POST publish {"topic":"room/1"}', 400, 'invalid_data'],
  ['POST publish [1]', 400, 'bad_request'],
  ['POST publish {', 400, 'bad_request'],
  [`POST publish {"topic":"room/1","data":"${'x'.repeat(70_000)}"}`, 413, 'too_large'],
  [`POST publish {"topic":"room/1","data":"${'x'.repeat(200_000)}"}`, 413, 'too_large'],
  ['POST request {"method":"nobody"}', 404, 'unknown_method'],
]

test.each(refused)('%.60s is refused with its status', async (request, status, code) => {
  const { url } = await stage()
  const [, method = '', path = '', body] = /^(\w+) (\S+)(?: (.*))?$/.exec(request) ?? []
  const response = await fetch(`${url}/bothways/${path}`, {
    method,
    ...(method === 'POST' && { headers: { 'Content-Type': 'application/json' }, body: body ?? '{}' }),
  })
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ code, message: expect.any(String), retryable: false })
  expect(response.headers.get('cache-control')).toBe('no-store')
})

test('A body is as long as it may be, and one longer is refused', async () => {
  const { post } = await stage({}, { maxBodyBytes: 100 })
  const echo = (length: number) => `{"method":"echo"}${' '.repeat(length - 17)}`
  expect((await post('request', echo(100))).status).toBe(200)
  expect((await post('request', echo(101))).status).toBe(413)
  const publish = '{"topic":"room/1","data":1}'
  expect((await post('publish', publish.padEnd(100))).status).toBe(200)
  expect((await post('publish', publish.padEnd(101))).status).toBe(413)
})

test('A POST needs its content type, and every request an origin that may', async () => {
  const { url, get, post } = await stage({}, { origins: ['https://app.example'] })
  const plain = await fetch(`${url}/bothways/publish`, { method: 'POST', body: '{}' })
  expect(plain.status).toBe(415)
  expect(
    (await post('publish', { topic: 'room/1', data: 1 }, { Origin: 'https://evil.example' })).status,
  ).toBe(403)
  const listed = await post('publish', { topic: 'room/1', data: 1 }, { Origin: 'https://app.example' })
  expect(listed.status).toBe(200)
  expect(listed.headers.get('access-control-allow-origin')).toBe('https://app.example')
  expect(listed.headers.get('access-control-allow-credentials')).toBe('true')
  expect(listed.headers.get('access-control-expose-headers')).toBe('Retry-After')
  const own = await get('history?topic=room/1', { Origin: url })
  expect(own.headers.get('access-control-allow-credentials')).toBeNull()
  const preflight = await fetch(`${url}/bothways/publish`, {
    method: 'OPTIONS',
    headers: { Origin: 'https://app.example' },
  })
  expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
    204,
    'authorization, content-type',
  ])
})

test('A request without valid credentials is answered 401, and a stream ends when its credentials do', async () => {
  const { url, get } = await stage(
    {},
    {
      authenticate: ({ headers }) =>
        headers.authorization === 'Bearer good' && { user: undefined, expiresAt: Date.now() + 300 },
    },
  )
  expect((await get('history?topic=room/1')).body).toMatchObject({ code: 'unauthenticated' })
  const stream = new Events(
    await fetch(`${url}/bothways/events?topic=room/1`, { headers: { Authorization: 'Bearer good' } }),
  )
  expect((await stream.next()).event).toBe('subscribed')
  await stream.rest()
})

test('Keys and requests work as over WebSocket', async () => {
  const { post } = await stage()
  const key = 'abcdefghijklmnopqrstuvwxyz'
  const one = await post('publish', { topic: 'room/1', data: 1, key })
  expect((await post('publish', { topic: 'room/1', data: 1, key })).body).toEqual(one.body)
  expect((await post('publish', { topic: 'room/1', data: 2, key })).status).toBe(409)
  expect((await post('request', { method: 'echo', data: [1] })).body).toEqual({ data: [1] })
})

test('Draining ends streams with a time of their own to come back at, and answers polls', async () => {
  const { hub, url, get } = await stage()
  const streams = await Promise.all(
    [1, 2, 3, 4].map(async () => new Events(await fetch(`${url}/bothways/events?topic=room/1`))),
  )
  for (const stream of streams) await stream.next()
  const { since } = (await get('poll?topic=room/1')).body
  const poll = get(`poll?topic=room/1&since=${since}`)
  // The poll is one of those that are open once it has been taken.
  await new Promise(resolve => setTimeout(resolve, 100))
  const closing = hub.close({ spreadMs: 1000, closeMs: 50 })
  const times = await Promise.all(
    streams.map(async stream => Number(/retry: (\d+)/.exec(await stream.rest())?.[1])),
  )
  expect(new Set(times).size).toBe(4)
  expect((await poll).body).toMatchObject({
    messages: [],
    recovered: true,
    retryAfterMs: expect.any(Number),
  })
  await closing
  const late = await fetch(`${url}/bothways/events?topic=room/1`)
  expect([late.status, await late.text()]).toEqual([200, 'retry: 1000\n\n'])
})

test('Event streams and polls take positions, one for each topic, as a WebSocket had them; and last for each', async () => {
  const { get, hub } = await stage()
  const one = hub.topic('room/1')
  const first = await one.publish('a')
  await one.publish('b')
  await hub.topic('room/2').publish('c')
  await hub.topic('room/2').publish('d')
  const ask = async (query: string) => (await get(`poll?${query}`)).body
  const both = `topic=room/1&position=${first}&last=9&topic=room/2&position=&last=1`
  const polled = await ask(`${both}&waitMs=0`)
  expect(polled.messages.map(({ data }: { data: unknown }) => data)).toEqual(['b', 'd'])
  expect(polled).toMatchObject({ recovered: true, unrecovered: [] })
  expect(Object.keys(polled.positions)).toEqual(['room/1', 'room/2'])
  expect(await ask('topic=room/1&position=of.another.life&waitMs=0')).toMatchObject({
    recovered: false,
    unrecovered: ['room/1'],
  })
  expect(await ask('topic=room/1&topic=room/2&position=x')).toMatchObject({ code: 'bad_request' })
  expect(await ask('topic=room/1')).toEqual({ messages: [], since: expect.any(String), recovered: true })
})

test('A poll that says where it stands gets the newest value of a state, however many it has missed', async () => {
  const { get, hub } = await stage()
  const load = hub.topic('load')
  const first = await load.publish(1)
  for (const value of [2, 3]) await load.publish(value)
  const { body } = await get(`poll?topic=load&position=${first}&waitMs=0`)
  expect(body).toMatchObject({ messages: [{ type: 'state', data: 3 }], recovered: true })
})

test('A user instead of { user } is an error that says so, and not somebody whom nobody knows', async () => {
  const errors: unknown[] = []
  const { get } = await stage(
    { onError: error => errors.push(error) },
    { authenticate: (() => ({ name: 'ann' })) as never },
  )
  expect((await get('history?topic=room/1')).status).toBe(500)
  expect(errors).toMatchObject([
    { code: 'BW_INVALID_OPTION', message: expect.stringContaining('{ user, expiresAt }') },
  ])
})
