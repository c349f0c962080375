import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NatsBroker, type NatsBrokerOptions } from '@bothways/nats'
import { NatsServer } from '@bothways/test-support/nats'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { brokerContract } from './contract.ts'
import { Listener } from './listener.ts'
import { requestOf } from './request.ts'

let server: NatsServer

beforeAll(async () => {
  server = await NatsServer.start()
})

afterAll(async () => {
  await server.end()
})

const connectTo = (at: NatsServer) =>
  connect({ servers: at.url, reconnectTimeWait: 20, maxReconnectAttempts: -1 })

let prefixes = 0
const newPrefix = () => `test${prefixes++}`
const small = { maxHistoryBytes: 4 * 1024 * 1024 }

brokerContract('The NATS broker', async () => {
  const connection = await connectTo(server)
  const prefix = newPrefix()
  const broker = await NatsBroker.open({ connection, headers, prefix, ...small })
  const others: (() => Promise<void>)[] = []
  return {
    broker,
    async another() {
      const connection = await connectTo(server)
      const broker = await NatsBroker.open({ connection, headers, prefix, ...small })
      const kill = () => connection.close()
      others.push(kill)
      return { broker, kill }
    },
    async end() {
      for (const kill of others) await kill()
      await broker.close()
      await connection.close()
    },
  }
})

brokerContract('The NATS broker, whose server goes and comes', async () => {
  const own = await NatsServer.start()
  const connection = await connectTo(own)
  const broker = await NatsBroker.open({ connection, headers, timeoutMs: 1000, ...small })
  return {
    broker,
    async outage() {
      await own.kill()
      return () => own.start()
    },
    async snapshot() {
      await own.kill()
      const putBack = own.copy()
      await own.start()
      await back(connection)
      return async () => {
        await own.kill()
        putBack()
        await own.start()
        await back(connection)
      }
    },
    async end() {
      await broker.close()
      await connection.close()
      await own.end()
    },
  }
})

/** Waits until a connection stands again. */
async function back(connection: NatsConnection): Promise<void> {
  for await (const { type } of connection.status()) if (type === 'reconnect') return
}

async function withBrokers(
  work: (one: NatsBroker, other: NatsBroker, connection: NatsConnection, prefix: string) => Promise<void>,
  options: Partial<NatsBrokerOptions> = {},
): Promise<void> {
  const [connection, another] = await Promise.all([connectTo(server), connectTo(server)])
  const prefix = newPrefix()
  const one = await NatsBroker.open({ connection, headers, prefix, ...small, ...options })
  const other = await NatsBroker.open({ connection: another, headers, prefix, ...small })
  try {
    await work(one, other, connection, prefix)
  } finally {
    await one.close()
    await other.close()
    await connection.close()
    await another.close()
  }
}

test('What others publish beside the brokers is no publication, and no name is too strange for NATS', async () => {
  await withBrokers(async (one, other, connection, prefix) => {
    const topic = 'a.b > *你好 c'
    const listener = new Listener()
    await other.subscribe(topic, listener)
    const word = Buffer.from(topic).toString('base64url')
    for (const kind of ['p', 'j', 'l', 'x']) connection.publish(`${prefix}.live.${word}.${kind}`, 'not JSON')
    const { position } = await one.publish(requestOf('你好', { topic, user: 'Li\nSi\ud800' }))
    await one.join(topic, { client: 'c 1', data: { line: 'x\ny' } })
    await listener.until(2)
    expect(listener.said).toEqual(['"你好"', '+c 1'])
    const { publications } = await other.history({ topic, last: 1, limit: 1 })
    expect(publications).toMatchObject([{ position, user: 'Li\nSi\ud800', data: '"你好"' }])
    expect(await other.members(topic)).toEqual([{ client: 'c 1', data: { line: 'x\ny' } }])
  })
})

test('What others store among the publications, members and leases is none, and keeps nobody from theirs', async () => {
  await withBrokers(async (one, other, connection, prefix) => {
    const { position: first } = await one.publish(requestOf('one'))
    const word = Buffer.from('a').toString('base64url')
    const store = async (subject: string, data: string, text?: string) => {
      const stamp = headers()
      if (text !== undefined) stamp.set('Bothways', text)
      await connection.request(subject, data, { headers: stamp, timeout: 30_000 })
    }
    const log = `${prefix}.log.${word}`
    const read = async (since?: string) => {
      const history = await other.history({ topic: 'a', since, last: 100, limit: 2 })
      return { ...history, publications: history.publications.map(({ data }) => data) }
    }
    // As many as are read at once: without a stamp, with one that is none, with data that are none.
    const foreign = async () => {
      await store(log, '1')
      await store(log, '1', 'x')
      await store(log, 'no JSON', 'check 1 100 600000 -')
    }
    await foreign()
    expect(await read(first)).toMatchObject({ publications: [], head: first, recovered: true })
    await foreign()
    const { position: second } = await one.publish(requestOf('two', { ifPosition: first }))
    await foreign()
    expect(await read(first)).toMatchObject({ publications: ['"two"'], head: second, recovered: true })
    expect(await read()).toMatchObject({ publications: ['"one"', '"two"'], head: second })

    await one.join('a', { client: 'c1', data: 1 })
    const bucket = `$KV.${prefix}-presence`
    for (const data of ['no JSON', 'null', '{}', '{"member":{}}', '{"member":{"client":"x"}}']) {
      await store(`${bucket}.member.${word}.foreign.${Buffer.from(data).toString('base64url')}`, data)
    }
    await store(`${bucket}.lease.foreign`, 'no time')
    expect(await other.members('a')).toEqual([{ client: 'c1', data: 1 }])
  })
})

test('What NATS keeps has its bounds', async () => {
  await withBrokers(
    async (_one, _other, connection, prefix) => {
      const boundsOf = async (stream: string) => {
        const { data } = await connection.request(`$JS.API.STREAM.INFO.${stream}`)
        const { config } = JSON.parse(new TextDecoder().decode(data)) as { config: Record<string, unknown> }
        return config
      }
      const MiB = 1024 * 1024
      expect(await boundsOf(`${prefix}-withdrawals`)).toMatchObject({
        max_msgs: 10_000,
        max_age: 24 * 3_600 * 1e9,
        max_bytes: 16 * MiB,
      })
      expect(await boundsOf(`${prefix}-once`)).toMatchObject({ max_bytes: 64 * MiB })
      expect(await boundsOf(`${prefix}-log`)).toMatchObject({ max_bytes: 65 * MiB })
      expect(await boundsOf(`${prefix}-state`)).toMatchObject({ max_bytes: 65 * MiB })
      expect(await boundsOf(`KV_${prefix}-presence`)).toMatchObject({ max_bytes: 256 * MiB })
    },
    { maxHistoryBytes: 65 * 1024 * 1024 },
  )
})

test('A process whose lease has ended takes its members along, for everybody', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    await withBrokers(async (one, other, connection, prefix) => {
      const listener = new Listener()
      await one.subscribe('a', listener)
      await one.members('a')
      await one.join('a', { client: 'c1', data: 1 })
      const dying = await connectTo(server)
      const third = await NatsBroker.open({ connection: dying, headers, prefix, ...small })
      await third.join('a', { client: 'c2', data: 2 })
      await listener.until(2)
      await dying.close()
      await third.close()
      // The steps of a process that finds the lease ended.
      const stream = `KV_${prefix}-presence`
      const found = await connection.request(
        `$JS.API.STREAM.MSG.GET.${stream}`,
        JSON.stringify({
          last_by_subj: `$KV.${prefix}-presence.member.*.*.${Buffer.from('c2').toString('base64url')}`,
        }),
        { timeout: 1000 },
      )
      const [, process = ''] = /member\.\w+\.([\w-]+)\./.exec(found.string()) ?? []
      const filter = JSON.stringify({ filter: `$KV.${prefix}-presence.lease.${process}` })
      await connection.request(`$JS.API.STREAM.PURGE.${stream}`, filter, { timeout: 1000 })
      vi.advanceTimersByTime(10_000)
      await listener.until(3)
      expect(listener.said).toEqual(['+c1', '+c2', '-c2'])
      expect((await other.members('a'))[0]).toEqual({ client: 'c1', data: 1 })
    })
  } finally {
    vi.useRealTimers()
  }
})

test('What was withdrawn while a process was away reaches it when it is back', async () => {
  const own = await NatsServer.start()
  const [connection, another] = await Promise.all([connectTo(own), connectTo(own)])
  const one = await NatsBroker.open({ connection, headers, ...small })
  const other = await NatsBroker.open({ connection: another, headers, ...small })
  const told: string[] = []
  const heard = new Promise<void>(resolve => {
    other.onWithdrawal(({ kind, user }) => {
      told.push(`${kind} ${user}`)
      if (told.length === 2) resolve()
    })
  })
  await one.withdraw({ kind: 'revoke', user: 'u1' })
  await own.kill()
  await own.start()
  for (let isBack = false; !isBack; ) {
    isBack = await one.withdraw({ kind: 'disconnect', user: 'u2' }).then(
      () => true,
      () => new Promise<boolean>(resolve => setTimeout(() => resolve(false), 20)),
    )
  }
  await heard
  expect(told).toEqual(['revoke u1', 'disconnect u2'])
  for (const broker of [one, other]) await broker.close()
  for (const connected of [connection, another]) await connected.close()
  await own.end()
})

test('A longer history than all before makes the log keep more, at once and for all processes', async () => {
  await withBrokers(async (one, other) => {
    const long = { history: { count: 1500, ageMs: 3 * 86_400_000 } }
    const publishing = Array.from({ length: 1200 }, (_, at) => one.publish(requestOf(at, long)))
    await Promise.all(publishing)
    const { publications } = await other.history({ topic: 'a', last: 2000, limit: 2000 })
    expect(publications.map(({ data }) => Number(data))).toEqual(Array.from({ length: 1200 }, (_, at) => at))
    // A process that asks for less does not take it back.
    await other.publish(requestOf('less', { topic: 'b' }))
    expect((await one.history({ topic: 'a', last: 2000, limit: 2000 })).publications).toHaveLength(1200)
  })
})

test('The log without room is busy, and so are too many calls at once', async () => {
  await withBrokers(
    async one => {
      const big = 'x'.repeat(200_000)
      const results: string[] = []
      for (let at = 0; at < 8; at++) {
        results.push(
          await one.publish(requestOf(big)).then(
            () => 'stored',
            ({ code }) => code,
          ),
        )
      }
      expect(results.slice(0, 3)).toEqual(['stored', 'stored', 'stored'])
      expect(results.at(-1)).toBe('busy')
    },
    { maxHistoryBytes: 1024 * 1024 },
  )
})

test('So many calls wait for NATS at most, and one more is busy at once', async () => {
  const info = {
    created: '2026-01-01T00:00:00Z',
    config: { max_age: 0, max_msgs_per_subject: -1 },
    state: { last_seq: 0 },
  }
  const answerTo = (subject: string): object | undefined => {
    if (subject.startsWith('$JS.API.CONSUMER')) return { name: 'c', num_pending: 0 }
    if (subject.startsWith('$JS.API')) return info
    return subject.startsWith('$KV') ? { seq: 1 } : undefined
  }
  let hear = (_error: null, _message: object): void => {}
  const connection = {
    info: { version: '2.9.0' },
    publish(subject: string, _data: string, { reply }: { reply?: string } = {}) {
      const answer = answerTo(subject)
      if (reply === undefined || answer === undefined) return
      queueMicrotask(() => hear(null, { subject: reply, data: Buffer.from(JSON.stringify(answer)) }))
    },
    async *requestMany() {},
    subscribe(subject: string, { callback }: { callback: typeof hear }) {
      if (subject.startsWith('_INBOX.')) hear = callback
      return { unsubscribe() {} }
    },
    flush: async () => {},
    async *status() {},
  }
  const broker = await NatsBroker.open({ connection: connection as never, headers, timeoutMs: 50 })
  for (let at = 0; at < 10_000; at++) broker.publish(requestOf(1)).catch(() => {})
  await expect(broker.publish(requestOf(1))).rejects.toMatchObject({ code: 'busy', retryable: true })
  await broker.close()
})

test('Streams that somebody removes are made again: nobody goes on where nothing is, and members come again', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    await withBrokers(async (one, _, connection, prefix) => {
      const listener = new Listener()
      const { head } = await one.subscribe('a', listener)
      await one.publish(requestOf(1))
      await one.join('a', { client: 'c', data: 1 })
      for (const stream of [`${prefix}-log`, `KV_${prefix}-presence`])
        await connection.request(`$JS.API.STREAM.DELETE.${stream}`)
      vi.advanceTimersByTime(10_000)
      while (listener.restoredCount === 0) await new Promise(resolve => setTimeout(resolve, 5))
      await one.publish(requestOf(2))
      expect(await one.history({ topic: 'a', since: head, last: 9, limit: 9 })).toMatchObject({
        recovered: false,
        publications: [{ data: '2' }],
      })
      expect(await one.members('a')).toEqual([{ client: 'c', data: 1 }])
    })
  } finally {
    vi.useRealTimers()
  }
})

test('What is longer than NATS takes is too large, and not to be tried again', async () => {
  await withBrokers(async one => {
    const long = one.publish(requestOf('x'.repeat(2 * 1024 * 1024)))
    await expect(long).rejects.toMatchObject({ code: 'too_large', retryable: false })
    await one.publish(requestOf(1))
  })
})

test('What the user may not do on NATS is told at once, and ends nothing else', async () => {
  const own = await NatsServer.start()
  await own.kill()
  const folder = mkdtempSync(join(tmpdir(), 'bothways-nats-'))
  const file = join(folder, 'nats.conf')
  const users = {
    silent: 'publish: { deny: ["bothways.log.>"] }',
    deaf: 'subscribe: { deny: ["bothways.live.>"] }',
    outside: 'publish: { deny: ["$JS.API.>"] }',
  }
  const lines = Object.entries(users).map(
    ([user, rights]) => `{ user: ${user}, password: p, permissions: { ${rights} } }`,
  )
  writeFileSync(
    file,
    `jetstream { store_dir: "${folder}/store" }\nauthorization { users: [ ${lines.join(', ')} ] }`,
  )
  await own.start('-c', file)
  const brokers: NatsBroker[] = []
  const connections: NatsConnection[] = []
  const open = async (user: string) => {
    const connection = await connect({ servers: own.url, user, pass: 'p' })
    connections.push(connection)
    // Longer than the test: nothing of this is to wait for its end.
    const broker = await NatsBroker.open({ connection, headers, timeoutMs: 600_000, ...small })
    brokers.push(broker)
    return broker
  }
  const no = (subject: string) => new RegExp(`NATS does not allow it: .*"${subject}`)
  await expect(open('outside')).rejects.toThrow(no('\\$JS.API'))
  const silent = await open('silent')
  const listener = new Listener()
  await silent.subscribe('a', listener)
  await expect(silent.publish(requestOf(1))).rejects.toThrow(no('bothways.log.'))
  const deaf = await open('deaf')
  await expect(deaf.subscribe('a', new Listener())).rejects.toThrow(no('bothways.live.'))
  await expect(deaf.subscribe('a', new Listener())).rejects.toThrow(no('bothways.live.'))
  await deaf.publish(requestOf(2))
  await listener.until(1)
  expect((await deaf.history({ topic: 'a', last: 1, limit: 1 })).publications).toMatchObject([{ data: '2' }])
  for (const broker of brokers) await broker.close()
  for (const connection of connections) await connection.close()
  await own.end()
  rmSync(folder, { recursive: true, force: true })
})

test('A server without JetStream, and one that is too old, are refused at the start, with what is missing', async () => {
  const own = await NatsServer.start()
  await own.kill()
  await own.start('--name', 'plain')
  const connection = await connectTo(own)
  await expect(NatsBroker.open({ connection, headers })).rejects.toThrow('nobody answers for JetStream')
  const old = Object.create(connection, { info: { value: { version: '2.8.4' } } }) as NatsConnection
  await expect(NatsBroker.open({ connection: old, headers })).rejects.toThrow(
    'NATS 2.9 or later is needed; this server is version 2.8.4.',
  )
  await connection.close()
  await own.end()
})

test('What is no connection, no function and no prefix is refused', async () => {
  const open = (options: object) => NatsBroker.open(options as NatsBrokerOptions)
  await expect(open({ connection: {}, headers })).rejects.toMatchObject({ code: 'BW_INVALID_OPTION' })
  const connection = { requestMany() {} }
  await expect(open({ connection })).rejects.toMatchObject({ code: 'BW_INVALID_OPTION' })
  await expect(open({ connection, headers, prefix: 'a.b' })).rejects.toMatchObject({
    code: 'BW_INVALID_OPTION',
  })
  await expect(open({ connection, headers, prefx: 'a' })).rejects.toMatchObject({ code: 'BW_UNKNOWN_OPTION' })
})
