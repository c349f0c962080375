import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createHub, createServer, MemoryBroker, TopicsHttp, topicsRoute, WebSocket } from '../index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Settings {
  readonly may?: (user: string) => boolean
  readonly expiresAt?: (user: string) => number | undefined
  readonly onError?: (error: unknown) => void
}

/** One process: a hub of its own on a broker, for clients who say in a header who they are. */
async function startProcess(broker: MemoryBroker, { may = () => true, expiresAt, onError }: Settings = {}) {
  const hub = createHub<string>({
    topics: { 'room/*': { history: { count: 10, ageMs: 60_000 }, authorize: user => may(user) } },
    broker,
    userId: user => user,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(onError !== undefined && { onError }),
  })
  const topics = new TopicsHttp(hub, {
    authenticate: request => ({ user: String(request.headers.authorization) }),
  })
  const http = createHttpServer((request, response) => void topics.handle(request, response))
  const server = createServer({ authenticate: ({ headers }) => String(headers.authorization) })
  server.route('/bothways', topicsRoute(hub)).attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  cleanups.push(
    () => http.closeAllConnections(),
    () => server.close({ timeoutMs: 0 }),
  )
  const { port } = http.address() as AddressInfo
  return {
    hub,
    async connect(user: string) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/bothways`, 'bothways.v1', {
        headers: { Authorization: user },
      })
      const messages: { type: string; code?: string; topic?: string }[] = []
      let wake = (): void => {}
      socket.addEventListener('message', event => {
        messages.push(JSON.parse(event.data))
        wake()
      })
      const closed = once(socket, 'close').then(([event]) => (event as { code: number }).code)
      const next = async (type: string) => {
        for (;;) {
          const found = messages.find(message => message.type === type)
          if (found !== undefined) return found
          await new Promise<void>(resolve => {
            wake = resolve
          })
        }
      }
      await next('welcome')
      return { socket, closed, next, send: (message: object) => socket.send(JSON.stringify(message)) }
    },
    stream: (user: string) =>
      fetch(`http://127.0.0.1:${port}/bothways/events?topic=room/1`, { headers: { Authorization: user } }),
  }
}

test('A user who is disconnected loses each connection in every process, WebSocket or stream; others stay', async () => {
  const broker = new MemoryBroker()
  const [one, other] = [await startProcess(broker), await startProcess(broker)]
  const here = await one.connect('li')
  const there = await other.connect('li')
  const stays = await other.connect('wang')
  const stream = await other.stream('li')
  await one.hub.disconnect({ user: 'li' })
  expect(await Promise.all([here.closed, there.closed])).toEqual([4403, 4403])
  expect(await stream.text()).toContain('event: failure')
  stays.send({ type: 'ping' })
  expect(await stays.next('pong')).toEqual({ type: 'pong' })
})

test('A user whose right is withdrawn loses the subscription in every process, and keeps the connection', async () => {
  const broker = new MemoryBroker()
  let isTrusted = true
  const may = (): boolean => isTrusted
  const [one, other] = [await startProcess(broker, { may }), await startProcess(broker, { may })]
  const client = await other.connect('li')
  client.send({ type: 'subscribe', id: 1, topic: 'room/1' })
  await client.next('subscribed')
  const stream = await other.stream('li')
  const reader = (stream.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  const readUntil = async (wanted: string) => {
    while (!text.includes(wanted)) text += new TextDecoder().decode((await reader.read()).value)
  }
  await readUntil('event: subscribed')
  isTrusted = false
  await one.hub.revoke('li')
  expect(await client.next('unsubscribed')).toEqual({
    type: 'unsubscribed',
    topic: 'room/1',
    code: 'forbidden',
  })
  await readUntil('event: unsubscribed')
  client.send({ type: 'publish', id: 2, topic: 'room/1', data: 1 })
  expect(await client.next('error')).toMatchObject({ id: 2, code: 'forbidden' })
  await reader.cancel()
})

test('Credentials of the server’s own authenticate run out as well: 4401, and the stream ends', async () => {
  const expiresAt = (): number => Date.now() + 200
  const { connect, stream } = await startProcess(new MemoryBroker(), { expiresAt })
  const { next, closed } = await connect('li')
  expect(await next('welcome')).toMatchObject({ expiresAt: expect.any(Number) })
  expect(await (await stream('li')).text()).toContain('"code":"expired"')
  expect(await closed).toBe(4401)
})

test('Clients of a hub that leaves hear their own times at once, and get what comes until they are closed', async () => {
  const { hub, connect } = await startProcess(new MemoryBroker())
  const clients = [await connect('a'), await connect('b'), await connect('c'), await connect('d')]
  const closing = hub.close({ spreadMs: 4000, closeMs: 200 })
  const goodbyes = await Promise.all(clients.map(({ next }) => next('goodbye')))
  expect(goodbyes).toEqual([1000, 2000, 3000, 4000].map(retryAfterMs => ({ type: 'goodbye', retryAfterMs })))
  clients[3]?.send({ type: 'ping' })
  expect(await clients[3]?.next('pong')).toEqual({ type: 'pong' })
  expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([1012, 1012, 1012, 1012])
  await closing
})

test('A right that is withdrawn while its subscription is under way is withdrawn from it', async () => {
  let isTrusted = true
  let asked = (): void => {}
  const wasAsked = new Promise<void>(resolve => {
    asked = resolve
  })
  let goOn = (): void => {}
  class SlowBroker extends MemoryBroker {
    override async history(request: Parameters<MemoryBroker['history']>[0]) {
      asked()
      await new Promise<void>(resolve => {
        goOn = resolve
      })
      return await super.history(request)
    }
  }
  const { hub, connect } = await startProcess(new SlowBroker(), { may: () => isTrusted })
  const client = await connect('li')
  client.send({ type: 'subscribe', id: 1, topic: 'room/1' })
  await wasAsked
  isTrusted = false
  await hub.revoke('li')
  goOn()
  expect(await client.next('unsubscribed')).toMatchObject({ topic: 'room/1', code: 'forbidden' })
  expect(hub.topic('room/1').subscriberCount).toBe(0)
})

test('A subscription whose right cannot be asked for after a withdrawal ends, and onError hears why', async () => {
  let fails = false
  const errors: unknown[] = []
  const { hub, connect, stream } = await startProcess(new MemoryBroker(), {
    may() {
      if (fails) throw new Error('the database is away')
      return true
    },
    onError: error => errors.push(error),
  })
  const client = await connect('li')
  client.send({ type: 'subscribe', id: 1, topic: 'room/1' })
  await client.next('subscribed')
  const events = (await stream('li')).body as ReadableStream<Uint8Array>
  await expect.poll(() => hub.topic('room/1').subscriberCount).toBe(2)
  fails = true
  await hub.revoke('li')
  expect(await client.next('unsubscribed')).toMatchObject({ code: 'forbidden' })
  await expect.poll(() => hub.topic('room/1').subscriberCount).toBe(0)
  expect(errors).toEqual([new Error('the database is away'), new Error('the database is away')])
  await events.cancel()
})
