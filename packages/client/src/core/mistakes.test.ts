import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { createClient } from '../index.ts'
import { ReconnectingWebSocket } from '../websocket/index.ts'
import type { ClientError } from './client-error.ts'
import type { ServerMessage } from './messages.ts'
import { createSubscription } from './subscription.ts'

// Mistakes that JavaScript does not hold against a program, and the answers of the client.

// biome-ignore lint/suspicious/noExplicitAny: what has no types is what is tried
type Untyped = any

/** Opens nothing. */
class Silent {
  addEventListener() {}
  close() {}
}

const made: Untyped[] = []
afterEach(() => {
  for (const client of made.splice(0)) client.close()
})

function client(options: Untyped = {}): Untyped {
  const given = typeof options === 'function' ? options : { WebSocket: Silent, ...options }
  const it = createClient('ws://127.0.0.1:9/bothways', given)
  made.push(it)
  return it
}
const nothing = () => {}

/** The code as it is typed, and words of the sentence that cures it. */
const mistakes: readonly (readonly [string, () => unknown, string])[] = [
  [
    'createClient(url, { reconnect: true })',
    () => client({ reconnect: true }),
    'has no reconnect; there are token, ',
  ],
  ['createClient(url, { tokens })', () => client({ tokens: nothing }), 'has no tokens'],
  ['createClient(url, { headers })', () => client({ headers: {} }), 'has no headers'],
  ['createClient(url, { transports })', () => client({ transports: [] }), 'has no transports'],
  ['createClient(url, callback)', () => client(nothing), 'is an object, got a function'],
  [
    "createClient(url, { token: 's3cr3t' })",
    () => client({ token: 's3cr3t' }),
    'token is a function, got string',
  ],
  [
    'createClient(url, { WebSocket: socket })',
    () => client({ WebSocket: {} }),
    'WebSocket is a function, got object',
  ],
  [
    "createClient(url, { maxRetryMs: '5000' })",
    () => client({ maxRetryMs: '5000' }),
    'maxRetryMs is a number',
  ],
  ['createClient(url, { share: true })', () => client({ share: true }), "share is 'tabs'"],
  ["client.on('open', listener)", () => client().on('open', nothing), 'has no open; there are status, error'],
  ["client.on('status')", () => client().on('status'), 'A listener is a function, got undefined'],
  ['client.topic()', () => client().topic(), 'The name of a topic is a string'],
  ["client.state(['load'])", () => client().state(['load']), 'The name of a topic is a string'],
  [
    "client.topic('room/1', { limit: 50 })",
    () => client().topic('room/1', { limit: 50 }),
    'has no limit; there are since, last, presence',
  ],
  [
    "topic.on('message', listener)",
    () => client().topic('room/1').on('message', nothing),
    'has no message; there are publication',
  ],
  ["topic.on('publication')", () => client().topic('room/1').on('publication'), 'A listener is a function'],
  [
    'topic.publish(data, { key })',
    () => client().topic('room/1').publish(1, { key: 'x' }),
    'has no key; there are ifPosition',
  ],
  ['topic.publish()', () => client().topic('room/1').publish(), 'undefined cannot be JSON'],
  [
    'topic.publish(fetchIt())',
    () => client().topic('room/1').publish(Promise.resolve(1)),
    'A Promise cannot be JSON: await it',
  ],
  ['topic.publish(new Map())', () => client().topic('room/1').publish(new Map()), 'A Map cannot be JSON'],
  [
    'topic.publish(bytes)',
    () => client().topic('room/1').publish(new Uint8Array(1)),
    'A Uint8Array cannot be JSON',
  ],
  [
    'state.set(data, { key })',
    () => client().state('load').set(1, { key: 'x' }),
    'has no key; there are ifPosition',
  ],
  ['state.subscribe()', () => client().state('load').subscribe(), 'A listener is a function'],
  [
    'new ReconnectingWebSocket(url, [], { maxRetryDelay })',
    () => reconnecting({ maxRetryDelay: 5_000 }),
    'has no maxRetryDelay; there are WebSocket, minReconnectionDelay',
  ],
  [
    "new ReconnectingWebSocket(url, [], { maxRetries: '3' })",
    () => reconnecting({ maxRetries: '3' }),
    'maxRetries is a number, got string',
  ],
]

function reconnecting(options: Untyped): Untyped {
  return new ReconnectingWebSocket('ws://127.0.0.1:9', [], { WebSocket: Silent, ...options } as Untyped)
}

async function told(call: () => unknown): Promise<ClientError> {
  try {
    await call()
  } catch (error) {
    return error as ClientError
  }
  throw new Error('It was met with silence.')
}

test.each(mistakes)('%s is told what is wrong', async (_, call, words) => {
  const { name, message } = await told(call)
  expect(name).toBe('ClientError')
  expect(message).toContain(words)
})

test('The page of mistakes has each of them, in both languages', async () => {
  for (const folder of ['docs', 'docs/zh']) {
    const page = readFileSync(
      join(import.meta.dirname, '../../../..', folder, 'reference/mistakes.md'),
      'utf8',
    )
    const rows = [...page.matchAll(/^\| `([^`|]+)` \| ([^|`]+) \|$/gm)].map(row => row.slice(1, 3))
    expect(rows.map(([what]) => what)).toEqual(mistakes.map(([what]) => what))
    for (const [at, [, sentence]] of rows.entries()) {
      expect(sentence?.replaceAll('\\', '')).toBe((await told(mistakes[at]?.[1] ?? nothing)).message)
    }
  }
})

test.each([
  ['publication', 'load', { type: 'state', data: 1, position: '1' }, "use client.state('load')"],
  ['state', 'room/1', { type: 'publication', data: 1, position: '1', at: 1 }, "use client.topic('room/1')"],
] as const)(
  'Whoever listens for a %s of a topic that has none is told once',
  (event, topic, message, words) => {
    const onError = vi.fn()
    let answer: (message: ServerMessage) => void = nothing
    const call = (_: unknown, onAnswer: typeof answer) => {
      answer = onAnswer
      return true
    }
    const retry = { again: nothing, worked: nothing, cancel: nothing }
    const subscription = createSubscription(topic, {}, { call, retry, onError, isState: false })
    subscription.events.on(event, nothing)
    subscription.connected({ type: 'welcome', transport: 'websocket' })
    answer({ type: 'subscribed', topic })
    for (const position of ['1', '2']) subscription.receive({ ...message, topic, position } as Untyped)
    expect(onError.mock.calls.map(([error]) => error.message)).toEqual([expect.stringContaining(words)])
  },
)
