import { expect, test } from 'vitest'
import { MemoryBroker } from '../hub/broker/memory-broker.ts'
import { createHub } from '../hub/create-hub.ts'
import { startWorkers } from '../workers/workers.ts'
import { TopicsHttp } from './topics-http.ts'
import { topicsRoute } from './topics-route.ts'

const hub = createHub()

test.each<[what: string, message: string, make: () => unknown]>([
  ['createHub', 'userId must be a function', () => createHub({ userId: 'name' as never })],
  ['createHub', 'broker must be a broker, such as', () => createHub({ broker: {} as never })],
  ['createHub', 'maxDataBytes must be a whole number of at least 1', () => createHub({ maxDataBytes: 0 })],
  ['createHub', 'Unknown option topic of createHub', () => createHub({ topic: {} } as never)],
  ['a topic', "raw must be true or false, got 'yes'", () => hub.declare('a', { raw: 'yes' as never })],
  [
    'a topic',
    'history.ageMs must be a whole number',
    () => hub.declare('a', { history: { count: 1 } as never }),
  ],
  ['TopicsHttp', "path must be a path, such as '/bothways'", () => new TopicsHttp(hub, { path: 'bothways' })],
  ['TopicsHttp', 'origins must be', () => new TopicsHttp(hub, { origins: ['example.com'] })],
  [
    'TopicsHttp',
    'authenticate must be a function',
    () => new TopicsHttp(hub, { authenticate: true as never }),
  ],
  ['topicsRoute', 'helloTimeoutMs must be a whole number', () => topicsRoute(hub, { helloTimeoutMs: 0 })],
  ['topicsRoute', 'Unknown option helloTimeout', () => topicsRoute(hub, { helloTimeout: 1 } as never)],
  [
    'MemoryBroker',
    'keyWindowMs must be a whole number of at least 300000',
    () => new MemoryBroker({ keyWindowMs: 1 }),
  ],
  ['MemoryBroker', 'Unknown option maxKey of', () => new MemoryBroker({ maxKey: 1 } as never)],
])('%s refuses an option that is wrong: %s', (_, message, make) => {
  expect(make).toThrow(message)
})

test('startWorkers rejects an option that is wrong, before a process is started', async () => {
  await expect(startWorkers({ module: 1 as never })).rejects.toThrow(
    'module must be the path or the file: URL',
  )
  await expect(startWorkers({ module: 'a.js', broker: {} as never })).rejects.toThrow(
    'broker must be a broker',
  )
})
