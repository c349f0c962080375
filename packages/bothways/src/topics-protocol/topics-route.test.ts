import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import {
  createHub,
  createServer,
  type Hub,
  HubError,
  type HubOptions,
  type TopicsRouteOptions,
  topicsRoute,
  WebSocket,
} from '../index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

// biome-ignore lint/suspicious/noExplicitAny: messages of the wire, as they come
type Wire = any

/** One client that speaks JSON, and reads what comes in order. */
class Client {
  readonly socket: WebSocket
  readonly #came: Wire[] = []
  #wake: (() => void) | undefined
  readonly closed: Promise<{ code: number }>

  constructor(url: string) {
    this.socket = new WebSocket(url, 'bothways.v1')
    this.socket.addEventListener('message', event => {
      this.#came.push(JSON.parse(event.data))
      this.#wake?.()
    })
    this.closed = once(this.socket, 'close').then(([event]) => event as { code: number })
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  /** The next message of this type; those before it are dropped. */
  async next(type?: string): Promise<Wire> {
    for (;;) {
      const message = this.#came.shift()
      if (message !== undefined && (type === undefined || message.type === type)) return message
      if (message === undefined) await new Promise<void>(resolve => (this.#wake = resolve))
    }
  }

  async call(message: object): Promise<Wire> {
    this.send(message)
    for (;;) {
      const answer = await this.next()
      if (answer.id === (message as { id: unknown }).id) return answer
    }
  }
}

const room = { history: { count: 500, ageMs: 600_000 }, presence: true }

async function stage(options: HubOptions<undefined> = {}, route: TopicsRouteOptions<undefined> = {}) {
  const hub: Hub = createHub({
    topics: { 'room/*': room, load: { state: true }, 'news/:id': {} },
    onError: () => {},
    ...options,
  })
  const server = createServer().route('/bothways', topicsRoute(hub, route))
  const { url } = await server.listen()
  cleanups.push(
    () => server.close({ timeoutMs: 0 }),
    () => hub.close(),
  )
  const connect = async (): Promise<Client> => {
    const client = new Client(`${url}bothways`)
    cleanups.push(() => client.socket.terminate())
    await once(client.socket, 'open')
    return client
  }
  const join = async () => {
    const client = await connect()
    return { client, welcome: await client.next('welcome') }
  }
  return { hub, server, connect, join }
}

test('A client is welcomed, subscribes, publishes and hears itself, with positions', async () => {
  const { join } = await stage()
  const { client, welcome } = await join()
  expect(welcome).toMatchObject({
    type: 'welcome',
    client: expect.any(String),
    pingMs: 25_000,
    keyWindowMs: 300_000,
  })
  const subscribed = await client.call({ type: 'subscribe', id: 1, topic: 'room/42' })
  expect(subscribed).toEqual({
    type: 'subscribed',
    id: 1,
    topic: 'room/42',
    position: expect.any(String),
    members: [],
  })
  client.send({ type: 'publish', id: 'p', topic: 'room/42', data: { text: '你好' } })
  const messages = [await client.next(), await client.next()]
  const publication = messages.find(({ type }) => type === 'publication')
  expect(publication).toEqual({
    type: 'publication',
    topic: 'room/42',
    position: expect.any(String),
    data: { text: '你好' },
    at: expect.any(Number),
  })
  expect(messages).toContainEqual({ type: 'published', id: 'p', position: publication.position })
  client.send({ type: 'ping' })
  expect(await client.next('pong')).toEqual({ type: 'pong' })
})

test('A client that comes back with its position gets exactly what it missed, then what is new', async () => {
  const { hub, join } = await stage()
  const first = (await join()).client
  await first.call({ type: 'subscribe', id: 1, topic: 'room/1' })
  await hub.topic('room/1').publish(1)
  const { position } = await first.next('publication')
  first.socket.terminate()
  for (const data of [2, 3, 4]) await hub.topic('room/1').publish(data)
  const second = (await join()).client
  const subscribed = await second.call({ type: 'subscribe', id: 1, topic: 'room/1', since: position })
  expect(subscribed).toMatchObject({ position, recovered: true })
  await hub.topic('room/1').publish(5)
  const data = [await second.next(), await second.next(), await second.next(), await second.next()].map(
    it => it.data,
  )
  expect(data).toEqual([2, 3, 4, 5])
  const last = (await join()).client
  await last.call({ type: 'subscribe', id: 1, topic: 'room/1', last: 2 })
  expect([(await last.next()).data, (await last.next()).data]).toEqual([4, 5])
  const lost = (await join()).client
  expect(await lost.call({ type: 'subscribe', id: 1, topic: 'room/1', since: 'x.1.y' })).toMatchObject({
    recovered: false,
  })
})

test('A key is published once, and another publication under it is refused', async () => {
  const { join } = await stage()
  const { client } = await join()
  const key = 'abcdefghijklmnopqrstuvwxyz'
  const one = await client.call({ type: 'publish', id: 1, topic: 'room/1', data: 1, key })
  const two = await client.call({ type: 'publish', id: 2, topic: 'room/1', data: 1, key })
  expect(two.position).toBe(one.position)
  expect(await client.call({ type: 'publish', id: 3, topic: 'room/1', data: 2, key })).toMatchObject({
    code: 'key_reused',
    retryable: false,
  })
  expect(await client.call({ type: 'publish', id: 4, topic: 'room/2', data: 2, key })).toMatchObject({
    type: 'published',
  })
  expect(await client.call({ type: 'publish', id: 5, topic: 'room/1', data: 2, key: 'short' })).toMatchObject(
    { code: 'bad_request' },
  )
})

test('A state topic gives its value, and what is newer', async () => {
  const { hub, join } = await stage()
  await hub.topic('load').set({ cpu: 1 })
  const { client } = await join()
  await client.call({ type: 'subscribe', id: 1, topic: 'load' })
  expect(await client.next('state')).toMatchObject({
    topic: 'load',
    data: { cpu: 1 },
    position: expect.any(String),
  })
  await hub.topic('load').update(value => ({ cpu: (value as { cpu: number }).cpu + 1 }))
  const { position } = await client.next('state')
  expect(
    await client.call({ type: 'publish', id: 2, topic: 'load', data: 3, ifPosition: position }),
  ).toMatchObject({ type: 'published' })
  expect(
    await client.call({ type: 'publish', id: 3, topic: 'load', data: 4, ifPosition: position }),
  ).toMatchObject({ code: 'conflict' })
  expect(await hub.topic('load').get()).toBe(3)
})

test('A topic without history has no positions', async () => {
  const { join } = await stage()
  const { client } = await join()
  expect(await client.call({ type: 'subscribe', id: 1, topic: 'news/1' })).toEqual({
    type: 'subscribed',
    id: 1,
    topic: 'news/1',
  })
  client.send({ type: 'publish', topic: 'news/1', data: 1 })
  expect(await client.next('publication')).toEqual({
    type: 'publication',
    topic: 'news/1',
    data: 1,
    at: expect.any(Number),
  })
  expect(await client.call({ type: 'subscribe', id: 2, topic: 'news/2', since: 'a.1.b' })).toMatchObject({
    code: 'no_history',
  })
})

test('The members come with the subscription, and their coming and going afterwards', async () => {
  const { join } = await stage()
  const one = await join()
  const subscribed = await one.client.call({
    type: 'subscribe',
    id: 1,
    topic: 'room/1',
    presence: { name: '李四' },
  })
  expect(subscribed.members).toEqual([{ client: one.welcome.client, data: { name: '李四' } }])
  const two = await join()
  await two.client.call({ type: 'subscribe', id: 1, topic: 'room/1', presence: null })
  await two.client.call({ type: 'unsubscribe', id: 2, topic: 'room/1' })
  await two.client.call({ type: 'subscribe', id: 3, topic: 'room/1', presence: 'here' })
  expect(await one.client.next('joined')).toEqual({
    type: 'joined',
    topic: 'room/1',
    member: { client: two.welcome.client, data: 'here' },
  })
  two.client.socket.terminate()
  expect(await one.client.next('left')).toEqual({ type: 'left', topic: 'room/1', client: two.welcome.client })
})

test('A request is answered by its handler, and an unknown one refused', async () => {
  const { hub, join } = await stage()
  hub.handle('echo', input => input)
  hub.handle('fail', () => {
    throw new Error('secret')
  })
  hub.handle('refuse', () => {
    throw new HubError('conflict', 'Somebody was faster.')
  })
  const { client } = await join()
  expect(await client.call({ type: 'request', id: 1, method: 'echo', data: [1] })).toEqual({
    type: 'response',
    id: 1,
    data: [1],
  })
  expect(await client.call({ type: 'request', id: 2, method: 'nobody' })).toMatchObject({
    code: 'unknown_method',
  })
  const failed = await client.call({ type: 'request', id: 3, method: 'fail' })
  expect(failed).toMatchObject({ code: 'internal' })
  expect(JSON.stringify(failed)).not.toContain('secret')
  expect(await client.call({ type: 'request', id: 4, method: 'refuse' })).toMatchObject({
    code: 'conflict',
    message: 'Somebody was faster.',
  })
})

/** Messages of a client, each with the code of its error. */
const refused: readonly (readonly [object, string])[] = [
  [{ type: 'subscribe', id: 1, topic: 'nobody' }, 'unknown_topic'],
  [{ type: 'subscribe', id: 1, topic: '' }, 'bad_request'],
  [{ type: 'subscribe', id: 1, topic: 7 }, 'bad_request'],
  [{ type: 'subscribe', id: 1 }, 'bad_request'],
  [{ type: 'subscribe', id: 1, topic: 'room/\u0007' }, 'bad_request'],
  [{ type: 'subscribe', id: 1, topic: `room/${'x'.repeat(255)}` }, 'bad_request'],
  [{ type: 'subscribe', id: 1, topic: 'room/1', last: -1 }, 'bad_request'],
  [{ type: 'subscribe', id: 1, topic: 'room/1', since: 5 }, 'bad_request'],
  [{ type: 'publish', id: 1, topic: 'room/1' }, 'invalid_data'],
  [{ type: 'publish', id: 1, topic: 'room/1', data: 2 ** 53 }, 'invalid_data'],
  [{ type: 'publish', id: 1, topic: 'room/1', data: 'x'.repeat(70_000) }, 'too_large'],
  [{ type: 'walk', id: 1 }, 'unknown_type'],
]

test.each(refused)('%j is refused with a code', async (message, code) => {
  const { join } = await stage()
  const { client } = await join()
  expect(await client.call(message)).toMatchObject({
    type: 'error',
    id: 1,
    code,
    message: expect.any(String),
  })
})

test('What is no message of the protocol ends the connection with 4400, a too large one with 4413', async () => {
  const { join } = await stage()
  for (const [text, code] of [
    ['hello', 4400],
    ['[1]', 4400],
    ['{}', 4400],
    [JSON.stringify({ type: 'x'.repeat(200_000) }), 4413],
  ] as const) {
    const { client } = await join()
    client.socket.send(text)
    expect((await client.closed).code).toBe(code)
  }
  const { client } = await join()
  client.socket.send(new Uint8Array([1]))
  expect((await client.closed).code).toBe(4400)
})

test('A publication behind one that failed as retryable waits for restart', async () => {
  const { hub, join } = await stage()
  const { client } = await join()
  const publish = hub.broker.publish.bind(hub.broker)
  hub.broker.publish = async () => {
    throw new HubError('unavailable', 'The broker is away.')
  }
  client.send({ type: 'publish', id: 1, topic: 'room/1', data: 1 })
  expect(await client.next('error')).toMatchObject({ id: 1, code: 'unavailable', retryable: true })
  hub.broker.publish = publish
  expect(await client.call({ type: 'publish', id: 2, topic: 'room/1', data: 2 })).toMatchObject({
    code: 'out_of_order',
    retryable: true,
  })
  expect(await client.call({ type: 'publish', id: 3, topic: 'room/2', data: 2 })).toMatchObject({
    type: 'published',
  })
  expect(
    await client.call({ type: 'publish', id: 4, topic: 'room/1', data: 1, restart: true }),
  ).toMatchObject({ type: 'published' })
})

test('Order is kept across checks that take different times', async () => {
  let wait = 20
  const slowly = async () => {
    wait = 20 - wait
    await new Promise(resolve => setTimeout(resolve, wait))
    return true
  }
  const topics = {
    'room/*': {
      ...room,
      authorize: slowly,
    },
  }
  const { join } = await stage({ topics })
  const { client } = await join()
  await client.call({ type: 'subscribe', id: 1, topic: 'room/1' })
  for (let data = 0; data < 8; data++) client.send({ type: 'publish', topic: 'room/1', data })
  const came: number[] = []
  while (came.length < 8) came.push((await client.next('publication')).data)
  expect(came).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test('What waits for a check when its client is ended is not stored', async () => {
  let allow: (may: boolean) => void = () => {}
  const keep = (resolve: (may: boolean) => void) => {
    allow = resolve
  }
  const authorize = (_: undefined, action: string) =>
    action === 'publish' ? new Promise<boolean>(keep) : true
  const { hub, join } = await stage({ topics: { 'room/*': { ...room, authorize } } })
  const { client } = await join()
  client.send({ type: 'publish', id: 1, topic: 'room/1', data: 1 })
  client.send({ type: 'ping' })
  await client.next('pong')
  await hub.disconnect({ user: '' })
  await client.closed
  allow(true)
  await new Promise(resolve => setImmediate(resolve))
  expect(await hub.topic('room/1').history()).toEqual([])
})

test('A token says who somebody is, is renewed for the same user only, and runs out', async () => {
  const users: Record<string, { user: undefined; expiresAt?: number }> = {
    good: { user: undefined },
    short: { user: undefined, expiresAt: Date.now() + 300 },
  }
  const { connect } = await stage({}, { authenticateToken: token => users[token ?? ''], helloTimeoutMs: 200 })
  const early = await connect()
  early.send({ type: 'subscribe', id: 1, topic: 'room/1' })
  expect((await early.closed).code).toBe(4401)
  const nobody = await connect()
  nobody.send({ type: 'hello', token: 'wrong' })
  expect(await nobody.next('error')).toMatchObject({ code: 'unauthenticated' })
  expect((await nobody.closed).code).toBe(4401)
  const silent = await connect()
  expect((await silent.closed).code).toBe(4408)
  const short = await connect()
  short.send({ type: 'hello', token: 'short' })
  expect(await short.next('welcome')).toMatchObject({ expiresAt: expect.any(Number) })
  expect(await short.next('error')).toMatchObject({ code: 'expired' })
  expect((await short.closed).code).toBe(4401)
  const renewed = await connect()
  renewed.send({ type: 'hello', token: 'good' })
  await renewed.next('welcome')
  renewed.send({ type: 'token', token: 'good' })
  expect(await renewed.next('welcome')).toMatchObject({ type: 'welcome' })
})

test('A hub that closes says goodbye to each client with a time of its own, then 1012', async () => {
  const { hub, join } = await stage()
  const clients = [await join(), await join(), await join(), await join()].map(({ client }) => client)
  await hub.close({ spreadMs: 400 })
  const times: number[] = []
  for (const client of clients) times.push((await client.next('goodbye')).retryAfterMs)
  expect(times.sort((a, b) => a - b)).toEqual([100, 200, 300, 400])
  for (const client of clients) expect((await client.closed).code).toBe(1012)
})

test('Who takes a topic for one with a state, or the reverse, is told so; who does not say is not', async () => {
  const { join } = await stage()
  const { client } = await join()
  const subscribe = (id: number, topic: string, state?: boolean) =>
    client.call({ type: 'subscribe', id, topic, state })
  expect(await subscribe(1, 'room/1', true)).toMatchObject({ type: 'subscribed', state: false })
  expect(await subscribe(2, 'load', false)).toMatchObject({ type: 'subscribed', state: true })
  expect(await subscribe(3, 'room/2', false)).not.toHaveProperty('state')
  expect(await subscribe(4, 'room/3')).not.toHaveProperty('state')
  const set = (topic: string) => client.call({ type: 'publish', id: 5, topic, data: 1, state: true })
  expect(await set('room/4')).toMatchObject({ type: 'error', code: 'bad_request' })
  expect(await set('load')).toMatchObject({ type: 'published' })
})
