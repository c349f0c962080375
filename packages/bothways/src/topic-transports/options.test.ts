import { expect, test } from 'vitest'
import { createHub } from '../hub/create-hub.ts'
import { MemoryBroker } from '../hub/memory-broker.ts'
import { startWorkers } from '../workers/workers.ts'
import { TopicsHttp } from './topics-http.ts'
import { topicsRoute } from './topics-route.ts'

const hub = createHub()

test.each<[string, () => unknown, string]>([
  ['createHub', () => createHub({ userId: 'name' as never }), 'userId must be a function'],
  ['createHub', () => createHub({ broker: {} as never }), 'broker must be a broker, such as'],
  ['createHub', () => createHub({ maxDataBytes: 0 }), 'maxDataBytes must be a whole number of at least 1'],
  ['createHub', () => createHub({ topic: {} } as never), 'did you mean topics?'],
  ['a topic', () => hub.declare('a', { raw: 'yes' as never }), "raw must be true or false, got 'yes'"],
  [
    'a topic',
    () => hub.declare('a', { history: { count: 1 } as never }),
    'history.ageMs must be a whole number',
  ],
  ['TopicsHttp', () => new TopicsHttp(hub, { path: 'bothways' }), "path must be a path, such as '/bothways'"],
  ['TopicsHttp', () => new TopicsHttp(hub, { origins: ['example.com'] }), 'origins must be'],
  [
    'TopicsHttp',
    () => new TopicsHttp(hub, { authenticate: true as never }),
    'authenticate must be a function',
  ],
  ['topicsRoute', () => topicsRoute(hub, { helloTimeoutMs: 0 }), 'helloTimeoutMs must be a whole number'],
  ['topicsRoute', () => topicsRoute(hub, { timeoutMs: 1 } as never), 'did you mean helloTimeoutMs?'],
  [
    'MemoryBroker',
    () => new MemoryBroker({ keyWindowMs: 1_000 }),
    'keyWindowMs must be a whole number of at least 300000',
  ],
  ['MemoryBroker', () => new MemoryBroker({ maxKey: 1 } as never), 'did you mean maxKeys?'],
])('%s says what is wrong with an option: %3$s', (_, make, message) => {
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
