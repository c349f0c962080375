import { type ScriptedSocket, scriptedSockets } from '@bothways/test-support/scripted-server'
import { settled, VirtualEnvironment } from '@bothways/test-support/virtual-environment'
import { afterEach, expect, test, vi } from 'vitest'
import type { ClientOptions } from './client-options.ts'
import { runtimeEnvironment } from './environment.ts'
import { createClient } from './index.ts'

function stage(options: ClientOptions = {}) {
  const environment = new VirtualEnvironment()
  const { sockets, WebSocket } = scriptedSockets()
  const client = createClient('ws://server/bothways', { environment, WebSocket, ...options })
  return { client, environment, sockets, last: () => sockets.at(-1) as ScriptedSocket }
}

/** The outcome of a promise as a code, without waiting for it. */
function codeOf(promise: Promise<unknown>): { code?: string } {
  const found: { code?: string } = {}
  promise.then(
    () => Object.assign(found, { code: 'done' }),
    error => Object.assign(found, { code: error.code }),
  )
  return found
}

afterEach(() => vi.restoreAllMocks())

// Tokens

test('A token function that never answers is told as token_failed, and is asked again with longer and longer waits', async () => {
  let count = 0
  const token = () => {
    count++
    return new Promise<string>(() => {})
  }
  const { client, environment, last } = stage({ token })
  for (let passed = 0; passed < 600_000; passed += 1_000) {
    if (last().readyState === 0) last().open()
    await environment.pass(1_000)
  }
  expect(client.connection.reason).toMatchObject({ code: 'token_failed', by: 'us' })
  expect(client.connection.reason?.help).toContain('10000 ms')
  expect(count).toBeLessThan(35)
  client.close()
  expect(environment.timerCount).toBe(0)
})

test('A token that comes when its connection has gone is not sent on another one', async () => {
  const given: ((token: string) => void)[] = []
  const { environment, sockets, last } = stage({ token: () => new Promise(resolve => given.push(resolve)) })
  last().open()
  await environment.pass(11_000)
  last().open()
  await settled()
  given[0]?.('old')
  given[1]?.('new')
  await settled()
  expect(sockets.map(socket => socket.taken('hello'))).toEqual([[], [{ type: 'hello', token: 'new' }]])
})

test('A token that is taken and found to have expired, again and again, is no tight loop, and is given up', async () => {
  let count = 0
  const token = () => `the same ${++count && ''}`
  const { client, environment, sockets, last } = stage({ token })
  for (let round = 0; round < 20 && client.status !== 'closed'; round++) {
    await last().welcome()
    last().cut(4401, 'expired')
    await environment.pass(10)
  }
  expect(client.connection).toMatchObject({
    status: 'closed',
    reason: { code: 'unauthenticated', retry: 'no' },
  })
  expect([sockets.length, count]).toEqual([2, 2])
})

test('A token that expires on connections that last is renewed each time', async () => {
  const { client, environment, last } = stage({ token: () => 'token' })
  for (let round = 0; round < 5; round++) {
    await last().welcome()
    await environment.pass(20_000)
    last().cut(4401)
    await environment.pass(0)
    expect(client.status).toBe('connecting')
  }
})

test('A clock that is an hour ahead asks for tokens less and less often', async () => {
  let count = 0
  const { client, environment, last } = stage({ token: () => `token ${++count}` })
  const welcome = { type: 'welcome', client: 'me', pingMs: 25_000, maxMessageBytes: 1e5, keyWindowMs: 3e5 }
  await last().welcome()
  const expired = () => last().say({ ...welcome, expiresAt: environment.date() - 3_600_000 })
  expired()
  for (let passed = 0; passed < 3_600_000; passed += 1_000) {
    await environment.pass(1_000)
    for (const { type } of last().taken()) type === 'token' ? expired() : last().say({ type: 'pong' })
  }
  expect(client.status).toBe('open')
  expect(count).toBeLessThan(12)
})

// Connections

test('A connection that opens and ends at once, for ever, is tried less and less often', async () => {
  const { client, environment, sockets, last } = stage()
  for (let passed = 0; passed < 600_000; passed += 100) {
    if (last().readyState === 0) {
      await last().welcome()
      last().cut(1006)
    }
    await environment.pass(100)
  }
  // Half of the longest waits on average: 30 s and less.
  expect(sockets.length).toBeLessThan(50)
  expect(client.connection.reason?.code).toBe('lost')
})

test('A server that acknowledges what was not sent, or twice, confuses nothing', async () => {
  const { client, environment, last } = stage()
  await last().welcome()
  const room = client.topic('room')
  const one = codeOf(room.publish(1))
  const two = codeOf(client.request('echo', 2))
  const [publish, request] = last().taken() as { id: number }[]
  for (const id of [-1, 0, 99, 1e9]) {
    for (const type of ['published', 'response', 'subscribed', 'unsubscribed', 'error']) {
      last().say({ type, id, topic: 'room', position: 'a.9.x', code: 'forbidden' })
    }
  }
  last().say({ type: 'publication', topic: 'never asked for', position: 'a.1.x', data: 1, at: 1 })
  await settled()
  expect([one, two]).toEqual([{}, {}])
  for (let n = 0; n < 2; n++) {
    last().say({ type: 'published', id: publish?.id, position: 'a.1.x' })
    last().say({ type: 'response', id: request?.id, data: 2 })
  }
  await settled()
  expect([one.code, two.code]).toEqual(['done', 'done'])
  // A publication that waits in the queue was not sent, so no answer is its own.
  last().cut()
  const three = codeOf(room.publish(3))
  await environment.pass(1_000)
  last().open()
  last().say({ type: 'published', id: (publish?.id ?? 0) + 2, position: 'a.2.x' })
  await settled()
  expect(three).toEqual({})
  expect(client.status).toBe('connecting')
})

// Clocks

test('Time goes on when the clock of the device is set back, stands still, or is set forward', () => {
  const date = vi.spyOn(Date, 'now')
  const time = vi.spyOn(performance, 'now')
  date.mockReturnValue(1_000_000)
  time.mockReturnValue(0)
  const environment = runtimeEnvironment()
  const after = (wall: number, steady: number) => {
    date.mockReturnValue(wall)
    time.mockReturnValue(steady)
    return environment.now()
  }
  expect(after(1_000_100, 100)).toBe(100)
  // Set back by an hour.
  expect(after(1_000_100 - 3_600_000, 150)).toBe(150)
  // The steady clock has slept for ten minutes.
  expect(after(1_000_100 - 3_000_000, 150)).toBe(600_150)
  // Set forward by a day: as sleep, so it is asked whether the server is still there.
  expect(after(1_000_100 - 3_000_000 + 86_400_000, 200)).toBe(87_000_150)
})

test('When the clock was set forward an open connection is asked, not left', async () => {
  const { client, environment, last } = stage()
  await last().welcome()
  await environment.sleep(86_400_000)
  expect(last().taken('ping')).toHaveLength(1)
  last().say({ type: 'pong' })
  await environment.pass(20_000)
  expect(client.status).toBe('open')
})

// The end

test.each([
  ['before the socket opens', async () => {}],
  [
    'before the token has come',
    async (socket: ScriptedSocket) => {
      socket.open()
      await settled()
    },
  ],
  ['when it is welcome', (socket: ScriptedSocket) => socket.welcome()],
  [
    'while it waits',
    async (socket: ScriptedSocket) => {
      await socket.welcome()
      socket.cut()
    },
  ],
] as const)('Closing %s fails every call, leaves no timer, and nothing follows', async (_, until) => {
  const token = () => new Promise<string>(resolve => setTimeout(() => resolve('token'), 0))
  const { client, environment, sockets, last } = stage({ token })
  const room = client.topic('room', { last: 5, presence: 'me' })
  const told: unknown[] = []
  room.on('publication', it => told.push(it))
  const ready = codeOf(room.ready())
  await until(last())
  const calls = [codeOf(room.publish(1)), codeOf(client.request('echo', 1))]
  client.on('status', ({ status }) => told.push(status))
  client.close()
  await settled()
  expect(told).toEqual(['closed'])
  expect(ready.code).toBe('closed')
  for (const { code } of calls) expect(['closed', 'outcome_unknown']).toContain(code)
  await new Promise(resolve => setTimeout(resolve, 1))
  last().emit('open')
  last().say({ type: 'welcome', client: 'me', pingMs: 1, maxMessageBytes: 1, keyWindowMs: 1 })
  last().say({ type: 'publication', topic: 'room', data: 1, at: 1 })
  last().cut()
  await environment.pass(600_000)
  expect([told, sockets.length, environment.timerCount]).toEqual([['closed'], 1, 0])
})

test('Calls after closing fail as closed; the client can be connected again', async () => {
  const { client, environment, sockets, last } = stage()
  const room = client.topic('room')
  client.close()
  client.close()
  const calls = [room.publish(1), client.state('load').set(1), client.request('echo'), room.ready()].map(
    codeOf,
  )
  room.on('publication', () => {})
  await settled()
  expect(calls.map(({ code }) => code)).toEqual(['closed', 'closed', 'closed', 'closed'])
  client.connect()
  await last().welcome()
  expect(last().taken('subscribe')).toMatchObject([{ topic: 'room' }])
  expect([client.status, sockets.length]).toEqual(['open', 2])
  client.close()
  expect(environment.timerCount).toBe(0)
})

test('Ten thousand topics resume, and are answered, without looking through all of them for each', async () => {
  const { client, environment, last } = stage()
  let heard = 0
  await last().welcome()
  for (let n = 0; n < 10_000; n++) client.topic(`room/${n}`).on('publication', () => heard++)
  const answer = () => {
    for (const { id, topic } of last().taken('subscribe')) {
      last().say({ type: 'subscribed', id, topic, position: 'a.0.x', recovered: true })
    }
  }
  answer()
  last().cut()
  await environment.pass(1_000)
  await last().welcome()
  const workMs = (work: () => void) => {
    const before = process.cpuUsage()
    work()
    return process.cpuUsage(before).user
  }
  const answeringMs = workMs(answer)
  const publishingMs = workMs(() => {
    for (let n = 0; n < 10_000; n++) {
      last().say({ type: 'publication', topic: `room/${n}`, position: 'a.1.x', data: n, at: 1 })
    }
  })
  expect(heard).toBe(10_000)
  // Both look up one topic by its name or number; a search through all takes a hundred times as long.
  expect(answeringMs).toBeLessThan(10 * publishingMs)
  client.close()
})
