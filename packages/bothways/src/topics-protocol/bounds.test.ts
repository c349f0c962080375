import { once } from 'node:events'
import { createServer as createHttpServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FaultyBroker } from '@bothways/test-support/faulty-broker'
import { afterEach, expect, test } from 'vitest'
import {
  createHub,
  createServer,
  type Hub,
  MemoryBroker,
  TopicsHttp,
  topicsRoute,
  WebSocket,
} from '../index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const history = { count: 500, ageMs: 600_000 }
const publish = (broker: MemoryBroker, topic: string, data = '1', key?: string) =>
  broker.publish({
    topic,
    data,
    user: undefined,
    history,
    isState: false,
    key: key === undefined ? undefined : { name: key, scope: '' },
    ifPosition: undefined,
  })

async function connect(hub: Hub, options: Parameters<typeof topicsRoute<undefined>>[1] = {}) {
  const server = createServer().route('/', topicsRoute(hub, options))
  const { url } = await server.listen()
  cleanups.push(() => server.close({ timeoutMs: 0 }))
  const socket = new WebSocket(url, 'bothways.v1')
  cleanups.push(() => socket.terminate())
  await once(socket, 'open')
  const answers: Record<string, unknown>[] = []
  let wake = (): void => {}
  socket.addEventListener('message', event => {
    answers.push(JSON.parse(event.data))
    wake()
  })
  const answerTo = async (id: number): Promise<Record<string, unknown>> => {
    for (;;) {
      const found = answers.find(answer => answer.id === id)
      if (found !== undefined) return found
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }
  return { socket, answerTo, send: (message: object) => socket.send(JSON.stringify(message)) }
}

/** @returns the URL of a server that has only these topics */
async function serveHttp(topics: TopicsHttp<string> | TopicsHttp, onGone = () => {}): Promise<string> {
  const http = createHttpServer((request, response) => {
    response.once('close', onGone)
    void topics.handle(request, response)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  cleanups.push(
    () => http.closeAllConnections(),
    () => http.close(),
  )
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

test('A message above the bound closes with 4413', async () => {
  const { socket } = await connect(createHub(), { maxMessageBytes: 1000 })
  const closed = once(socket, 'close')
  socket.send(JSON.stringify({ type: 'ping', padding: 'x'.repeat(1000) }))
  expect(((await closed)[0] as { code: number }).code).toBe(4413)
})

test('A client with as many unanswered calls as it may have is not read until some are answered', async () => {
  let running = 0
  let most = 0
  const releases: (() => void)[] = []
  const hub = createHub()
  hub.handle('wait', async () => {
    most = Math.max(most, ++running)
    await new Promise<void>(resolve => releases.push(resolve))
    running--
  })
  const { send, answerTo } = await connect(hub, { maxPendingCalls: 3 })
  for (let id = 0; id < 20; id++) send({ type: 'request', id, method: 'wait' })
  const timer = setInterval(() => releases.shift()?.(), 1)
  await answerTo(19)
  clearInterval(timer)
  expect(most).toBe(3)
})

test('One subscription more than a client may have is refused', async () => {
  const hub = createHub({ topics: { 'room/*': {} }, maxSubscriptionsPerClient: 2 })
  const { send, answerTo } = await connect(hub)
  for (let id = 0; id < 3; id++) send({ type: 'subscribe', id, topic: `room/${id}` })
  expect(await answerTo(1)).toMatchObject({ type: 'subscribed' })
  expect(await answerTo(2)).toMatchObject({ code: 'rate_limited', retryable: true })
})

test('One member more than a topic may have is busy, and may subscribe without presence', async () => {
  const hub = createHub({ topics: { room: { presence: true } }, maxMembersPerTopic: 1 })
  const [one, other] = [await connect(hub), await connect(hub)]
  one.send({ type: 'subscribe', id: 1, topic: 'room', presence: 1 })
  await one.answerTo(1)
  other.send({ type: 'subscribe', id: 1, topic: 'room', presence: 2 })
  expect(await other.answerTo(1)).toMatchObject({ code: 'busy' })
  other.send({ type: 'subscribe', id: 2, topic: 'room' })
  expect(await other.answerTo(2)).toMatchObject({ type: 'subscribed' })
})

test('A client that publishes faster than it may is read slower, and nothing of it is lost', async () => {
  const hub = createHub({ topics: { room: { history } }, maxPublishesPerSecond: 20 })
  const { send, answerTo } = await connect(hub)
  const started = Date.now()
  // Ten seconds' worth come at once, and one more; the next is due a twentieth of a second later.
  for (let id = 1; id <= 206; id++) send({ type: 'publish', id, topic: 'room', data: id })
  expect(await answerTo(206)).toMatchObject({ type: 'published' })
  expect(Date.now() - started).toBeGreaterThanOrEqual(200)
  expect((await hub.topic('room').history({ last: 500 })).map(({ data }) => data)).toEqual(
    Array.from({ length: 206 }, (_, at) => at + 1),
  )
})

test('All clients together publish no faster than the hub takes; a client that goes on after a hundred refusals is closed with 4429', async () => {
  const hub = createHub({ topics: { room: { history } }, maxTotalPublishesPerSecond: 1 })
  const { send, answerTo, socket } = await connect(hub, { maxPendingCalls: 1000 })
  const closed = once(socket, 'close')
  for (let id = 1; id <= 200; id++) {
    send({ type: 'publish', id, topic: 'room', data: id, restart: true })
  }
  expect(await answerTo(1)).toMatchObject({ type: 'published' })
  expect(await answerTo(50)).toMatchObject({ code: 'rate_limited', retryable: true, retryAfterMs: 1000 })
  expect(((await closed)[0] as { code: number }).code).toBe(4429)
})

test('A client whose publications fail in more topics than may wait for restart is closed with 4429', async () => {
  const broker = new FaultyBroker(new MemoryBroker())
  broker.goAway()
  const { send, answerTo, socket } = await connect(createHub({ topics: { 'room/*': { history } }, broker }))
  const closed = once(socket, 'close')
  for (let id = 1; id <= 1001; id++) send({ type: 'publish', id, topic: `room/${id}`, data: id })
  expect(await answerTo(900)).toMatchObject({ code: 'unavailable' })
  expect(((await closed)[0] as { code: number }).code).toBe(4429)
})

test('Over HTTP a publisher that is too fast is answered 429 with Retry-After; another user is not', async () => {
  const hub = createHub<string>({
    topics: { room: { history } },
    userId: user => user,
    maxPublishesPerSecond: 1,
  })
  const topics = new TopicsHttp(hub, {
    authenticate: ({ headers }) => ({ user: headers.authorization as string }),
  })
  const origin = await serveHttp(topics)
  const publish = (authorization: string) =>
    fetch(`${origin}/bothways/publish`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', authorization },
      body: '{"topic":"room","data":1}',
    })
  for (let at = 0; at < 10; at++) expect((await publish('one')).status).toBe(200)
  // On a busy machine the tenth may take so long that an eleventh is due.
  let refused = await publish('one')
  while (refused.status === 200) refused = await publish('one')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect(await refused.json()).toMatchObject({ code: 'rate_limited', retryable: true })
  expect((await publish('other')).status).toBe(200)
})

test('What a member shows of itself is bounded', async () => {
  const { send, answerTo } = await connect(createHub({ topics: { room: { presence: true } } }))
  send({ type: 'subscribe', id: 1, topic: 'room', presence: 'x'.repeat(4095) })
  expect(await answerTo(1)).toMatchObject({ code: 'too_large' })
  send({ type: 'subscribe', id: 2, topic: 'room', presence: 'x'.repeat(4094) })
  expect(await answerTo(2)).toMatchObject({ type: 'subscribed' })
})

test('No more histories are read at once than may be, and those who ask for the same share one reading', async () => {
  let running = 0
  let most = 0
  let count = 0
  class SlowBroker extends MemoryBroker {
    override async history(request: Parameters<MemoryBroker['history']>[0]) {
      most = Math.max(most, ++running)
      count++
      await new Promise(resolve => setImmediate(resolve))
      running--
      return await super.history(request)
    }
  }
  const hub: Hub = createHub({ topics: { 'room/*': { history } }, broker: new SlowBroker(), maxReplays: 2 })
  const sink = { sendShared: () => 'sent' as const }
  const topics = Array.from({ length: 10 }, (_, at) => `room/${at}`)
  const starts = await Promise.all(
    topics.map(async name => (await hub.subscribeAs(undefined, name, sink)).position),
  )
  expect([most, count]).toEqual([2, 10])
  await Promise.all(
    Array.from({ length: 1000 }, () =>
      hub.subscribeAs(undefined, 'room/0', sink, { since: starts[0] as string }),
    ),
  )
  expect(count).toBe(11)
})

test('One event stream more than may be open is told to come back, and a poll is answered at once', async () => {
  const hub = createHub({ topics: { room: { history } } })
  const topics = new TopicsHttp(hub, { maxOpen: 1 })
  const origin = await serveHttp(topics)
  const url = `${origin}/bothways`
  const first = await fetch(`${url}/events?topic=room`)
  cleanups.push(() => first.body?.cancel())
  expect(await (await fetch(`${url}/events?topic=room`)).text()).toBe('retry: 5000\n\n')
  const { since } = (await (await fetch(`${url}/poll?topic=room`)).json()) as { since: string }
  expect(await (await fetch(`${url}/poll?topic=room&since=${since}`)).json()).toMatchObject({ messages: [] })
})

test('A user with as many event streams and polls as it may have is told to come back; another one is not', async () => {
  const hub = createHub<string>({ topics: { room: { history } }, userId: user => user })
  const topics = new TopicsHttp(hub, {
    maxOpenPerClient: 1,
    authenticate: ({ headers }) => ({ user: headers.authorization as string }),
  })
  const origin = await serveHttp(topics)
  const url = `${origin}/bothways`
  const get = (path: string, authorization: string) => fetch(`${url}/${path}`, { headers: { authorization } })
  const first = await get('events?topic=room', 'one')
  expect(await (await get('events?topic=room', 'one')).text()).toBe('retry: 5000\n\n')
  const { since } = (await (await get('poll?topic=room', 'one')).json()) as { since: string }
  const polled = await get(`poll?topic=room&since=${since}`, 'one')
  expect(await polled.json()).toMatchObject({ messages: [], since, retryAfterMs: 5000 })
  const other = await get('events?topic=room', 'other')
  expect((await other.body?.getReader().read())?.done).toBe(false)
  await first.body?.cancel()
  const isOpen = async () => {
    const again = await get('events?topic=room', 'one')
    const { value } = (await again.body?.getReader().read()) ?? {}
    return Buffer.from(value ?? [])
      .toString()
      .slice(0, 9)
  }
  await expect.poll(isOpen).toBe(': welcome')
})

test.each(['events?topic=room', 'poll?topic=room'])(
  'Who leaves %s while it is asked whether they may have it keeps no place and no subscription',
  async path => {
    let decide = (_: boolean) => {}
    let isAsked = () => {}
    let hasGone = () => {}
    let isHeld = true
    const authorize = () => {
      isAsked()
      return !isHeld || new Promise<boolean>(resolve => (decide = resolve))
    }
    const hub = createHub({ topics: { room: { history, authorize } } })
    const topics = new TopicsHttp(hub, { maxOpenPerClient: 1 })
    const origin = await serveHttp(topics, () => hasGone())
    const { port } = new URL(origin)
    const ask = async () => {
      const asked = new Promise<void>(resolve => (isAsked = resolve))
      const request = httpRequest({ port, path: `/bothways/${path}` }).on('error', () => {})
      request.end()
      await asked
      return request
    }
    for (let at = 0; at < 3; at++) {
      const request = await ask()
      const gone = new Promise<void>(resolve => (hasGone = resolve))
      request.destroy()
      await gone
      decide(true)
      await new Promise(resolve => setImmediate(resolve))
    }
    expect([hub.topic('room').subscriberCount, hub.clients.count]).toEqual([0, 0])
    isHeld = false
    const request = await ask()
    const [response] = await once(request, 'response')
    expect(response.statusCode).toBe(200)
    expect(String((await once(response, 'data'))[0])).not.toContain('retry')
    request.destroy()
  },
)

test('Behind a trusted proxy, clients without a user are those that it names', async () => {
  const hub = createHub({ topics: { room: { history } } })
  const topics = new TopicsHttp(hub, { maxOpenPerClient: 1, trustedProxies: ['127.0.0.1'] })
  const origin = await serveHttp(topics)
  const url = `${origin}/bothways/events?topic=room`
  const firstOf = async (address: string) => {
    const { body } = await fetch(url, { headers: { 'x-forwarded-for': address } })
    const { value } = (await body?.getReader().read()) ?? {}
    return Buffer.from(value ?? [])
      .toString()
      .slice(0, 9)
  }
  expect(await firstOf('203.0.113.1')).toBe(': welcome')
  expect(await firstOf('203.0.113.2')).toBe(': welcome')
  expect(await firstOf('203.0.113.1')).toBe('retry: 50')
})

test('The bodies of all requests together have a bound: the longest are answered 503, and a short one is taken', async () => {
  const hub = createHub({ topics: { room: {} } })
  hub.handle('echo', input => input)
  const topics = new TopicsHttp(hub, { maxTotalBodyBytes: 100_000 })
  const origin = await serveHttp(topics)
  const { port } = new URL(origin)
  const headers = { 'Content-Type': 'application/json' }
  const statuses: (number | undefined)[] = []
  for (let at = 0; at < 4; at++) {
    const unfinished = httpRequest({ port, path: '/bothways/publish', method: 'POST', headers })
    unfinished.on('response', response => statuses.push(response.resume().statusCode)).on('error', () => {})
    unfinished.write(' '.repeat(40_000))
    cleanups.push(() => unfinished.destroy())
  }
  await expect.poll(() => statuses.length).toBeGreaterThan(0)
  expect(new Set(statuses)).toEqual(new Set([503]))
  expect(statuses.length).toBeLessThan(4)
  const url = `http://127.0.0.1:${port}/bothways/request`
  const answer = await fetch(url, { method: 'POST', headers, body: '{"method":"echo","data":7}' })
  expect(await answer.json()).toEqual({ data: 7 })
})

test('The memory broker is busy where keys, histories or topics have no room', async () => {
  let now = 1_800_000_000_000
  const keys = new MemoryBroker({ maxKeys: 1 })
  await publish(keys, 'a', '1', 'k1')
  await expect(publish(keys, 'a', '1', 'k2')).rejects.toMatchObject({ code: 'busy' })
  const bytes = new MemoryBroker({ maxHistoryBytes: 3000 })
  await publish(bytes, 'a', JSON.stringify('x'.repeat(1000)))
  await expect(publish(bytes, 'b', JSON.stringify('x'.repeat(1000)))).rejects.toMatchObject({ code: 'busy' })
  const topics = new MemoryBroker({ maxTopics: 1, now: () => now })
  await publish(topics, 'a')
  await expect(publish(topics, 'b')).rejects.toMatchObject({ code: 'busy' })
  now += 25 * 60 * 60 * 1000
  await publish(topics, 'b')
})
