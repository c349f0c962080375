import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { MemoryBroker } from '../hub/broker/memory-broker.ts'
import { BrokerHost } from './broker-host.ts'
import { ChannelBroker } from './channel-broker.ts'
import type { Answer, Call } from './messages.ts'
import { workerBroker } from './worker.ts'
import { startWorkers } from './workers.ts'

const history = { count: 10, ageMs: 60_000 }

function pair(broker = new MemoryBroker(), room = () => true) {
  const errors: unknown[] = []
  const host: BrokerHost = new BrokerHost(
    broker,
    {
      send(answer) {
        setImmediate(() => worker.receive(JSON.parse(JSON.stringify(answer)) as Answer))
        return true
      },
      release() {},
    },
    error => errors.push(error),
  )
  const worker = new ChannelBroker(
    {
      send(call) {
        if (!room()) return false
        setImmediate(() => host.receive(JSON.parse(JSON.stringify(call)) as Call))
        return true
      },
      release() {},
    },
    broker.keyWindowMs,
  )
  return { broker, host, worker, errors }
}

test('When a worker has ended its members leave, and nothing is told to it any more', async () => {
  const { broker, host, worker } = pair()
  const left: string[] = []
  await broker.subscribe('room', {
    onPublication() {},
    onJoined() {},
    onLeft: (topic, client) => left.push(`${client} of ${topic}`),
    onRestored() {},
  })
  await worker.join('room', { client: 'a', data: 1 })
  await worker.join('room', { client: 'b', data: 2 })
  await worker.join('hall', { client: 'b', data: 2 })
  await worker.leave('room', 'a')
  await host.end()
  expect(left).toEqual(['a of room', 'b of room'])
  expect(await broker.members('hall')).toEqual([])
})

test('What the broker refuses has its code at the worker, and what it throws else stays in the primary', async () => {
  const broker = new MemoryBroker({ maxTopics: 1 })
  const { worker, errors } = pair(broker)
  const publish = (topic: string) =>
    worker.publish({
      topic,
      data: '1',
      user: undefined,
      history,
      isState: false,
      key: undefined,
      ifPosition: undefined,
    })
  await publish('a')
  await expect(publish('b')).rejects.toMatchObject({ name: 'HubError', code: 'busy', retryable: true })
  broker.members = () => Promise.reject(new Error('secret'))
  await expect(worker.members('a')).rejects.toMatchObject({ code: 'internal', message: 'The server failed.' })
  expect(errors).toEqual([new Error('secret')])
})

test('Calls that are unanswered when the primary goes fail as unavailable, and so do later ones', async () => {
  const { worker } = pair()
  const heads = worker.heads(['a'])
  worker.leaveAlone()
  await expect(heads).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  await expect(worker.heads(['a'])).rejects.toMatchObject({ code: 'unavailable' })
  await nextTurn()
})

test('A call for which the channel has no room fails as busy', async () => {
  const { worker } = pair(new MemoryBroker(), () => false)
  await expect(worker.heads(['a'])).rejects.toMatchObject({ code: 'busy', retryable: true })
})

test('workerBroker says where it belongs, and startWorkers what it takes', async () => {
  expect(() => workerBroker()).toThrow(/is for processes that startWorkers\(\) has started/)
  await expect(startWorkers({} as never)).rejects.toMatchObject({ code: 'BW_INVALID_OPTION' })
  await expect(startWorkers({ module: 'x.js', count: 0 })).rejects.toMatchObject({
    code: 'BW_INVALID_OPTION',
  })
  await expect(startWorkers({ module: 'x.js', workers: 2 } as never)).rejects.toMatchObject({
    code: 'BW_UNKNOWN_OPTION',
  })
})
