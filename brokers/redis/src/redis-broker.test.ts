import { expect, test } from 'vitest'
import { RedisBroker } from './redis-broker.ts'
import type { NodeRedisClient } from './redis-client.ts'

/** A client of node-redis whose server answers what it is told to. */
function fakeRedis() {
  const channels = new Set<string>()
  const answers: Record<string, (...args: string[]) => unknown> = {
    INFO: () => 'redis_version:7.2.0\r\n',
    XREVRANGE: () => [],
    EVALSHA: () => [],
    GET: () => 'epoch',
    HMGET: () => [null, null, null],
  }
  const client: NodeRedisClient = {
    sendCommand: async ([command = '', ...args]) => answers[command]?.(...args),
    duplicate: () => client,
    connect: async () => undefined,
    sSubscribe: async channel => channels.add(channel),
    sUnsubscribe: async channel => channels.delete(channel),
    on: () => undefined,
    destroy: () => undefined,
  }
  return { answers, channels, client }
}

const events = () => ({ onPublication() {}, onJoined() {}, onLeft() {}, onRestored() {} })

test('A subscription whose head is not answered leaves no channel behind', async () => {
  const { answers, channels, client } = fakeRedis()
  const broker = await RedisBroker.open({ client })
  const before = new Set(channels)
  const { unsubscribe } = await broker.subscribe('t', events())
  const { HMGET } = answers
  answers.HMGET = () => {
    throw new Error('LOADING')
  }
  await expect(broker.subscribe('t', events())).rejects.toThrow('LOADING')
  expect(channels.size).toBe(before.size + 1)
  unsubscribe()
  expect(channels).toEqual(before)
  await expect(broker.subscribe('t', events())).rejects.toThrow('LOADING')
  expect(channels).toEqual(before)
  answers.HMGET = HMGET as () => unknown
  await broker.subscribe('t', events())
  expect(channels.size).toBe(before.size + 1)
  await broker.close()
})

test('Calls that Redis has not answered fail when the broker is closed, and so do later ones', async () => {
  const { answers, client } = fakeRedis()
  const broker = await RedisBroker.open({ client, timeoutMs: 600_000 })
  answers.HMGET = () => new Promise(() => {})
  const waiting = broker.heads(['t'])
  const subscribing = broker.subscribe('t', events())
  await new Promise(setImmediate)
  await broker.close()
  for (const call of [waiting, subscribing, broker.heads(['t']), broker.subscribe('t', events())])
    await expect(call).rejects.toMatchObject({ code: 'unavailable' })
})
