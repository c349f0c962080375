import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ClientOptions, createClient, type Environment } from '@bothways/client'
import { createHub, createServer, TopicsHttp, type TopicsHttpOptions, topicsRoute, WebSocket } from 'bothways'
import { afterEach, expect, test } from 'vitest'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

type Ways = 'websocket' | 'event-stream' | 'long-poll'

/** A server of which only some ways are let through, as by proxies that know no WebSocket, or hold streams back. */
async function stage(ways: readonly Ways[], options: TopicsHttpOptions<undefined> = {}) {
  const hub = createHub({
    topics: {
      'room/:id': { history: { count: 500, ageMs: 600_000 }, presence: true },
      load: { state: true },
      news: {},
    },
    onError: () => {},
  })
  hub.handle('echo', input => input)
  const overHttp = new TopicsHttp(hub, options)
  const open = new Set<Ways>(ways)
  const asked: string[] = []
  const http: HttpServer = createHttpServer((request, response) => {
    asked.push((request.url ?? '').replace(/^\/bothways\/|\?.*/g, ''))
    if (!open.has('long-poll')) response.writeHead(502).end('<h1>Bad gateway</h1>')
    else if (!open.has('event-stream') && request.url?.includes('/events')) {
      // Held back until it ends, which it does not.
      request.once('close', () => response.destroy())
    } else if (!overHttp.handle(request, response)) response.writeHead(404).end()
  })
  const server = createServer()
  server.route('/bothways', topicsRoute(hub))
  const isStripped = () => !open.has('websocket')
  http.on('upgrade', (_, socket) => {
    if (isStripped()) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    }
  })
  server.attach(http, { leaves: isStripped })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  cleanups.push(async () => {
    await hub.close({ spreadMs: 0 })
    await server.close({ timeoutMs: 0 })
    http.closeAllConnections()
    http.close()
  })
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/bothways`
  return { hub, url, open, asked, server, overHttp }
}

/** The runtime's clock, so many times as fast. */
const faster = (times: number): Environment => ({
  now: () => performance.now() * times,
  date: () => Date.now(),
  random: Math.random,
  setTimer(callback, ms) {
    const timer = setTimeout(callback, ms / times)
    return () => clearTimeout(timer)
  },
  listen: () => () => {},
})

function connect(url: string, options: ClientOptions = {}) {
  const client = createClient(url, { WebSocket, firstRetryMs: 20, maxRetryMs: 50, ...options })
  cleanups.push(() => client.close())
  return client
}

/** Resolves when the client is open by a way. */
function openBy(client: ReturnType<typeof connect>, way: Ways): Promise<void> {
  return new Promise(resolve => {
    const look = () => client.connection.transport === way && resolve()
    client.on('status', look)
    look()
  })
}

/** Resolves when so many have come. */
async function until(log: readonly unknown[], count: number): Promise<void> {
  while (log.length < count) await new Promise(resolve => setTimeout(resolve, 5))
}

const fallbacks = ['event-stream', 'long-poll'] as const
const lets = { 'event-stream': ['event-stream', 'long-poll'], 'long-poll': ['long-poll'] } as const
/** A WebSocket that does not open. */
class Broken {
  constructor() {
    throw new Error('There is no WebSocket here.')
  }
}
const noWebSocket = { WebSocket: Broken as never }
/** A stream that is held back is given five seconds: too long for a test. */
const options = {
  'event-stream': noWebSocket,
  'long-poll': { ...noWebSocket, environment: faster(10) },
}

test.each(fallbacks)(
  'Without WebSocket topics, states and requests come by %s, with the same promises',
  async way => {
    const { url, hub } = await stage(lets[way])
    const client = connect(url, options[way])
    const other = hub.topic('room/1')
    await other.publish('before')
    const log: unknown[] = []
    const room = client.topic('room/1', { last: 10, presence: { name: 'Li' } })
    room.on('publication', ({ data }) => log.push(data))
    const gaps: unknown[] = []
    room.on('gap', gap => gaps.push(gap))
    await room.ready()
    await openBy(client, way)
    expect(room.presence).toBe('unavailable')
    // In order, though each is a request.
    await Promise.all(Array.from({ length: 20 }, (_, n) => room.publish(n)))
    await other.publish('after')
    await until(log, 22)
    expect(log).toEqual(['before', ...Array(20).keys(), 'after'])
    // Another topic on the way: the topics that were live go on.
    const second: unknown[] = []
    const room2 = client.topic('room/2')
    room2.on('publication', ({ data }) => second.push(data))
    await room2.ready()
    await hub.topic('room/1').publish('still')
    await hub.topic('room/2').publish('two')
    await until(log, 23)
    await until(second, 1)
    const values: unknown[] = []
    client.state('load').subscribe(value => values.push(value))
    await client.state('load').set(1)
    await until(values, 1)
    expect(await client.request('echo', { a: '二' })).toEqual({ a: '二' })
    await expect(client.request('nobody')).rejects.toMatchObject({ code: 'unknown_method' })
    await expect(client.topic('nobody').publish(1)).rejects.toMatchObject({ code: 'unknown_topic' })
    expect(gaps).toEqual([])
  },
)

test('It begins with WebSocket, falls back when that does not open, and comes back when it does, without a gap', async () => {
  const { url, open, hub } = await stage(['event-stream', 'long-poll'])
  const client = connect(url, { environment: faster(2) })
  const log: unknown[] = []
  const room = client.topic('room/1', { presence: 'me' })
  room.on('publication', ({ data }) => log.push(data))
  room.on('gap', gap => log.push(gap))
  await openBy(client, 'event-stream')
  await room.publish('by events')
  open.add('websocket')
  let n = 0
  const publishing = setInterval(() => void hub.topic('room/1').publish(n++), 20)
  cleanups.push(() => clearInterval(publishing))
  await openBy(client, 'websocket')
  await room.publish('by WebSocket')
  clearInterval(publishing)
  await until(log, n + 2)
  expect(log.filter(data => typeof data === 'number')).toEqual([...Array(n).keys()])
  expect(log.filter(data => typeof data !== 'number')).toEqual(['by events', 'by WebSocket'])
  expect(room.presence).toBe('joined')
})

test.each(fallbacks)('A stream that is cut is resumed where it was, by %s', async way => {
  const { url, hub, open } = await stage(lets[way])
  const client = connect(url, options[way])
  const log: unknown[] = []
  const room = client.topic('room/1')
  room.on('publication', ({ data }) => log.push(data))
  room.on('gap', gap => log.push(gap))
  await room.ready()
  await openBy(client, way)
  await hub.topic('room/1').publish(0)
  await until(log, 1)
  // Away, and back.
  open.delete('long-poll')
  const sent = room.publish(1)
  await new Promise<void>(resolve => client.on('status', ({ status }) => status === 'waiting' && resolve()))
  await hub.topic('room/1').publish(2)
  open.add('long-poll')
  await sent
  await until(log, 3)
  expect(log.toSorted()).toEqual([0, 1, 2])
})

test('The token goes as a bearer; a request without a good one ends it as unauthenticated', async () => {
  const asked: (string | undefined)[] = []
  const { url } = await stage(lets['event-stream'], {
    authenticate: ({ headers }) => {
      asked.push(headers.authorization)
      return headers.authorization === 'Bearer good' && { user: undefined }
    },
  })
  const good = connect(url, { ...noWebSocket, token: () => 'good' })
  await good.topic('room/1').ready()
  expect(new Set(asked)).toEqual(new Set(['Bearer good']))
  const bad = connect(url, { ...noWebSocket, token: () => 'bad' })
  await new Promise<void>(resolve => bad.on('status', ({ status }) => status === 'closed' && resolve()))
  expect(bad.connection.reason?.code).toBe('unauthenticated')
})

test('A server that drains says when to come back, by event streams as well', async () => {
  const { url, hub } = await stage(lets['event-stream'])
  const client = connect(url, noWebSocket)
  await client.topic('room/1').ready()
  const waiting = new Promise(resolve =>
    client.on('status', ({ status, reason }) => status === 'waiting' && resolve(reason)),
  )
  const closing = hub.close({ spreadMs: 777, closeMs: 0 })
  const reason = (await waiting) as { retry: number }
  expect(reason).toMatchObject({ code: 'leaving', by: 'peer', retry: expect.any(Number) })
  // The time that was left when the stream ended.
  expect(reason.retry).toBeLessThanOrEqual(777)
  expect(Number.isInteger(reason.retry)).toBe(true)
  await closing
})

test('A topic without history may have lost something between two polls, and says so', async () => {
  const { url, hub } = await stage(lets['long-poll'])
  const client = connect(url, options['long-poll'])
  const log: unknown[] = []
  const news = client.topic('news')
  news.on('publication', ({ data }) => log.push(data))
  news.on('gap', () => log.push('gap'))
  await news.ready()
  await openBy(client, 'long-poll')
  while (!log.includes('one')) {
    await hub.topic('news').publish('one')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  expect(log).toContain('gap')
})
