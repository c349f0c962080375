import { scriptedSockets } from '@bothways/test-support/scripted-server'
import { settled, VirtualEnvironment } from '@bothways/test-support/virtual-environment'
import { expect, test } from 'vitest'
import { createClient } from './index.ts'

const wrong = [null, true, -1, 0, 1e308, 'x', '', [], [null], [{}], {}, { client: 7 }]
const fields = [
  ...[
    'type',
    'id',
    'topic',
    'position',
    'user',
    'at',
    'recovered',
    'count',
    'client',
    'code',
    'message',
    'data',
  ],
  ...[
    'retryable',
    'retryAfterMs',
    'expiresAt',
    'pingMs',
    'maxMessageBytes',
    'keyWindowMs',
    'member',
    'members',
  ],
]
const messages = {
  welcome: { client: 'me', pingMs: 25_000, maxMessageBytes: 131_072, keyWindowMs: 300_000, expiresAt: 2e12 },
  subscribed: { id: 1, topic: 'room', position: 'a.0.', recovered: true, members: [], count: 0 },
  publication: { topic: 'room', position: 'a.1.x', data: 1, at: 1, user: 'u' },
  state: { topic: 'room', position: 'a.1.x', data: 1 },
  gap: { topic: 'room', position: 'a.9.x' },
  joined: { topic: 'room', member: { client: 'c', data: 1 } },
  left: { topic: 'room', client: 'c' },
  members: { topic: 'room', members: [{ client: 'c', data: 1 }], count: 1 },
  unsubscribed: { topic: 'room', code: 'forbidden' },
  published: { id: 2, position: 'a.1.x' },
  answer: { id: 3, data: 1 },
  error: { id: 2, code: 'busy', message: 'later', retryable: true, retryAfterMs: 1 },
  pong: {},
  goodbye: { retryAfterMs: 1 },
  unheardOf: { topic: 'room' },
} satisfies Record<string, object>

async function stage() {
  const environment = new VirtualEnvironment()
  const { sockets, WebSocket } = scriptedSockets()
  const client = createClient('ws://server/bothways', { environment, WebSocket })
  const room = client.topic('room', { last: 3, presence: 1 })
  const heard: unknown[] = []
  room.on('publication', publication => heard.push(publication))
  room.on('members', members => heard.push(members))
  client.on('error', () => {})
  const socket = sockets.at(-1)
  if (socket === undefined) throw new Error('No socket.')
  await socket.welcome()
  const ignored = [room.publish({ n: 1 }), client.request('m')].map(promise => promise.catch(() => {}))
  await settled()
  return { client, environment, sockets, socket, ignored }
}

test.each(Object.entries(messages))(
  'Whatever is in a field of %s, nothing throws, and it can be closed',
  async (type, message) => {
    for (const field of fields) {
      for (const value of wrong) {
        const { client, environment, socket } = await stage()
        socket.say({ type: 'subscribed', ...messages.subscribed })
        await settled()
        // An error that a listener throws comes out here, as it would from a runtime's own socket.
        socket.say({ type, ...message, [field]: value })
        await settled()
        await environment.pass(1)
        client.close()
        expect(client.status).toBe('closed')
      }
    }
  },
)

test.each(['', 'null', '7', '"x"', '[]', '[{}]', '{', '{}', `$'['.repeat(100_000)`, 'x'.repeat(1e6)])(
  'A text that is no message ends the connection with the reason',
  async text => {
    const { client, socket } = await stage()
    socket.emit('message', { data: text })
    expect(client.connection).toMatchObject({
      status: 'closed',
      reason: { code: 'not_bothways', by: 'peer' },
    })
    client.close()
  },
)

test.each([new ArrayBuffer(3), new Uint8Array(3), undefined, 7])('Nor are bytes one: %s', async data => {
  const { client, socket } = await stage()
  socket.emit('message', { data })
  expect(client.connection.reason?.code).toBe('not_bothways')
})

test('A server that wants a ping every millisecond gets ten a second', async () => {
  const { client, environment, socket } = await stage()
  socket.say({ type: 'welcome', ...messages.welcome, pingMs: 0 })
  socket.taken()
  let count = 0
  for (let at = 0; at < 60; at++) {
    await environment.pass(1_000)
    count += socket.taken('ping').length
    socket.say({ type: 'pong' })
  }
  expect(count).toBeLessThan(600)
  client.close()
})

test('A server that refuses each call as retryable at once is not asked in a tight loop', async () => {
  const { client, environment, socket } = await stage()
  let count = 0
  for (let round = 0; round < 100; round++) {
    for (const { id } of socket.taken()) {
      count++
      socket.say({ type: 'error', id, code: 'busy', message: '', retryable: true, retryAfterMs: 0 })
    }
    await environment.pass(10)
  }
  expect(count).toBeLessThan(60)
  client.close()
})

test('A server that says goodbye at each welcome is not asked in a tight loop', async () => {
  const { client, environment, sockets } = await stage()
  for (let round = 0; round < 1_000; round++) {
    const socket = sockets.at(-1)
    if (socket?.readyState === 0) {
      await socket.welcome()
      socket.say({ type: 'goodbye', retryAfterMs: 0 })
      socket.cut(1012)
    }
    await environment.pass(10)
  }
  expect(sockets.length).toBeLessThan(15)
  client.close()
})
