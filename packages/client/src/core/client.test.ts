import { type ScriptedSocket, scriptedSockets } from '@bothways/test-support/scripted-server'
import { settled, VirtualEnvironment } from '@bothways/test-support/virtual-environment'
import { expect, test, vi } from 'vitest'
import type { ClientOptions } from './client-options.ts'
import { createClient } from './index.ts'

/** A client whose server is the test, and whose time passes when the test says so. */
function stage(options: ClientOptions = {}) {
  const environment = new VirtualEnvironment()
  const { sockets, WebSocket } = scriptedSockets()
  const client = createClient('ws://server/bothways', { environment, WebSocket, ...options })
  return {
    client,
    environment,
    sockets,
    get socket(): ScriptedSocket {
      const socket = sockets.at(-1)
      if (socket === undefined) throw new Error('No socket yet.')
      return socket
    },
    /** Cut, and welcome again on another socket. */
    async again(): Promise<ScriptedSocket> {
      sockets.at(-1)?.cut()
      await environment.pass(500)
      const socket = sockets.at(-1) as ScriptedSocket
      await socket.welcome()
      return socket
    },
  }
}

/** The outcome of a promise, without waiting for it. */
function outcome(promise: Promise<unknown>): { value?: unknown; code?: string } {
  const found: { value?: unknown; code?: string } = {}
  promise.then(
    value => Object.assign(found, { value }),
    error => Object.assign(found, { code: error.code }),
  )
  return found
}

test('It offers bothways.v1 at the URL, and is open when it is welcome', async () => {
  const { client, socket } = stage()
  expect(socket.url).toBe('ws://server/bothways')
  expect(socket.protocols).toBe('bothways.v1')
  expect(client.status).toBe('connecting')
  socket.open()
  expect(client.status).toBe('connecting')
  await socket.welcome()
  expect(client.connection).toEqual({
    status: 'open',
    transport: 'websocket',
    reason: undefined,
    nextTryAt: undefined,
  })
})

test.each(['ftp://server/', 'bothways', ''])('The URL %j is refused with what is expected', url => {
  expect(() => createClient(url, {})).toThrow(/URL of topics/)
})

test('While it waits, the reason and the time of the next try are there; each change is told once', async () => {
  const { client, environment, socket } = stage()
  const told: string[] = []
  client.on('status', ({ status }) => told.push(status))
  await socket.welcome()
  socket.cut()
  expect(client.connection).toMatchObject({
    status: 'waiting',
    nextTryAt: environment.date() + 500,
    reason: { code: 'lost', by: 'network', retry: 500 },
  })
  await environment.pass(500)
  expect(told).toEqual(['open', 'waiting', 'connecting'])
})

// Topics

test('A topic is subscribed to when somebody listens, and again with its position after each break', async () => {
  const { client, socket, again } = stage()
  await socket.welcome()
  const room = client.topic('room/1', { last: 2, presence: { name: 'Li Si' } })
  const came: unknown[] = []
  room.on('publication', ({ data }) => came.push(data))
  const [subscribe] = socket.taken('subscribe')
  expect(subscribe).toMatchObject({ topic: 'room/1', last: 2, presence: { name: 'Li Si' } })
  expect(subscribe.since).toBeUndefined()
  socket.say({ type: 'subscribed', id: subscribe.id, topic: 'room/1', position: 'p0', members: [] })
  socket.say({ type: 'publication', topic: 'room/1', position: 'p1', data: 'one', at: 1 })
  const second = await again()
  const [resumed] = second.taken('subscribe')
  expect(resumed.since).toBe('p1')
  second.say({ type: 'subscribed', id: resumed.id, topic: 'room/1', position: 'p1', recovered: true })
  second.say({ type: 'publication', topic: 'room/1', position: 'p2', data: 'two', at: 2 })
  expect(came).toEqual(['one', 'two'])
  expect(room.position).toBe('p2')
})

test('A subscription that was cut before its replay resumes where it started', async () => {
  const { client, socket, again } = stage()
  await socket.welcome()
  client.topic('room/1', { last: 5 }).on('publication', () => {})
  socket.say({ type: 'subscribed', id: socket.taken('subscribe')[0].id, topic: 'room/1', position: 'start' })
  expect((await again()).taken('subscribe')[0].since).toBe('start')
})

test.each([
  ['the history has moved on', { position: 'p9', recovered: false }, 1],
  ['it was recovered', { position: 'p1', recovered: true }, 0],
  ['the topic has no positions, so nobody knows', {}, 1],
])('After a break a gap is told when %s', async (_, answer, count) => {
  const { client, socket, again } = stage()
  await socket.welcome()
  const gaps: unknown[] = []
  client.topic('room/1').on('gap', gap => gaps.push(gap))
  const first = 'position' in answer ? { position: 'p1' } : {}
  socket.say({ type: 'subscribed', id: socket.taken('subscribe')[0].id, topic: 'room/1', ...first })
  expect(gaps).toEqual([])
  const second = await again()
  second.say({ type: 'subscribed', id: second.taken('subscribe')[0].id, topic: 'room/1', ...answer })
  expect(gaps).toHaveLength(count)
})

test('A gap that the server tells is told, and what follows resumes behind it', async () => {
  const { client, socket, again } = stage()
  await socket.welcome()
  const gaps: unknown[] = []
  client.topic('room/1').on('gap', gap => gaps.push(gap))
  socket.say({ type: 'subscribed', id: socket.taken('subscribe')[0].id, topic: 'room/1', position: 'p1' })
  socket.say({ type: 'gap', topic: 'room/1', position: 'p7' })
  expect(gaps).toEqual([{ topic: 'room/1', position: 'p7' }])
  expect((await again()).taken('subscribe')[0].since).toBe('p7')
})

test('What is still on its way from an earlier subscription is not taken for this one', async () => {
  const { client, socket } = stage()
  await socket.welcome()
  const came: unknown[] = []
  const early = client.topic('room/1')
  early.on('publication', ({ data }) => came.push(data))
  socket.say({ type: 'subscribed', id: socket.taken('subscribe')[0].id, topic: 'room/1', position: 'p0' })
  early.close()
  client.topic('room/1').on('publication', ({ data }) => came.push(data))
  expect(socket.taken().map(({ type }) => type)).toEqual(['unsubscribe', 'subscribe'])
  socket.say({ type: 'publication', topic: 'room/1', position: 'p1', data: 'late', at: 1 })
  expect(came).toEqual([])
})

test('All who listen to a name share one subscription, and who comes later gets the newest first', async () => {
  const { client, socket } = stage()
  await socket.welcome()
  const one = client.topic('room/1', { last: 2 })
  one.on('publication', () => {})
  socket.say({ type: 'subscribed', id: socket.taken('subscribe')[0].id, topic: 'room/1', position: 'p0' })
  for (const n of [1, 2, 3])
    socket.say({ type: 'publication', topic: 'room/1', position: `p${n}`, data: n, at: n })
  const came: unknown[] = []
  const two = client.topic('room/1', { last: 2 })
  two.on('publication', ({ data }) => came.push(data))
  expect(came).toEqual([2, 3])
  expect(socket.taken()).toEqual([])
  expect(() => client.topic('room/1', { last: 3 }).on('gap', () => {})).toThrow(/other options/)
  one.close()
  expect(socket.taken()).toEqual([])
  two.close()
  expect(socket.taken('unsubscribe')).toHaveLength(1)
})

test('A subscription that is refused ends with the code; one that may be tried again is', async () => {
  const { client, environment, socket } = stage()
  await socket.welcome()
  const refused = client.topic('secret')
  const ready = outcome(refused.ready())
  socket.say({
    type: 'error',
    id: socket.taken('subscribe')[0].id,
    code: 'forbidden',
    message: 'No.',
    retryable: false,
  })
  await settled()
  expect(ready.code).toBe('forbidden')
  expect(refused.status).toBe('ended')
  client.topic('room/1').on('publication', () => {})
  const { id } = socket.taken('subscribe')[0]
  socket.say({ type: 'error', id, code: 'unavailable', message: '', retryable: true, retryAfterMs: 300 })
  await environment.pass(299)
  expect(socket.taken('subscribe')).toEqual([])
  await environment.pass(1)
  expect(socket.taken('subscribe')).toHaveLength(1)
})

test('The end of a subscription that nobody listens for reaches the client', async () => {
  const { client, socket } = stage()
  await socket.welcome()
  const errors: unknown[] = []
  client.on('error', ({ code }) => errors.push(code))
  client.topic('room/1').on('publication', () => {})
  socket.say({ type: 'subscribed', id: socket.taken('subscribe')[0].id, topic: 'room/1', position: 'p0' })
  socket.say({ type: 'unsubscribed', topic: 'room/1', code: 'forbidden' })
  expect(errors).toEqual(['forbidden'])
})

test('Members are the list as it is now; in a crowd their number', async () => {
  const { client, socket } = stage()
  await socket.welcome()
  const told: unknown[] = []
  const room = client.topic('room/1', { presence: 'me' })
  room.on('members', (members, count) => told.push([members.map(({ data }) => data), count]))
  const member = (client: string) => ({ client, data: client })
  const { id } = socket.taken('subscribe')[0]
  socket.say({ type: 'subscribed', id, topic: 'room/1', position: 'p', members: [member('me')] })
  socket.say({ type: 'joined', topic: 'room/1', member: member('b') })
  socket.say({ type: 'left', topic: 'room/1', client: 'me' })
  socket.say({ type: 'members', topic: 'room/1', count: 101 })
  expect(told).toEqual([
    [['me'], 1],
    [['me', 'b'], 2],
    [['b'], 1],
    [[], 101],
  ])
  expect(room.presence).toBe('joined')
})

test('A listener that throws keeps nobody else from hearing', async () => {
  const { client, socket } = stage()
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  await socket.welcome()
  const came: unknown[] = []
  const room = client.topic('room/1')
  room.on('publication', () => {
    throw new Error('mine')
  })
  room.on('publication', ({ data }) => came.push(data))
  socket.say({ type: 'subscribed', id: socket.taken('subscribe')[0].id, topic: 'room/1' })
  socket.say({ type: 'publication', topic: 'room/1', data: 1, at: 1 })
  expect(came).toEqual([1])
  expect(logged).toHaveBeenCalledOnce()
  logged.mockRestore()
})

test('A state topic has the newest value, and tells the same one once', async () => {
  const { client, socket, again } = stage()
  await socket.welcome()
  const load = client.state('load')
  const values: unknown[] = []
  const stop = load.subscribe(value => values.push(value))
  const state = (on: ScriptedSocket, position: string, data: unknown) =>
    on.say({ type: 'state', topic: 'load', position, data })
  socket.say({ type: 'subscribed', id: socket.taken('subscribe')[0].id, topic: 'load', position: 'p0' })
  state(socket, 'p1', 1)
  const second = await again()
  const [subscribe] = second.taken('subscribe')
  expect(subscribe.since).toBeUndefined()
  second.say({ type: 'subscribed', id: subscribe.id, topic: 'load', position: 'p0' })
  state(second, 'p1', 1)
  state(second, 'p2', 2)
  expect([values, load.value, load.position]).toEqual([[1, 2], 2, 'p2'])
  load.subscribe(value => values.push(`late ${value}`))()
  expect(values.at(-1)).toBe('late 2')
  stop()
  expect(second.taken('unsubscribe')).toHaveLength(1)
})

test('A state is set where it stood, and told when somebody was faster', async () => {
  const { client, socket } = stage()
  await socket.welcome()
  const set = outcome(client.state('load').set(2, { ifPosition: 'p1' }))
  await settled()
  const [message] = socket.taken('publish')
  expect(message).toMatchObject({ data: 2, ifPosition: 'p1' })
  socket.say({ type: 'error', id: message.id, code: 'conflict', message: '', retryable: false })
  await settled()
  expect(set.code).toBe('conflict')
})

// Publications

test('Publications without an answer go again, in order, with their keys, and are answered once', async () => {
  const { client, socket, again } = stage()
  await socket.welcome()
  const room = client.topic('room/1')
  const outcomes = ['a', 'b', 'c'].map(data => outcome(room.publish(data)))
  await settled()
  const sent = socket.taken('publish')
  expect(sent.map(({ data }) => data)).toEqual(['a', 'b', 'c'])
  for (const { key } of sent) expect(key).toMatch(/^[\w+/]{22}$/)
  socket.say({ type: 'published', id: sent[0].id, position: 'p1' })
  const second = await again()
  const resent = second.taken('publish')
  const calls = (all: object[]) => all.map(message => ({ ...message, id: 0 }))
  expect(calls(resent)).toEqual(calls(sent.slice(1)))
  for (const [at, { id }] of resent.entries()) second.say({ type: 'published', id, position: `p${at + 2}` })
  await settled()
  expect(outcomes).toEqual([{ value: 'p1' }, { value: 'p2' }, { value: 'p3' }])
})

test('Data is as it was when it was published, whatever becomes of it', async () => {
  const { client, socket } = stage()
  const data = { text: 'before' }
  const done = outcome(client.topic('room/1').publish(data))
  data.text = 'after'
  await socket.welcome()
  expect(socket.taken('publish')[0].data).toEqual({ text: 'before' })
  expect(done).toEqual({})
})

test('Beyond the key window nothing goes again: it fails as outcome_unknown, also without a connection', async () => {
  const { client, environment, socket, sockets } = stage()
  await socket.welcome({ keyWindowMs: 10_000 })
  const sent = outcome(client.topic('room/1').publish('sent'))
  await settled()
  socket.cut()
  const queued = outcome(client.topic('room/1').publish('never sent'))
  await environment.pass(8_999)
  expect(sent).toEqual({})
  await environment.pass(1)
  expect(sent.code).toBe('outcome_unknown')
  expect(queued).toEqual({})
  await sockets.at(-1)?.welcome()
  expect(
    sockets
      .at(-1)
      ?.taken('publish')
      .map(({ data }) => data),
  ).toEqual(['never sent'])
})

test('After sleep beyond the key window nothing goes again', async () => {
  const { client, environment, socket, sockets } = stage()
  await socket.welcome()
  const sent = outcome(client.topic('room/1').publish('sent'))
  await settled()
  socket.cut()
  await environment.sleep(3_600_000)
  await sockets.at(-1)?.welcome()
  expect(sent.code).toBe('outcome_unknown')
  expect(sockets.at(-1)?.taken('publish')).toEqual([])
})

test('What is published as the connection opens takes nothing along that is beyond the key window', async () => {
  const { client, environment, socket, sockets } = stage()
  await socket.welcome()
  const room = client.topic('room/1')
  const sent = outcome(room.publish('sent'))
  await settled()
  socket.cut()
  client.on('status', ({ status }) => {
    if (status === 'open') void room.publish('anew')
  })
  await environment.pass(500)
  await sockets.at(-1)?.welcome({ keyWindowMs: 100 })
  expect(sent.code).toBe('outcome_unknown')
  const again = sockets.at(-1)?.taken('publish')
  expect(again?.map(({ data }) => data)).toEqual(['anew'])
})

test('After a refusal that may be tried again, all behind it wait and go again in order, the first with restart', async () => {
  const { client, environment, socket } = stage()
  await socket.welcome()
  const room = client.topic('room/1')
  const outcomes = ['a', 'b'].map(data => outcome(room.publish(data)))
  await settled()
  const [a, b] = socket.taken('publish')
  socket.say({ type: 'error', id: a.id, code: 'busy', message: '', retryable: true, retryAfterMs: 400 })
  outcomes.push(outcome(room.publish('c')))
  socket.say({ type: 'error', id: b.id, code: 'out_of_order', message: '', retryable: true })
  // Another topic is not concerned.
  void room
  outcomes.push(outcome(client.topic('room/2').publish('other')))
  await settled()
  expect(socket.taken('publish').map(({ data }) => data)).toEqual(['other'])
  // As long as the server said of the first, whatever it says of those behind.
  await environment.pass(390)
  expect(socket.taken('publish')).toEqual([])
  await environment.pass(10)
  const resent = socket.taken('publish')
  expect(resent.map(({ data, restart, key }) => [data, restart, key])).toEqual([
    ['a', true, a.key],
    ['b', undefined, b.key],
    ['c', undefined, resent[2].key],
  ])
  for (const { id } of resent) socket.say({ type: 'published', id, position: 'p' })
  await settled()
  expect(outcomes.map(({ value }) => value)).toEqual(['p', 'p', 'p', undefined])
})

test('How long the server wanted one refusal to wait says nothing of a later one', async () => {
  const { client, environment, socket } = stage()
  await socket.welcome()
  const published = client.topic('room/1').publish('a')
  await settled()
  const refuse = (code: string, retryAfterMs?: number) =>
    socket.say({
      type: 'error',
      id: socket.taken('publish').at(-1).id,
      code,
      message: '',
      retryable: true,
      retryAfterMs,
    })
  refuse('busy', 9_000)
  await environment.pass(9_000)
  // As where the publication of another tab was refused, on the same connection.
  refuse('out_of_order')
  await environment.pass(1_000)
  expect(socket.taken('publish')).toHaveLength(1)
  client.close()
  await expect(published).rejects.toMatchObject({ code: 'outcome_unknown' })
})

test('A refusal for good fails its publication alone', async () => {
  const { client, socket } = stage()
  await socket.welcome()
  const room = client.topic('room/1')
  const outcomes = [outcome(room.publish('a')), outcome(room.publish('b'))]
  await settled()
  const [a, b] = socket.taken('publish')
  socket.say({ type: 'error', id: a.id, code: 'invalid_data', message: 'No.', retryable: false })
  socket.say({ type: 'published', id: b.id, position: 'p' })
  await settled()
  expect(outcomes).toEqual([{ code: 'invalid_data' }, { value: 'p' }])
})

test('The queue is bounded in count and bytes; one more fails at once', async () => {
  const { client } = stage({ maxQueueCount: 3, maxQueueBytes: 1_000 })
  const room = client.topic('room/1')
  const outcomes = ['a', 'b', 'x'.repeat(2_000), 'c', 'd'].map(data => outcome(room.publish(data)))
  await settled()
  expect(outcomes.map(({ code }) => code)).toEqual([
    undefined,
    undefined,
    'queue_full',
    undefined,
    'queue_full',
  ])
})

test('So many requests wait for their answers; one more fails at once', async () => {
  const { client } = stage({ maxQueueCount: 2 })
  const outcomes = [1, 2, 3].map(input => outcome(client.request('echo', input)))
  await settled()
  expect(outcomes.map(({ code }) => code)).toEqual([undefined, undefined, 'queue_full'])
})

test('What the server would not take is not sent, and the rest is', async () => {
  const { client, socket } = stage()
  const room = client.topic('room/1')
  const outcomes = ['中'.repeat(100), 'small'].map(data => outcome(room.publish(data)))
  await socket.welcome({ maxMessageBytes: 300 })
  expect(socket.taken('publish').map(({ data }) => data)).toEqual(['small'])
  expect(outcomes[0]?.code).toBe('too_large')
})

test.each([[undefined], [() => {}], [1n]])('What cannot be JSON is refused: %s', async data => {
  const { client } = stage()
  await expect(client.topic('room/1').publish(data)).rejects.toMatchObject({ code: 'invalid_data' })
})

test('At most 32 publications are in flight', async () => {
  const { client, socket } = stage()
  await socket.welcome()
  const room = client.topic('room/1')
  for (let n = 0; n < 40; n++) outcome(room.publish(n))
  await settled()
  const sent = socket.taken('publish')
  expect(sent).toHaveLength(32)
  socket.say({ type: 'published', id: sent[0].id, position: 'p' })
  expect(socket.taken('publish').map(({ data }) => data)).toEqual([32])
})

test('Closing fails what was not sent as closed, and what has no answer as outcome_unknown', async () => {
  const { client, environment, socket } = stage()
  await socket.welcome()
  const sent = outcome(client.topic('room/1').publish('sent'))
  const asked = outcome(client.request('echo', 1))
  await settled()
  client.close()
  const late = outcome(client.topic('room/1').publish('late'))
  await settled()
  expect([sent.code, asked.code, late.code]).toEqual(['outcome_unknown', 'outcome_unknown', 'closed'])
  expect(socket.closedWith).toBe(1000)
  expect([client.status, environment.timerCount]).toEqual(['closed', 0])
})

test('A listener that hears of the end may connect anew: what was before fails, and the network is listened to', async () => {
  const { client, environment, sockets, socket } = stage()
  await socket.welcome()
  const before = outcome(client.topic('room/1').publish('before'))
  const stop = client.on('status', ({ status }) => status === 'closed' && client.connect())
  client.close()
  const after = outcome(client.topic('room/1').publish('after'))
  await settled()
  expect([client.status, before.code, after.code]).toEqual(['connecting', 'outcome_unknown', undefined])
  stop()
  sockets.at(-1)?.cut()
  const { length } = sockets
  environment.tell('online')
  expect(sockets.length).toBe(length + 1)
  await sockets.at(-1)?.welcome()
  expect(client.status).toBe('open')
  client.close()
  expect([environment.listenerCount, environment.timerCount]).toEqual([0, 0])
})

test('All hear the changes in their order, also those that one of them brings about', async () => {
  const { client, socket } = stage()
  await socket.welcome()
  client.on('status', ({ status }) => status === 'closed' && client.connect())
  const told: string[] = []
  client.on('status', ({ status }) => told.push(status))
  client.close()
  expect([told, client.status]).toEqual([['closed', 'connecting'], 'connecting'])
})

test('A client that has given up listens to nothing; one that connects anew does', async () => {
  const { client, environment, socket, sockets } = stage()
  client.on('status', () => {})
  socket.cut(4403)
  expect([client.status, environment.listenerCount]).toEqual(['closed', 0])
  client.connect()
  expect([sockets.length, environment.listenerCount]).toEqual([2, 1])
  client.close()
})

// Requests

test('A request waits for the connection, is sent once, and a lost answer is outcome_unknown', async () => {
  const { client, socket, again } = stage()
  const answered = outcome(client.request('echo', { a: 1 }))
  await socket.welcome()
  const [request] = socket.taken('request')
  expect(request).toMatchObject({ method: 'echo', data: { a: 1 } })
  socket.say({ type: 'response', id: request.id, data: { a: 1 } })
  const refused = outcome(client.request('nobody'))
  const { id } = socket.taken('request')[0]
  socket.say({ type: 'error', id, code: 'unknown_method', message: '', retryable: false })
  const lost = outcome(client.request('echo', 2))
  const second = await again()
  expect(second.taken('request')).toEqual([])
  expect([answered, refused, lost]).toEqual([
    { value: { a: 1 } },
    { code: 'unknown_method' },
    { code: 'outcome_unknown' },
  ])
})

test('A request without an answer in time fails as timeout', async () => {
  const { client, environment } = stage({ requestTimeoutMs: 5_000 })
  const asked = outcome(client.request('echo', 1))
  await environment.pass(5_000)
  expect(asked.code).toBe('timeout')
})

// Life

test('After silence it asks, and a server that does not answer is left; any message is an answer', async () => {
  const { client, environment, socket, sockets } = stage()
  await socket.welcome({ pingMs: 20_000 })
  await environment.pass(20_000)
  expect(socket.taken().map(({ type }) => type)).toEqual(['ping'])
  socket.say({ type: 'pong' })
  await environment.pass(29_999)
  expect([client.status, socket.taken().length]).toEqual(['open', 1])
  await environment.pass(1)
  expect(client.connection.reason?.code).toBe('silent')
  // It does not wait for the `close` event of a dead connection.
  expect(socket.closedWith).toBe(1000)
  await environment.pass(500)
  expect(sockets).toHaveLength(2)
})

test('After sleep it asks before it believes that the server is gone', async () => {
  const { client, environment, socket } = stage()
  await socket.welcome()
  await environment.sleep(600_000)
  expect([client.status, socket.taken().map(({ type }) => type)]).toEqual(['open', ['ping']])
  await environment.pass(10_000)
  expect(client.connection.reason?.code).toBe('silent')
})

test('What waits is tried at once after sleep, and when the device is online again', async () => {
  const { client, environment, sockets } = stage({ firstRetryMs: 100_000, maxRetryMs: 100_000 })
  sockets.at(-1)?.cut()
  expect(client.status).toBe('waiting')
  await environment.sleep(20_000)
  expect([client.status, sockets.length]).toEqual(['connecting', 2])
  environment.tell('offline')
  sockets.at(-1)?.cut()
  expect(client.status).toBe('offline')
  environment.tell('online')
  expect([client.status, sockets.length]).toEqual(['connecting', 3])
})

test('A network that has changed is looked at with a ping', async () => {
  const { client, environment, socket } = stage()
  await socket.welcome()
  environment.tell('online')
  expect(socket.taken().map(({ type }) => type)).toEqual(['ping'])
  await environment.pass(10_000)
  expect(client.status).toBe('waiting')
})

test('An `error` event without `close`, as of a Content Security Policy, is an end', async () => {
  const { client, environment, socket } = stage()
  socket.emit('error', {})
  await environment.pass(1_000)
  expect(client.connection.reason?.code).toBe('not_opened')
})

test.each([
  ['ws://server/bothways', 'enforce', 'blocked', 'closed'],
  ['ws://server/bothways', 'report', 'not_opened', 'waiting'],
  ['http://server/bothways/events?topic=a', 'enforce', 'not_opened', 'waiting'],
  ['ws://server/other', 'enforce', 'not_opened', 'waiting'],
  ['ws://other/bothways', 'enforce', 'not_opened', 'waiting'],
])(
  'Of a Content Security Policy about %s, to %s, it says %s',
  async (blockedURI, disposition, code, status) => {
    const page = new EventTarget()
    for (const name of ['addEventListener', 'removeEventListener'] as const) {
      vi.stubGlobal(name, page[name].bind(page))
    }
    const { client, environment, socket } = stage()
    page.dispatchEvent(Object.assign(new Event('securitypolicyviolation'), { blockedURI, disposition }))
    socket.emit('error', {})
    await environment.pass(1_000)
    vi.unstubAllGlobals()
    expect([client.connection.reason?.code, client.status]).toEqual([code, status])
  },
)

test('A connection that does not open in ten seconds is given up', async () => {
  const { client, environment, socket } = stage()
  await environment.pass(10_000)
  expect([client.connection.reason?.code, socket.closedWith]).toEqual(['not_opened', 1000])
})

test('Each try that does not open in time gives the next one longer, up to thirty seconds, until one opens', async () => {
  const { environment, sockets } = stage({ firstRetryMs: 1, maxRetryMs: 1 })
  const closedAfter = async (ms: number) => {
    const socket = sockets.at(-1)
    await environment.pass(ms - 1)
    const early = socket?.closedWith
    await environment.pass(1)
    const closed = [early, socket?.closedWith]
    await environment.pass(1)
    return closed
  }
  for (const ms of [10_000, 15_000, 22_500, 30_000, 30_000]) {
    expect([ms, await closedAfter(ms)]).toEqual([ms, [undefined, 1000]])
  }
  await sockets.at(-1)?.welcome()
  sockets.at(-1)?.cut()
  await environment.pass(1)
  expect(await closedAfter(10_000)).toEqual([undefined, 1000])
})

test('A server that says goodbye is come back to after its own time, not earlier', async () => {
  const { client, environment, socket, sockets } = stage()
  await socket.welcome()
  socket.say({ type: 'goodbye', retryAfterMs: 4_321 })
  await environment.pass(1_000)
  socket.cut(1012)
  expect(client.connection.reason).toMatchObject({ code: 'leaving', by: 'peer', retry: 3_321 })
  environment.tell('online')
  await environment.pass(3_320)
  expect(sockets).toHaveLength(1)
  await environment.pass(1)
  expect(sockets).toHaveLength(2)
})

test('A server that has said goodbye is heard until it closes, or until the time to come back', async () => {
  const { client, environment, socket, sockets } = stage()
  await socket.welcome()
  const log: unknown[] = []
  client.topic('room/1').on('publication', ({ data }) => log.push(data))
  const [{ id }] = socket.taken('subscribe')
  socket.say({ type: 'subscribed', id, topic: 'room/1', position: 'a.0', recovered: true })
  socket.say({ type: 'goodbye', retryAfterMs: 2_000 })
  await environment.pass(1_999)
  socket.say({ type: 'publication', topic: 'room/1', position: 'a.1', data: 'late', at: 0 })
  expect([client.status, log, socket.closedWith]).toEqual(['open', ['late'], undefined])
  await environment.pass(1)
  expect([client.status, socket.closedWith, sockets.length]).toEqual(['connecting', 1000, 2])
})

test.each([
  [1006, 'leaving'],
  [1012, 'leaving'],
  [4401, 'unauthenticated'],
  [4403, 'forbidden'],
])('A close with %i behind a goodbye ends as %s', async (code, reason) => {
  const { client, socket } = stage()
  await socket.welcome()
  socket.say({ type: 'goodbye', retryAfterMs: 2_000 })
  socket.cut(code)
  const retry = reason === 'leaving' ? 2_000 : 'no'
  expect(client.connection.reason).toMatchObject({ code: reason, retry })
})

test.each([
  [4400, 'not_bothways'],
  [4401, 'unauthenticated'],
  [4403, 'forbidden'],
  [4413, 'too_large'],
])('Close code %i will not change by itself: it gives up, and says why', async (code, reason) => {
  const { client, environment, socket, sockets } = stage()
  await socket.welcome()
  const waiting = outcome(client.topic('room/1').publish('x'))
  socket.say({ type: 'error', code: reason, message: 'Because.', retryable: false })
  socket.cut(code, 'Because.')
  await environment.pass(600_000)
  expect(client.connection).toMatchObject({ status: 'closed', reason: { code: reason, retry: 'no' } })
  expect(client.connection.reason?.help).toContain('Because.')
  expect(waiting.code).toBe('outcome_unknown')
  expect(sockets).toHaveLength(1)
  client.connect()
  expect(client.status).toBe('connecting')
})

test('What the server said before it closed without a reason is told', async () => {
  const { client, socket } = stage()
  await socket.welcome()
  socket.say({ type: 'error', code: 'forbidden', message: 'Because.', retryable: false })
  socket.cut(4403)
  expect(client.connection.reason?.help).toContain('Because.')
})

test('A handshake that is refused with Retry-After is tried again after that, by each at a time of its own', async () => {
  const { client, environment, socket } = stage()
  environment.chance = 0.25
  socket.emit('error', {
    error: { message: 'Full.', answer: { status: 503, headers: { 'retry-after': '8' } } },
  })
  socket.cut()
  expect(client.connection.reason).toMatchObject({ code: 'busy', retry: 10_000 })
})

test.each([1001, 1011, 1012, 1013, 4408, 4429])('Close code %i is tried again', async code => {
  const { client, socket } = stage()
  await socket.welcome()
  socket.cut(code)
  expect(client.status).toBe('waiting')
})

test('What is no message of bothways.v1 ends the connection', async () => {
  const { client, socket } = stage()
  socket.open()
  socket.emit('message', { data: '0{"sid":"x"}' })
  expect(client.connection.reason?.code).toBe('not_bothways')
})

test('A runtime without WebSocket is told what to give', async () => {
  vi.stubGlobal('WebSocket', undefined)
  const environment = new VirtualEnvironment()
  const client = createClient('ws://server/', { environment })
  vi.unstubAllGlobals()
  await environment.pass(0)
  expect(client.connection.reason).toMatchObject({ code: 'unsupported', retry: 'no' })
})

test('What a class of Node.js says of a failed handshake is passed on: 403 is final, 502 is not', async () => {
  const fail = async (status: number) => {
    const { client, socket } = stage()
    socket.emit('error', { error: { message: `Answer ${status}`, answer: { status } } })
    socket.cut()
    return client.connection
  }
  expect(await fail(403)).toMatchObject({ status: 'closed', reason: { code: 'forbidden' } })
  expect((await fail(403)).reason?.help).toContain('Answer 403')
  expect(await fail(502)).toMatchObject({ status: 'waiting', reason: { code: 'not_opened' } })
})

test('A program that hears of no status is told once why its connection does not come about, and never after it did', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const fail = async ({ environment, sockets }: ReturnType<typeof stage>, count: number) => {
    for (let n = 0; n < count; n++) {
      sockets.at(-1)?.emit('error', { error: { message: 'Nothing listens there.' } })
      const { length } = sockets
      sockets.at(-1)?.cut()
      while (sockets.length === length) await environment.pass(100)
    }
  }
  const silent = stage()
  await fail(silent, 2)
  expect(warned).not.toHaveBeenCalled()
  await fail(silent, 3)
  expect(warned.mock.calls).toEqual([[expect.stringContaining('Nothing listens there.')]])

  const listening = stage()
  listening.client.on('status', () => {})
  await fail(listening, 4)
  const opened = stage()
  await opened.socket.welcome()
  await fail(opened, 4)
  expect(warned).toHaveBeenCalledOnce()
  warned.mockRestore()
})

test('After compressed messages came damaged, a class with options goes without', async () => {
  const { environment, socket, sockets } = stage()
  await socket.welcome()
  socket.cut(1007)
  await environment.pass(500)
  expect(sockets[1]?.options).toMatchObject({ compression: false })
})

// Tokens

test('The token goes in the first message, never in the URL, and is asked for each connection', async () => {
  let count = 0
  const { socket, again } = stage({ token: async () => `token ${++count}` })
  await socket.welcome()
  expect(socket.taken()).toEqual([{ type: 'hello', token: 'token 1' }])
  expect(socket.url).not.toContain('token')
  expect((await again()).taken()).toEqual([{ type: 'hello', token: 'token 2' }])
})

test('A token is renewed in band before it expires, and again when its function fails meanwhile', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  let count = 0
  const token = () => {
    if (++count === 2) throw new Error('The sign-in service is away.')
    return `token ${count}`
  }
  const { client, environment, socket } = stage({ token })
  await socket.welcome({ expiresAt: environment.date() + 600_000 })
  socket.taken()
  const answering = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 20_000) {
      await environment.pass(20_000)
      socket.say({ type: 'pong' })
    }
  }
  await answering(520_000)
  expect(socket.taken('token')).toEqual([])
  await answering(40_000)
  expect(socket.taken('token')).toEqual([{ type: 'token', token: 'token 3' }])
  expect([client.status, count]).toEqual(['open', 3])
  logged.mockRestore()
})

test('After 4401 another token is tried once, then it gives up', async () => {
  let count = 0
  const { client, environment, sockets } = stage({ token: () => `token ${++count}` })
  const refuse = async () => {
    sockets.at(-1)?.open()
    await settled()
    sockets.at(-1)?.cut(4401)
    await environment.pass(0)
  }
  await refuse()
  expect([client.status, sockets.length]).toEqual(['connecting', 2])
  await refuse()
  expect([client.status, client.connection.reason?.code, count]).toEqual(['closed', 'unauthenticated', 2])
})

test('A function for tokens that fails is asked again later', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { client, socket } = stage({ token: () => Promise.reject(new Error('away')) })
  socket.open()
  await settled()
  expect(client.connection).toMatchObject({ status: 'waiting', reason: { code: 'token_failed', by: 'us' } })
  logged.mockRestore()
})

test('A request that JSON cannot say, or that the server would close the connection for, fails alone', async () => {
  const { client, socket } = stage()
  await socket.welcome({ maxMessageBytes: 1_000 })
  client.on('error', () => {})
  const failed = [
    client.request('echo', 1n),
    client.request('echo', () => {}),
    client.request('echo', 'x'.repeat(1_000)),
  ]
  const found = failed.map(outcome)
  const ended = outcome(client.topic('room', { presence: 'x'.repeat(1_000) }).ready())
  const right = outcome(client.request('echo', { a: 1 }))
  await settled()
  expect([...found, ended].map(({ code }) => code)).toEqual([
    'invalid_data',
    'invalid_data',
    'too_large',
    'too_large',
  ])
  const [sent] = socket.taken()
  expect(sent).toMatchObject({ type: 'request', method: 'echo', data: { a: 1 } })
  socket.say({ type: 'response', id: sent.id, data: 2 })
  await settled()
  expect([right.value, client.status]).toEqual([2, 'open'])
})

// Errors and events that a program is told

test('A server that wants a token is told after a second that there is none, and the program at once what to do', async () => {
  const { client, environment, socket, sockets } = stage()
  const errors = vi.spyOn(console, 'error').mockReturnValue()
  socket.open()
  await environment.pass(999)
  expect(socket.taken()).toEqual([])
  await environment.pass(1)
  expect(socket.taken()).toEqual([{ type: 'hello' }])
  socket.say({ type: 'error', code: 'unauthenticated', message: 'The token is missing.', retryable: false })
  socket.cut(4401, 'The token is missing.')
  const help = expect.stringContaining('wants one: createClient(url, { token }). (The token is missing.)')
  expect(client.connection).toMatchObject({ status: 'closed', reason: { code: 'unauthenticated', help } })
  // Nobody has listened: it is not to be met with silence.
  expect(errors.mock.calls).toEqual([[expect.objectContaining({ code: 'closed', message: help })]])
  errors.mockRestore()
  expect(sockets).toHaveLength(1)
})

test('A server that welcomes by itself gets no hello', async () => {
  const { environment, socket } = stage()
  await socket.welcome()
  await environment.pass(5_000)
  expect(socket.taken('hello')).toEqual([])
})

test('That it has given up is an error event where nobody listens for the status', async () => {
  const { client, socket } = stage()
  const told: unknown[] = []
  client.on('error', error => told.push(error))
  await socket.welcome()
  socket.cut(4403, 'Not you.')
  expect(told).toEqual([
    expect.objectContaining({ code: 'closed', message: expect.stringContaining('Not you.') }),
  ])
})

test.each([
  ['state', false, "has no states: use client.topic('load')"],
  ['topic', true, "has no publications: use client.state('load')"],
] as const)('client.%s of a topic of the other kind is told at once', async (face, state, words) => {
  const { client, socket } = stage()
  const told: string[] = []
  client.on('error', ({ message }) => told.push(message))
  await socket.welcome()
  if (face === 'state') client.state('load').subscribe(() => {})
  else client.topic('load').on('publication', () => {})
  const [subscribe] = socket.taken('subscribe')
  expect(subscribe.state).toBe(face === 'state')
  socket.say({ type: 'subscribed', id: subscribe.id, topic: 'load', position: 'p0', state })
  expect(told).toEqual([expect.stringContaining(words)])
})

test('What is set as a state says so, what is published does not', async () => {
  const { client, socket } = stage()
  await socket.welcome()
  const answers = [client.state('load').set(1), client.topic('news').publish(1)]
  expect(socket.taken('publish').map(({ topic, state }) => [topic, state])).toEqual([
    ['load', true],
    ['news', undefined],
  ])
  client.close()
  await Promise.allSettled(answers)
})

test('What a listener of status does when the connection opens is done once', async () => {
  const { client, environment, socket } = stage()
  const room = client.topic('room/1')
  client.on('status', ({ status }) => {
    if (status !== 'open') return
    void client.request('pay', 1)
    void room.publish('one')
    room.on('publication', () => {})
  })
  await socket.welcome()
  await environment.pass(1)
  const types = socket.taken().map(({ type }) => type)
  expect(types.sort()).toEqual(['publish', 'request', 'subscribe'])
})

test('A member that joins as the connection opens asks once, with its presence', async () => {
  const { client, socket } = stage()
  client.on('status', ({ status }) => {
    if (status === 'open') client.topic('room/1', { presence: 'Li Si' })
  })
  await socket.welcome()
  expect(socket.taken('subscribe')).toMatchObject([{ presence: 'Li Si' }])
})

test('A client that is closed while it begins to connect connects no more', async () => {
  const { client, environment, sockets, socket } = stage()
  await socket.welcome()
  client.on('status', ({ status }) => {
    if (status === 'connecting') client.close()
  })
  socket.cut()
  await environment.pass(60_000)
  expect([client.status, sockets.length]).toEqual(['closed', 1])
})

test('A goodbye without a time leads to the waits of the client', async () => {
  const { client, socket } = stage()
  await socket.welcome()
  socket.say({ type: 'goodbye' })
  expect(client.connection.reason).toMatchObject({ code: 'leaving', by: 'peer' })
  expect(client.connection.reason?.retry).toBeGreaterThan(0)
})

test('A state that was refused is asked for anew by who listens again; leaving twice leaves nobody else out', async () => {
  const { client, socket } = stage()
  await socket.welcome()
  const load = client.state('load')
  const leave = load.subscribe(
    () => {},
    () => {},
  )
  const [{ id }] = socket.taken('subscribe')
  socket.say({ type: 'error', id, topic: 'load', code: 'forbidden', message: 'no', retryable: false })
  const values: unknown[] = []
  load.subscribe(value => values.push(value))
  leave()
  leave()
  const [{ id: second }, ...others] = socket.taken()
  expect(others).toEqual([])
  socket.say({ type: 'subscribed', id: second, topic: 'load', state: true })
  socket.say({ type: 'state', topic: 'load', position: 'a.1.x', data: 7 })
  expect(values).toEqual([7])
})
