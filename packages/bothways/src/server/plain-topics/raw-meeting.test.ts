import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import {
  createHub,
  createServer,
  type Hub,
  type HubOptions,
  MemoryBroker,
  type Server,
  topicsRoute,
  WebSocket,
} from '../../index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

type User = string

interface Process {
  readonly hub: Hub<User>
  readonly server: Server<User>
  readonly url: string
  readonly refusals: string[]
}

/** Raw clients say `+topic` to subscribe, `-topic` to unsubscribe, and `topic text` to publish. */
async function startProcess(
  broker: MemoryBroker = new MemoryBroker(),
  topics: HubOptions<User>['topics'] = {
    'open/*': { raw: true, history: { count: 100, ageMs: 60_000 } },
    'closed/*': { history: { count: 100, ageMs: 60_000 } },
    'own/:user': { raw: true, authorize: (user, _action, topic) => topic === `own/${user}` },
  },
  sharesPlainTopics = false,
): Promise<Process> {
  const refusals: string[] = []
  const hub = createHub<User>({ topics, broker, userId: user => user, publicUser: user => user })
  const server = createServer<User>({
    authenticate: ({ headers }) => String(headers.authorization),
    ...(sharesPlainTopics && { broker }),
  })
  server.meet(hub, {
    onRefused: ({ client, action, topic, error }) =>
      refusals.push(`${client?.user} ${action} ${topic} ${error.code}`),
  })
  server.route('/bothways', topicsRoute(hub))
  server.route('/', {
    message(socket, message) {
      const text = String(message)
      if (text.startsWith('+')) socket.subscribe(text.slice(1))
      else if (text.startsWith('-')) socket.unsubscribe(text.slice(1))
      else {
        const [topic = '', ...rest] = text.split(' ')
        socket.publish(topic, rest.join(' '))
      }
    },
  })
  const { url } = await server.listen()
  cleanups.push(
    () => hub.close({ spreadMs: 0 }),
    () => server.close({ timeoutMs: 0 }),
  )
  return { hub, server, url, refusals }
}

async function connect(url: string, user: User, protocols: string[] = []) {
  const socket = new WebSocket(url, protocols, { headers: { Authorization: user } })
  const messages: string[] = []
  socket.addEventListener('message', ({ data }) => messages.push(String(data)))
  await once(socket, 'open')
  return {
    socket,
    messages,
    send: (text: string) => socket.send(text),
    got: (expected: readonly string[]) => expect.poll(() => messages).toEqual(expected),
  }
}

test('A raw client and one of bothways.v1 meet in a topic that was opened: JSON text one way, publications the other', async () => {
  const { hub, url } = await startProcess()
  const raw = await connect(url, 'raw')
  const modern = await connect(`${url}bothways`, 'modern', ['bothways.v1'])
  raw.send('+open/1')
  modern.send('{"type":"subscribe","id":1,"topic":"open/1"}')
  await expect.poll(() => hub.topic('open/1').subscriberCount).toBe(2)
  modern.send('{"type":"publish","id":2,"topic":"open/1","data":{"a":"你好"}}')
  await raw.got(['{"a":"你好"}'])
  raw.send('open/1 [1, 2]')
  await expect.poll(() => modern.messages.at(-1)).toContain('"data":[1,2],"user":"raw"')
  // The sender is left out, as in plain topics, and nothing of it is stored but once.
  expect((await hub.topic('open/1').history()).map(({ data }) => data)).toEqual([{ a: '你好' }, [1, 2]])
  expect(raw.messages).toEqual(['{"a":"你好"}'])
})

test.each([
  ['of their own', false],
  ['that the processes share', true],
])(
  'Beside plain topics %s who publishes is left out, and whom the program excepts, also in other processes; nothing goes round twice',
  async (_, shares) => {
    const broker = new MemoryBroker()
    const start = () => startProcess(broker, undefined, shares)
    const [one, two] = [await start(), await start()]
    const [a, b, c] = [await connect(one.url, 'a'), await connect(one.url, 'b'), await connect(two.url, 'c')]
    for (const client of [a, b, c]) client.send('+open/1')
    await expect
      .poll(() => one.hub.topic('open/1').subscriberCount + two.hub.topic('open/1').subscriberCount)
      .toBe(2)
    a.send('open/1 "from a"')
    await b.got(['"from a"'])
    await c.got(['"from a"'])
    const [ofC] = two.server.sockets
    if (ofC === undefined) throw new Error('c is connected')
    expect(two.server.publish('open/1', '"not for c"', { except: ofC })).toBe(0)
    await b.got(['"from a"', '"not for c"'])
    one.server.publish('open/1', '"for all"')
    await b.got(['"from a"', '"not for c"', '"for all"'])
    await c.got(['"from a"', '"for all"'])
    await a.got(['"not for c"', '"for all"'])
  },
)

test('What was not opened, or not declared, stays of the server itself', async () => {
  const { hub, server, url } = await startProcess()
  const [a, b] = [await connect(url, 'a'), await connect(url, 'b')]
  for (const topic of ['closed/1', 'anything']) {
    b.send(`+${topic}`)
    a.send(`+${topic}`)
  }
  a.send('+of a')
  b.send('+of b')
  // A client that is in its last topic is in all.
  for (const topic of ['of a', 'of b']) await expect.poll(() => server.publish(topic, 'ready')).toBe(1)
  a.send('closed/1 no JSON')
  a.send('anything at all')
  await b.got(['ready', 'no JSON', 'at all'])
  await hub.topic('closed/1').publish('secret')
  expect(await hub.topic('closed/1').history()).toHaveLength(1)
  a.send('anything last')
  await b.got(['ready', 'no JSON', 'at all', 'last'])
})

test('authorize is asked for the user of the socket, and what is no JSON is refused', async () => {
  const { hub, url, refusals, server } = await startProcess()
  const [a, b] = [await connect(url, 'a'), await connect(url, 'b')]
  a.send('+own/a')
  b.send('+own/a')
  b.send('own/a "from b"')
  a.send('own/b 1')
  a.send('open/1 no JSON')
  await expect
    .poll(() => refusals.toSorted())
    .toEqual([
      'a publish open/1 invalid_data',
      'a publish own/b forbidden',
      'b publish own/a forbidden',
      'b subscribe own/a forbidden',
    ])
  server.publish('open/1', new Uint8Array(1))
  expect(refusals.at(-1)).toBe('undefined publish open/1 invalid_data')
  await hub.topic('own/a').publish('for a')
  await a.got(['"for a"'])
  expect(b.messages).toEqual([])
})

test('Who loses a right is in the topic no longer, and who is disconnected is closed with 1008', async () => {
  let mayA = true
  const { hub, url } = await startProcess(new MemoryBroker(), {
    'room/*': { raw: true, authorize: user => user !== 'a' || mayA },
  })
  const [a, b] = [await connect(url, 'a'), await connect(url, 'b')]
  for (const client of [a, b]) client.send('+room/1')
  await hub.topic('room/1').publish(0)
  await expect
    .poll(async () => {
      await hub.topic('room/1').publish(1)
      return a.messages.includes('1') && b.messages.includes('1')
    })
    .toBe(true)
  mayA = false
  await hub.revoke('a')
  await new Promise(setImmediate)
  await hub.topic('room/1').publish(2)
  await expect.poll(() => b.messages.at(-1)).toBe('2')
  expect(a.messages).not.toContain('2')
  const closed = once(b.socket, 'close')
  await hub.disconnect({ user: 'b' })
  expect((await closed)[0]).toMatchObject({ code: 1008 })
  await expect.poll(() => hub.topic('room/1').subscriberCount).toBe(0)
})

test('A topic is listened to as long as somebody is in it: sockets, and functions of the program', async () => {
  const { hub, server, url } = await startProcess()
  const heard: unknown[] = []
  const stop = server.subscribe('open/1', message => heard.push(message))
  server.publish('open/1', '{"n":1}')
  await expect.poll(() => heard).toEqual(['{"n":1}'])
  const a = await connect(url, 'a')
  a.send('+open/1')
  a.send('open/1 2')
  await expect.poll(() => heard).toEqual(['{"n":1}', '2'])
  stop()
  expect(hub.topic('open/1').subscriberCount).toBe(1)
  a.send('-open/1')
  await expect.poll(() => hub.topic('open/1').subscriberCount).toBe(0)
  a.send('+open/1')
  await expect.poll(() => hub.topic('open/1').subscriberCount).toBe(1)
  a.socket.close()
  await expect.poll(() => hub.topic('open/1').subscriberCount).toBe(0)
  expect(hub.clients.count).toBe(0)
})

test('A client that floods a slow check is refused at a bound, and keeps its order', async () => {
  let decide = (): void => {}
  const decided = new Promise<void>(resolve => {
    decide = resolve
  })
  const { hub, url, refusals } = await startProcess(new MemoryBroker(), {
    'slow/*': {
      raw: true,
      history: { count: 1000, ageMs: 60_000 },
      authorize: () => decided.then(() => true),
    },
  })
  const a = await connect(url, 'a')
  for (let n = 0; n < 150; n++) a.send(`slow/1 ${n}`)
  await expect.poll(() => refusals.length).toBe(50)
  expect(new Set(refusals)).toEqual(new Set(['a publish slow/1 busy']))
  decide()
  await expect.poll(async () => (await hub.topic('slow/1').history()).length).toBe(100)
  expect((await hub.topic('slow/1').history()).map(({ data }) => data)).toEqual(
    Array.from({ length: 100 }, (_, n) => n),
  )
})

test('Of all clients so many calls wait for a slow check, and one more is refused', async () => {
  let decide = (): void => {}
  const decided = new Promise<void>(resolve => {
    decide = resolve
  })
  const { url, refusals } = await startProcess(new MemoryBroker(), {
    'slow/*': { raw: true, authorize: () => decided.then(() => true) },
  })
  const clients = await Promise.all(Array.from({ length: 101 }, (_, n) => connect(url, `${n}`)))
  for (const client of clients) for (let n = 0; n < 100; n++) client.send(`slow/1 ${n}`)
  await expect.poll(() => refusals.length).toBe(100)
  decide()
})

test('A publication leaves out 16 sockets at most', async () => {
  const { url, server, refusals } = await startProcess()
  for (let n = 0; n < 17; n++) await connect(url, `${n}`)
  const sockets = [...server.sockets]
  server.publish('open/1', '1', { except: sockets.slice(0, 16) })
  server.publish('open/1', '1', { except: sockets })
  await expect.poll(() => refusals).toEqual(['undefined publish open/1 bad_request'])
})

test('A server meets one hub', async () => {
  const { server, hub } = await startProcess()
  expect(() => server.meet(hub)).toThrow(expect.objectContaining({ code: 'BW_ALREADY_ATTACHED' }))
})

test('Who leaves and comes back while it is being authorized is in the topic once, and leaves it once', async () => {
  const waiting: (() => void)[] = []
  const { hub, url } = await startProcess(new MemoryBroker(), {
    'slow/*': { raw: true, authorize: () => new Promise<true>(resolve => waiting.push(() => resolve(true))) },
  })
  const a = await connect(url, 'a')
  for (const text of ['+slow/1', '-slow/1', '+slow/1']) a.send(text)
  await expect
    .poll(() => {
      for (const decide of waiting.splice(0)) decide()
      return hub.topic('slow/1').subscriberCount
    })
    .toBe(1)
  a.send('-slow/1')
  await expect.poll(() => hub.topic('slow/1').subscriberCount).toBe(0)
})

test('A user who is disconnected publishes nothing any more, whether it waits for authorize or for its handler', async () => {
  const waiting: (() => void)[] = []
  const { hub, server, url, refusals } = await startProcess(new MemoryBroker(), {
    'slow/*': {
      raw: true,
      history: { count: 10, ageMs: 60_000 },
      authorize: () => new Promise<true>(resolve => waiting.push(() => resolve(true))),
    },
  })
  let goOn = (): void => {}
  server.route('/busy', {
    async message(socket, message) {
      socket.publish('slow/1', String(message))
      await new Promise<void>(resolve => {
        goOn = resolve
      })
      socket.publish('slow/1', String(message))
    },
  })
  const busy = await connect(`${url}busy`, 'a')
  busy.send('1')
  await expect.poll(() => waiting.length).toBe(1)
  const closed = once(busy.socket, 'close')
  await hub.disconnect({ user: 'a' })
  waiting.shift()?.()
  expect((await closed)[0]).toMatchObject({ code: 1008 })
  goOn()
  await expect.poll(() => refusals).toEqual(['a publish slow/1 forbidden', 'a publish slow/1 forbidden'])
  expect(waiting).toEqual([])
  expect(await hub.topic('slow/1').history()).toEqual([])
  expect(hub.clients.count).toBe(0)
})

test('A socket that only publishes belongs to its user as well, until it is gone', async () => {
  const { hub, url } = await startProcess()
  const a = await connect(url, 'a')
  a.send('open/1 1')
  await expect.poll(async () => (await hub.topic('open/1').history()).length).toBe(1)
  const closed = once(a.socket, 'close')
  await hub.disconnect({ user: 'a' })
  expect((await closed)[0]).toMatchObject({ code: 1008 })
  expect(hub.clients.count).toBe(0)
})

test('What came before a socket closed is published, and nothing is kept of it', async () => {
  const { hub, server, url } = await startProcess()
  const opened: (() => void)[] = []
  server.route('/late', {
    open: () => new Promise<void>(resolve => opened.push(resolve)),
    message: (socket, message) => {
      socket.publish('open/1', String(message))
    },
  })
  const a = await connect(`${url}late`, 'a')
  a.send('"last words"')
  const closed = once(a.socket, 'close')
  a.socket.close()
  await closed
  await expect.poll(() => server.sockets.size).toBe(0)
  opened[0]?.()
  await expect.poll(async () => (await hub.topic('open/1').history()).length).toBe(1)
  expect(hub.clients.count).toBe(0)
})

test('A socket that subscribes once the hub is closed is not in the topic, and stays open', async () => {
  const { hub, server, url } = await startProcess()
  const a = await connect(url, 'a')
  await hub.close({ spreadMs: 0 })
  a.send('+open/1')
  a.send('+plain')
  await expect.poll(() => server.publish('plain', 'still here')).toBe(1)
  await a.got(['still here'])
})

test('A socket is in as many topics as it may be, whether they are plain, of the hub or still being authorized', async () => {
  let decide = (): void => {}
  const decided = new Promise<void>(resolve => {
    decide = resolve
  })
  const hub = createHub<User>({
    topics: { 'slow/*': { raw: true, authorize: () => decided.then(() => true) } },
  })
  const server = createServer<User>({ authenticate: () => 'a', maxTopicsPerSocket: 4 }).meet(hub)
  let count = 0
  server.route('/', {
    message: (socket, message) => {
      socket.subscribe(String(message))
      count++
    },
  })
  const { url } = await server.listen()
  cleanups.push(
    () => hub.close({ spreadMs: 0 }),
    () => server.close({ timeoutMs: 0 }),
  )
  const a = await connect(url, 'a')
  const closed = once(a.socket, 'close')
  for (const topic of ['one', 'two', 'slow/1', 'slow/2', 'slow/1', 'two']) a.send(topic)
  await expect.poll(() => count).toBe(6)
  expect(a.socket.readyState).toBe(WebSocket.OPEN)
  a.send('slow/3')
  expect((await closed)[0]).toMatchObject({ code: 1008 })
  decide()
})

test('A client of a meeting publishes so many a second, and then is refused until it may again', async () => {
  const refusals: string[] = []
  const hub = createHub<User>({ topics: { 'open/*': { raw: true } }, maxPublishesPerSecond: 1 })
  const server = createServer<User>({ authenticate: ({ headers }) => String(headers.authorization) })
  server.meet(hub, { onRefused: ({ client, error }) => refusals.push(`${client?.user} ${error.code}`) })
  server.route('/', {
    message: (socket, message) => {
      socket.publish('open/1', String(message))
    },
  })
  const { url } = await server.listen()
  cleanups.push(
    () => hub.close({ spreadMs: 0 }),
    () => server.close({ timeoutMs: 0 }),
  )
  const heard: unknown[] = []
  await hub.topic('open/1').subscribe(({ data }) => heard.push(data))
  const [a, b] = [await connect(url, 'a'), await connect(url, 'b')]
  for (let n = 0; n < 100; n++) a.send('"a"')
  await expect.poll(() => heard.length + refusals.length).toBe(100)
  expect(heard.length).toBeGreaterThanOrEqual(10)
  expect(refusals.length).toBeGreaterThan(50)
  expect(new Set(refusals)).toEqual(new Set(['a rate_limited']))
  b.send('"b"')
  await expect.poll(() => heard.at(-1)).toBe('b')
})
