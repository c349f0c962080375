import { readFileSync } from 'node:fs'
import { RedisBroker, type RedisBrokerOptions } from '@bothways/redis'
import { RedisServer } from '@bothways/test-support/redis'
import { HubError } from 'bothways'
import { Redis as IoRedis } from 'ioredis'
import { createClient, RESP_TYPES } from 'redis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { brokerContract } from './contract.ts'
import { Listener } from './listener.ts'
import { requestOf } from './request.ts'

let server: RedisServer
beforeAll(async () => {
  const kept = ['--appendonly', 'yes', '--appendfsync', 'always']
  server = await RedisServer.start(...kept, '--repl-diskless-sync-delay', '0')
})

afterAll(() => server.end())

async function nodeRedis(at: RedisServer) {
  const client = createClient({ url: at.url, socket: { reconnectStrategy: 20 } })
  client.on('error', () => {})
  await client.connect()
  return client
}

let prefixes = 0
const newPrefix = () => `test${prefixes++}`

brokerContract('The Redis broker with node-redis', async () => {
  const client = await nodeRedis(server)
  const prefix = newPrefix()
  const broker = await RedisBroker.open({ client, prefix })
  const others: (() => Promise<void>)[] = []
  return {
    broker,
    async another() {
      const client = await nodeRedis(server)
      const broker = await RedisBroker.open({ client, prefix })
      const kill = async () => {
        await broker.close()
        client.destroy()
      }
      others.push(kill)
      return { broker, kill }
    },
    async snapshot() {
      const copies = new Map<string, Buffer>()
      const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
      for (const key of await client.keys(`${prefix}:*`)) copies.set(key, (await binary.dump(key)) as Buffer)
      return async () => {
        for (const key of await client.keys(`${prefix}:*`)) await client.del(key)
        for (const [key, copy] of copies) await client.sendCommand(['RESTORE', key, '0', copy])
      }
    },
    async end() {
      for (const kill of others) await kill().catch(() => {})
      await broker.close()
      await client.close()
    },
  }
})

brokerContract('The Redis broker with ioredis', async () => {
  const client = new IoRedis(server.port, { retryStrategy: () => 20, maxRetriesPerRequest: 5 })
  client.on('error', () => {})
  const broker = await RedisBroker.open({ client, prefix: newPrefix(), timeoutMs: 1000 })
  return {
    broker,
    async outage() {
      await server.kill()
      return () => server.start()
    },
    async end() {
      await broker.close()
      client.disconnect()
    },
  }
})

async function withBroker(
  at: RedisServer,
  work: (broker: RedisBroker, client: Awaited<ReturnType<typeof nodeRedis>>, prefix: string) => Promise<void>,
  options: Partial<RedisBrokerOptions> = {},
): Promise<void> {
  const client = await nodeRedis(at)
  const prefix = newPrefix()
  const broker = await RedisBroker.open({ client, prefix, ...options })
  try {
    await work(broker, client, prefix)
  } finally {
    await broker.close()
    client.destroy()
  }
}

test('What one process publishes reaches the other, members too, whichever client library it has', async () => {
  await withBroker(server, async (one, _, prefix) => {
    const client = new IoRedis(server.port)
    const other = await RedisBroker.open({ client, prefix })
    const listener = new Listener()
    await other.subscribe('a', listener)
    expect(await one.heads(['a', 'b'])).toEqual(await other.heads(['a', 'b']))
    const { position } = await one.publish(requestOf('你好', { user: 'Li\nSi' }))
    await one.join('a', { client: 'c1', data: { line: 'x\ny' } })
    await listener.until(2)
    expect(listener.said).toEqual(['"你好"', '+c1'])
    const { publications } = await other.history({ topic: 'a', last: 1, limit: 1 })
    expect(publications).toMatchObject([{ position, user: 'Li\nSi', data: '"你好"' }])
    expect(await other.members('a')).toEqual([{ client: 'c1', data: { line: 'x\ny' } }])
    await other.close()
    client.disconnect()
  })
})

test('A member whose lease has ended leaves, and everybody hears of it', async () => {
  await withBroker(server, async (broker, client, prefix) => {
    const listener = new Listener()
    await broker.subscribe('a', listener)
    await broker.join('a', { client: 'c1', data: 1 })
    const [key = ''] = await client.keys(`${prefix}:*:members`)
    await client.hSet(key, 'dead', '1 1 {"client":"dead","data":2}')
    expect((await broker.members('a')).map(({ client }) => client)).toEqual(['c1'])
    await listener.until(2)
    expect(listener.said).toEqual(['+c1', '-dead'])
  })
})

test('What others add to the keys of a topic is no publication and no member, and keeps nobody from theirs', async () => {
  await withBroker(server, async (broker, client, prefix) => {
    const publish = (data: string) => broker.publish(requestOf(data))
    const read = async (since?: string) => {
      const history = await broker.history({ topic: 'a', since, last: 100, limit: 2 })
      return { ...history, publications: history.publications.map(({ data }) => data) }
    }
    const { position: first } = await publish('one')
    const [stream = ''] = await client.keys(`${prefix}:*:stream`)
    const ours = ['c', 'check', 'p', '', 'a', String(Date.now()), 'u', '', 'd']
    // Between two: as many as are read at once, with fields of their own, of too few, and of a name that is none.
    for (const [at, fields] of [['x', '1'], [...ours, '1'], ours.slice(0, 8)].entries()) {
      await client.sendCommand(['XADD', stream, `1-${at + 1}`, ...fields])
    }
    const { position: second } = await publish('two')
    expect(await read(first)).toMatchObject({ publications: ['"two"'], head: second, recovered: true })
    expect(await read()).toMatchObject({ publications: ['"one"', '"two"'], head: second })
    // Behind the head, with the place that the next one needs, and with the time as its place.
    await client.sendCommand(['XADD', stream, '3-0', ...ours, 'no JSON'])
    await client.sendCommand(['XADD', stream, '*', 'x', '1'])
    expect(await read(first)).toMatchObject({ publications: ['"two"'], head: second, recovered: true })
    const { position: third } = await publish('three')
    expect(await read(first)).toMatchObject({ publications: ['"two"', '"three"'], head: third })
    // An entry that has been changed cannot be told: a subscriber that needs it hears of a gap.
    await client.del(stream)
    await client.sendCommand(['XADD', stream, '2-0', ...ours, 'no JSON'])
    await client.sendCommand(['XADD', stream, '3-0', ...ours, '"three"'])
    expect(await read(first)).toMatchObject({ publications: ['"three"'], recovered: false })
    await publish('four')

    await broker.join('a', { client: 'c1', data: 1 })
    const [members = ''] = await client.keys(`${prefix}:*:members`)
    const later = `${Date.now() + 60_000} 1 `
    for (const value of ['', 'x', '{"client":"x"}', `${later}no JSON`, `${later}null`, `${later}{}`]) {
      await client.hSet(members, `foreign ${value}`, value)
    }
    expect(await broker.members('a')).toEqual([{ client: 'c1', data: 1 }])

    const told: unknown[] = []
    broker.onWithdrawal(withdrawal => void told.push(withdrawal))
    await client.sendCommand(['XADD', `${prefix}:{withdrawals}`, '*', 'x', '1'])
    await client.sendCommand(['XADD', `${prefix}:{withdrawals}`, '*', 'kind', 'x', 'user', 'Li'])
    await broker.withdraw({ kind: 'revoke', user: 'Li' })
    await expect.poll(() => told).toEqual([{ kind: 'revoke', user: 'Li' }])
  })
})

test('What was withdrawn while a process was away reaches it when it is back', async () => {
  await withBroker(server, async (one, _, prefix) => {
    const client = new IoRedis(server.port)
    const other = await RedisBroker.open({ client, prefix })
    const told: string[] = []
    const heard = new Promise<void>(resolve => {
      other.onWithdrawal(({ kind, user }) => {
        told.push(`${kind} ${user}`)
        if (told.length === 2) resolve()
      })
    })
    await one.withdraw({ kind: 'revoke', user: 'u1' })
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await one.withdraw({ kind: 'disconnect', user: 'u2' })
    await heard
    expect(told).toEqual(['revoke u1', 'disconnect u2'])
    await other.close()
    client.disconnect()
  })
})

test('While Redis is away calls are unavailable; when it is back, subscribers are told, and scripts are loaded', async () => {
  const own = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
  try {
    const work = async (broker: RedisBroker, client: Awaited<ReturnType<typeof nodeRedis>>) => {
      const listener = new Listener()
      await broker.subscribe('a', listener)
      const { position } = await broker.publish(requestOf(1))
      await listener.until(1)
      await own.kill()
      await expect(broker.publish(requestOf(2))).rejects.toMatchObject({
        code: 'unavailable',
        retryable: true,
      })
      await own.start()
      for (let isBack = false; !isBack; ) {
        isBack = await broker.publish(requestOf(3)).then(
          () => true,
          () => false,
        )
      }
      const kept = await broker.history({ topic: 'a', since: position, last: 0, limit: 10 })
      expect([kept.recovered, kept.publications.at(-1)?.data]).toEqual([true, '3'])
      while (listener.restoredCount === 0) await new Promise(resolve => setTimeout(resolve, 5))
      expect(await client.ping()).toBe('PONG')
    }
    await withBroker(own, work, { timeoutMs: 200 })
  } finally {
    await own.end()
  }
})

test('Redis without memory is busy, a replica is unavailable, and both say so', async () => {
  const own = await RedisServer.start()
  try {
    await withBroker(own, async (broker, client) => {
      await broker.publish(requestOf(1))
      await client.configSet('maxmemory', '1')
      const full = broker.publish(requestOf(2))
      await expect(full).rejects.toMatchObject({ code: 'busy', retryable: true })
      await expect(full).rejects.toThrow('no memory left')
      await client.configSet('maxmemory', '0')
      await client.sendCommand(['REPLICAOF', '127.0.0.1', String(server.port)])
      while (!String(await client.sendCommand(['INFO', 'replication'])).includes('master_link_status:up')) {
        await new Promise(resolve => setTimeout(resolve, 20))
      }
      // The scripts are those of the other one now.
      while (!(await refusalOf(broker)).includes('READONLY'))
        await new Promise(resolve => setTimeout(resolve, 20))
      await client.sendCommand(['REPLICAOF', 'NO', 'ONE'])
      await broker.publish(requestOf(3))
    })
  } finally {
    await own.end()
  }
})

test('A Redis that is still loading its data is unavailable, says so, and goes on with what it has loaded', async () => {
  const own = await RedisServer.start('--enable-debug-command', 'yes')
  try {
    await withBroker(own, async (broker, client) => {
      for (let at = 0; at < 20; at++) await broker.publish(requestOf(at, { topic: `t${at}` }))
      await client.configSet({ 'key-load-delay': '20000', 'loading-process-events-interval-bytes': '1024' })
      const reloading = client.duplicate()
      await reloading.connect()
      const isLoaded = reloading.sendCommand(['DEBUG', 'RELOAD'])
      while (!(await refusalOf(broker)).includes('LOADING'))
        await new Promise(resolve => setTimeout(resolve, 5))
      await isLoaded
      await broker.publish(requestOf(20))
      const { publications } = await broker.history({ topic: 't19', last: 1, limit: 1 })
      expect(publications.map(({ data }) => data)).toEqual(['19'])
      reloading.destroy()
    })
  } finally {
    await own.end()
  }
})

/** The error's message for a publication that has to be tried again; empty when it was taken. */
async function refusalOf(broker: RedisBroker): Promise<string> {
  try {
    await broker.publish(requestOf('again'))
    return ''
  } catch (error) {
    expect(error).toMatchObject({ code: 'unavailable', retryable: true })
    return (error as Error).message
  }
}

test('A Redis that may throw away what it keeps is refused at the start, with the cure', async () => {
  const own = await RedisServer.start('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru')
  const client = await nodeRedis(own)
  try {
    await expect(RedisBroker.open({ client })).rejects.toThrow('Set maxmemory-policy noeviction.')
    await expect(RedisBroker.open({ client })).rejects.toBeInstanceOf(HubError)
  } finally {
    client.destroy()
    await own.end()
  }
})

test('A broker that lost everything does not know the positions of before', async () => {
  await withBroker(server, async (broker, client, prefix) => {
    const [begin] = await broker.heads(['a'])
    const { position } = await broker.publish(requestOf(1))
    for (const key of await client.keys(`${prefix}:*`)) await client.del(key)
    const again = await RedisBroker.open({ client, prefix })
    await again.publish(requestOf('other'))
    for (const since of [begin, position]) {
      expect((await again.history({ topic: 'a', since, last: 0, limit: 10 })).recovered).toBe(false)
    }
    await again.close()
  })
})

test('Of what somebody removes while it serves, nobody goes on where nothing is; members come again', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    await withBroker(server, async (broker, client, prefix) => {
      const listener = new Listener()
      const { head } = await broker.subscribe('a', listener)
      await broker.publish(requestOf(1))
      await broker.join('a', { client: 'c', data: 1 })
      for (const key of await client.keys(`${prefix}:*`)) await client.del(key)
      vi.advanceTimersByTime(10_000)
      while (listener.restoredCount === 0) await new Promise(resolve => setTimeout(resolve, 5))
      await broker.publish(requestOf(2))
      expect(await broker.history({ topic: 'a', since: head, last: 9, limit: 9 })).toMatchObject({
        recovered: false,
        publications: [{ data: '2' }],
      })
      while ((await broker.members('a')).length === 0) await new Promise(resolve => setTimeout(resolve, 5))
    })
  } finally {
    vi.useRealTimers()
  }
})

test('A topic of which a part was removed begins anew, and a key of another kind is told', async () => {
  await withBroker(server, async (broker, client, prefix) => {
    const { position = '' } = await broker.publish(requestOf(1))
    const [key = ''] = await client.keys(`${prefix}:*:topic`)
    await client.del(key)
    const read = async (since?: string) => await broker.history({ topic: 'a', since, last: 9, limit: 9 })
    expect((await read()).publications).toEqual([])
    expect((await read(position)).recovered).toBe(false)
    await broker.publish(requestOf(2))
    expect(await read(position)).toMatchObject({ recovered: false, publications: [{ data: '2' }] })
    await client.del(key)
    await client.set(key, 'mine')
    await expect(broker.publish(requestOf(3))).rejects.toThrow('Redis answers WRONGTYPE')
  })
})

test('A user of Redis who lacks a right is refused at the start, with the cure; those of the guide are enough', async () => {
  const own = await RedisServer.start()
  const admin = await nodeRedis(own)
  const clients: { destroy(): void }[] = [admin]
  const open = async (name: string, ...rights: string[]) => {
    await admin.sendCommand(['ACL', 'SETUSER', name, 'on', '>pw', ...rights])
    const client = createClient({ url: own.url, username: name, password: 'pw' })
    client.on('error', () => {})
    clients.push(client)
    await client.connect()
    return await RedisBroker.open({ client })
  }
  try {
    const guide = readFileSync(new URL('../../docs/how-to/several-servers.md', import.meta.url), 'utf8')
    const [, rights = ''] = /`(~bothways:\* [^`]*)`/.exec(guide) ?? []
    const broker = await open('little', ...rights.split(' '))
    const listener = new Listener()
    await broker.subscribe('a', listener)
    await broker.publish(requestOf(1, { history: { count: 1, ageMs: Number.POSITIVE_INFINITY } }))
    await broker.publish(requestOf(2, { key: { scope: 's', name: 'k' } }))
    await broker.join('a', { client: 'c', data: 1 })
    await listener.until(3)
    await broker.leave('a', 'c')
    await broker.withdraw({ kind: 'revoke', user: 'Ada' })
    expect(await broker.members('a')).toEqual([])
    await broker.close()
    const lacking = open('poor', '+@all', '-xadd', '-spublish', '~*', '&*')
    await expect(lacking).rejects.toThrow(
      'may not XADD, SPUBLISH below "bothways:". Let it, with ACL SETUSER: ',
    )
    await expect(open('other', '+@all', '~other:*', '&*')).rejects.toThrow('Redis answers NOPERM')
  } finally {
    for (const client of clients) client.destroy()
    await own.end()
  }
})

test('The beginning of a topic is good for half a day at least, and a topic that was forgotten begins another life', async () => {
  await withBroker(server, async (broker, client, prefix) => {
    const [begin = ''] = await broker.heads(['a'])
    const [, epoch = '', halfDay = ''] = /^(.*)-(\d+)\.0\.$/.exec(begin) ?? []
    const at = (past: number) => `${epoch}-${Number(halfDay) - past}.0.`
    const recovered = async (since: string) =>
      (await broker.history({ topic: 'a', since, last: 0, limit: 10 })).recovered
    const all = async () => [await recovered(begin), await recovered(at(1)), await recovered(at(2))]
    expect(await all()).toEqual([true, true, false])
    await expect(broker.publish(requestOf(0, { ifPosition: at(2) }))).rejects.toMatchObject({
      code: 'conflict',
    })
    const { position = '' } = await broker.publish(requestOf(1, { ifPosition: at(1) }))
    expect(await all()).toEqual([true, true, false])
    // As Redis does when a day has passed; it begins again in the half day of now, which is a later one then.
    const [key = ''] = await client.keys(`${prefix}:*:topic`)
    await client.hSet(key, 'epoch', `${epoch}-${Number(halfDay) - 4}`)
    const old = position.replace(`-${halfDay}.`, `-${Number(halfDay) - 4}.`)
    expect(await recovered(old)).toBe(true)
    for (const gone of await client.keys(`${prefix}:*`)) if (!gone.endsWith(':epoch')) await client.del(gone)
    await broker.publish(requestOf(2))
    expect([await recovered(old), await recovered(at(4)), await recovered(begin)]).toEqual([
      false,
      false,
      true,
    ])
  })
})

test('About 10,000 withdrawals are kept for processes that are away', async () => {
  await withBroker(server, async (broker, client, prefix) => {
    const stream = `${prefix}:{withdrawals}`
    const add = () => client.sendCommand(['XADD', stream, '*', 'kind', 'revoke', 'user', 'Li'])
    await Promise.all(Array.from({ length: 10_500 }, add))
    await broker.withdraw({ kind: 'revoke', user: 'Li' })
    expect(await client.xLen(stream)).toBeLessThan(10_200)
  })
})

test('What is no client is refused', async () => {
  const open = (options: object) => RedisBroker.open(options as RedisBrokerOptions)
  await expect(open({ client: {} })).rejects.toMatchObject({ code: 'BW_INVALID_OPTION' })
  await expect(open({ client: { call() {} }, prefix: 'a{b}' })).rejects.toMatchObject({
    code: 'BW_INVALID_OPTION',
  })
})

test('So many calls wait for Redis at most, and one more is busy at once', async () => {
  const calls: string[] = []
  let isAnswering = true
  const client = {
    call(command: string, ...args: string[]): Promise<unknown> {
      calls.push(command)
      if (command === 'INFO') return Promise.resolve(`redis_version:7.0.0\r\nmaxmemory:0\r\n`)
      if (command === 'XREVRANGE') return Promise.resolve([])
      if (command !== 'EVALSHA') return Promise.resolve(args[0])
      return isAnswering ? Promise.resolve([]) : new Promise(() => {})
    },
    on() {},
    disconnect() {},
    ssubscribe: async () => {},
    sunsubscribe: async () => {},
    duplicate: () => client,
  }
  const broker = await RedisBroker.open({ client, timeoutMs: 50 })
  isAnswering = false
  const waiting = Array.from({ length: 10_000 }, () => broker.publish(requestOf(1)))
  await expect(broker.publish(requestOf(1))).rejects.toMatchObject({ code: 'busy', retryable: true })
  const [first] = await Promise.allSettled(waiting)
  expect(first).toMatchObject({ reason: { code: 'unavailable' } })
  // Redis has still not answered.
  await expect(broker.publish(requestOf(1))).rejects.toMatchObject({ code: 'busy' })
  await broker.close()
})
