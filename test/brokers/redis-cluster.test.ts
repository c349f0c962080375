import { RedisBroker } from '@bothways/redis'
import type { RedisServer } from '@bothways/test-support/redis'
import { commandOf, RedisCluster, waitFor } from '@bothways/test-support/redis-cluster'
import { Cluster, Redis as IoRedis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { slotOf } from '../../brokers/redis/src/key-slot.ts'
import { topicKeys } from '../../brokers/redis/src/topic-keys.ts'
import { brokerContract } from './contract.ts'
import { Listener } from './listener.ts'
import { requestOf } from './request.ts'

let cluster: RedisCluster

beforeAll(async () => {
  cluster = await RedisCluster.start()
}, 60_000)

afterAll(() => cluster.end())

let prefixes = 0
let prefix = ''

beforeEach(() => {
  prefix = `test${prefixes++}`
})

async function nodeRedisBroker(of = prefix, timeoutMs = 5000) {
  const client = createCluster({ rootNodes: cluster.rootNodes })
  client.on('error', () => {})
  await client.connect()
  const broker = await RedisBroker.open({ client, prefix: of, timeoutMs })
  const end = async () => {
    await broker.close()
    client.destroy()
  }
  return { broker, end }
}

async function ioRedisBroker(of = prefix, timeoutMs = 5000) {
  const client = new Cluster(cluster.masters.map(({ port }) => ({ host: '127.0.0.1', port })))
  client.on('error', () => {})
  const broker = await RedisBroker.open({ client, prefix: of, timeoutMs })
  const end = async () => {
    await broker.close()
    client.disconnect()
  }
  return { broker, end }
}

for (const [name, open] of [
  ['a cluster client of node-redis', nodeRedisBroker],
  ['a cluster client of ioredis', ioRedisBroker],
] as const) {
  brokerContract(`The Redis broker on three servers with ${name}`, async () => {
    const { broker, end } = await open()
    const others: (() => Promise<void>)[] = []
    const of = prefix
    return {
      broker,
      async another() {
        const { broker, end } = await open(of)
        others.push(end)
        return { broker, kill: end }
      },
      async end() {
        for (const end of others) await end()
        await end()
      },
    }
  })
}

/** Topics whose slots one server has. */
async function topicsOf(port: number, count: number): Promise<string[]> {
  const ranges = (await commandOf(cluster.masters[2] as never, 'CLUSTER', 'SLOTS')) as [
    number,
    number,
    [string, number],
  ][]
  const own = ranges.filter(([, , [, at]]) => at === port)
  const topics: string[] = []
  for (let at = 0; topics.length < count; at++) {
    const slot = slotOf(topicKeys(prefix, `t${at}`).topic)
    if (own.some(([from, to]) => slot >= from && slot <= to)) topics.push(`t${at}`)
  }
  return topics
}

const history = { count: 10_000, ageMs: 3_600_000 }

/** Until it is taken. */
async function publishAgain(broker: RedisBroker, topic: string, data: unknown): Promise<void> {
  for (;;) {
    try {
      await broker.publish(requestOf(data, { topic, history, key: { name: String(data), scope: 'me' } }))
      return
    } catch (error) {
      expect(error).toMatchObject({ code: 'unavailable', retryable: true })
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}

test('A plain client of one server is enough: topics are on all of them, whichever client library it is of', async () => {
  const clients = [
    createClient({ url: cluster.masters[0]?.url as string }),
    new IoRedis(cluster.masters[1]?.port as number),
  ] as const
  await clients[0].connect()
  const one = await RedisBroker.open({ client: clients[0], prefix })
  const other = await RedisBroker.open({ client: clients[1], prefix })
  for (const { port } of cluster.masters) {
    const [topic = ''] = await topicsOf(port, 1)
    const listener = new Listener()
    await other.subscribe(topic, listener)
    await one.publish(requestOf(1, { topic }))
    await one.join(topic, { client: 'c', data: 1 })
    await listener.until(2)
    expect(listener.said).toEqual(['1', '+c'])
    const client = createClient({ url: `redis://127.0.0.1:${port}` })
    await client.connect()
    expect(await client.exists(topicKeys(prefix, topic).stream)).toBe(1)
    client.destroy()
  }
  for (const broker of [one, other]) await broker.close()
  clients[0].destroy()
  clients[1].disconnect()
})

/** Publishes on until each has heard the newest: from there on everything comes. */
async function untilHeard(broker: RedisBroker, topic: string, listeners: readonly Listener[]): Promise<void> {
  for (let at = 1000; ; at++) {
    await publishAgain(broker, topic, at)
    for (let turn = 0; turn < 20; turn++) {
      if (listeners.every(({ said }) => said.at(-1) === String(at))) return
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
}

/** Nothing twice, and everything in the order of the history. */
async function expectInOrder(
  broker: RedisBroker,
  topic: string,
  listeners: readonly Listener[],
): Promise<void> {
  const { publications } = await broker.history({ topic, last: 10_000, limit: 10_000 })
  const all = publications.map(({ data }) => data)
  for (const { said } of listeners) expect(all.filter(data => said.includes(data))).toEqual(said)
}

test('A slot that moves to another server while there is publishing loses nothing, doubles nothing and keeps the order', async () => {
  const [, from, to] = cluster.masters as [RedisServer, RedisServer, RedisServer]
  const brokers = [await nodeRedisBroker(), await ioRedisBroker()]
  const [one, other] = brokers.map(({ broker }) => broker) as [RedisBroker, RedisBroker]
  const [topic = ''] = await topicsOf(from.port, 1)
  const listeners = [new Listener(), new Listener()]
  for (const [at, { broker }] of brokers.entries()) await broker.subscribe(topic, listeners[at] as Listener)
  for (let at = 0; at < 10; at++) await publishAgain(one, topic, at)

  const slot = String(slotOf(topicKeys(prefix, topic).topic))
  const ids = await Promise.all([from, to].map(server => commandOf(server, 'CLUSTER', 'MYID')))
  await commandOf(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(ids[0]))
  await commandOf(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(ids[1]))
  const keys = (await commandOf(from, 'CLUSTER', 'GETKEYSINSLOT', slot, '1000')) as string[]
  await commandOf(from, 'MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys)
  // ASK: keys are read where they are by now, and a publication has to be made again.
  for (const broker of [one, other]) {
    const { publications } = await broker.history({ topic, last: 100, limit: 100 })
    expect(publications.map(({ data }) => data)).toEqual(Array.from({ length: 10 }, (_, at) => String(at)))
    const tooEarly = broker.publish(requestOf('too early', { topic }))
    await expect(tooEarly).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await expect(tooEarly).rejects.toThrow(/ASK|TRYAGAIN/)
  }
  for (const server of [to, from]) await commandOf(server, 'CLUSTER', 'SETSLOT', slot, 'NODE', String(ids[1]))

  // MOVED: of many at once none overtakes another.
  for (const [at, broker] of [one, other].entries()) {
    for (let next = 100 * (at + 1); next % 100 < 50; ) {
      const window = Array.from({ length: 10 }, (_, at) =>
        broker.publish(requestOf(next + at, { topic, history })),
      )
      const isTaken = (await Promise.allSettled(window)).map(({ status }) => status === 'fulfilled')
      expect(isTaken).toEqual(isTaken.toSorted((one, other) => Number(other) - Number(one)))
      next += isTaken.filter(it => it).length
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
  await untilHeard(one, topic, listeners)
  await expectInOrder(one, topic, listeners)
  for (const { end } of brokers) await end()
}, 60_000)

test('When a replica takes over, on request or because its master was killed, publishing goes on, and everything comes again', async () => {
  const [first] = cluster.masters as [RedisServer]
  const brokers = [await nodeRedisBroker(prefix, 500), await ioRedisBroker(prefix, 500)]
  const [one, other] = brokers.map(({ broker }) => broker) as [RedisBroker, RedisBroker]
  const [topic = ''] = await topicsOf(first.port, 1)
  const listeners = [new Listener(), new Listener()]
  for (const [at, { broker }] of brokers.entries()) await broker.subscribe(topic, listeners[at] as Listener)
  await cluster.replicated()
  for (const [at, fail] of [
    () => commandOf(cluster.replica, 'CLUSTER', 'FAILOVER'),
    async () => {
      await cluster.replica.kill()
      // As the others would decide after 15 s.
      await commandOf(first, 'CLUSTER', 'FAILOVER', 'TAKEOVER')
    },
  ].entries()) {
    const restored = listeners.map(({ restoredCount }) => restoredCount)
    await publishAgain(one, topic, at)
    await waitFor(async () => (await other.heads([topic]))[0] === (await one.heads([topic]))[0])
    await fail()
    await publishAgain(one, topic, 10 + at)
    await publishAgain(other, topic, 20 + at)
    await waitFor(async () => listeners.every(({ restoredCount }, at) => restoredCount > (restored[at] ?? 0)))
    await untilHeard(other, topic, listeners)
    await expectInOrder(one, topic, listeners)
    listeners.forEach(({ said }) => {
      said.length = 0
    })
  }
  await cluster.replica.start()
  for (const { end } of brokers) await end()
}, 60_000)

test('A cluster that has no server for a slot, or one that is killed and started again, is unavailable, and says why', async () => {
  const [, second] = cluster.masters as [RedisServer, RedisServer]
  const { broker, end } = await nodeRedisBroker(prefix, 500)
  const [topic = ''] = await topicsOf(second.port, 1)
  const listener = new Listener()
  await broker.subscribe(topic, listener)
  await publishAgain(broker, topic, 1)
  const slot = String(slotOf(topicKeys(prefix, topic).topic))
  await commandOf(second, 'CLUSTER', 'DELSLOTS', slot)
  const refused = broker.publish(requestOf(2, { topic }))
  await expect(refused).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  await expect(refused).rejects.toThrow('CLUSTERDOWN')
  await commandOf(second, 'CLUSTER', 'ADDSLOTS', slot)
  await publishAgain(broker, topic, 2)

  await second.kill()
  await expect(broker.publish(requestOf(3, { topic }))).rejects.toMatchObject({ code: 'unavailable' })
  const { restoredCount } = listener
  await second.start()
  await waitFor(async () => listener.restoredCount > restoredCount)
  await untilHeard(broker, topic, [listener])
  await end()
}, 60_000)
