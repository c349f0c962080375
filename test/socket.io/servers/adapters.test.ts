import { fileURLToPath } from 'node:url'
import { type Child, startChild } from '@bothways/test-support/child'
import { RedisServer } from '@bothways/test-support/redis'
import { nextEvent as next, type SocketIoClient } from '@bothways/test-support/socket-io-clients'
import { SocketIoStage } from '@bothways/test-support/socket-io-stage'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'

// npm's adapters join servers of npm's and of ours. Needs the built packages, as npm test makes them.

const stage = new SocketIoStage()
let redis: RedisServer

beforeAll(async () => {
  redis = await RedisServer.start()
})

afterEach(() => stage.clear())

afterAll(() => redis.end())

async function start(program: string, ...args: string[]): Promise<Child> {
  const path = fileURLToPath(new URL(program, import.meta.url))
  const child = await startChild(process.execPath, [path, ...args])
  onTestFinished(async () => void (await child.stop('SIGKILL')))
  return child
}

function ask<Answer>(client: SocketIoClient, event: string, ...args: unknown[]): Promise<Answer> {
  return new Promise(resolve => client.emit(event, ...args, resolve))
}

async function connected(
  url: string,
  options: object = { transports: ['websocket'] },
): Promise<SocketIoClient> {
  const client = stage.connect(url, { multiplex: false, ...options })
  await next(client, 'connect')
  return client
}

const [ours, npms] = ['@bothways/socket.io', 'socket.io']

interface Answers {
  readonly error?: string
  readonly answers: readonly string[]
}

/** Two servers of ours and one of npm's. @returns their addresses */
async function servers(adapter: string): Promise<string[]> {
  const kinds = [ours, ours, npms]
  const all = await Promise.all(kinds.map(kind => start('adapter-server.mjs', kind, adapter, redis.url)))
  return all.map(({ firstLine }) => `http://127.0.0.1:${firstLine}`)
}

/** Clients at two workers of ours, behind npm's sticky sessions. */
async function clientsOfWorkers(): Promise<SocketIoClient[]> {
  const { firstLine } = await start('adapter-workers.mjs', ours)
  const url = `http://127.0.0.1:${firstLine}`
  // A poll may be faster than the worker's news of its session, and is refused then.
  const one = await connected(url, { transports: ['polling'], reconnection: true })
  const pid = await ask<number>(one, 'pid')
  for (;;) {
    const other = await connected(url)
    if ((await ask<number>(other, 'pid')) !== pid) return [one, other]
    other.disconnect()
  }
}

/** Adapters learn of each other in the background. */
async function knowEachOther(clients: readonly SocketIoClient[]): Promise<void> {
  const pids = await Promise.all(clients.map(client => ask<number>(client, 'pid')))
  for (const [at, client] of clients.entries()) {
    const others = new Set(pids.filter((_, other) => other !== at))
    for (;;) {
      const answered = await ask<number[]>(client, 'servers')
      if (answered.length === others.size && answered.every(pid => others.has(pid))) break
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}

test.each([
  ['redis', "servers of ours and of npm's"],
  ['redis, sharded', "servers of ours and of npm's"],
  ['redis streams', "servers of ours and of npm's"],
  ['cluster', 'workers'],
])(
  "npm's adapter %s joins %s: rooms, broadcasts, sockets, acknowledgements, events of servers",
  async adapter => {
    const clients =
      adapter === 'cluster'
        ? await clientsOfWorkers()
        : await Promise.all((await servers(adapter)).map(url => connected(url)))
    await knowEachOther(clients)
    const [one, other] = clients as [SocketIoClient, SocketIoClient]
    const names = clients.map((_, at) => `client ${at}`)

    for (const [at, client] of clients.entries()) {
      await ask(client, 'join', 'all')
      await ask(client, 'name', names[at])
    }
    await ask(other, 'join', 'one')

    const heard: unknown[][] = clients.map(() => [])
    for (const [at, client] of clients.entries()) {
      client.on('news', ((news: unknown) => heard[at]?.push(news)) as never)
      client.on('who', ((answer: (name: unknown) => void) => answer(names[at])) as never)
    }
    const isOther = (at: number): boolean => clients[at] === other
    const expected: unknown[][] = clients.map(() => [])
    for (const [from, client] of clients.entries()) {
      const last = Promise.all(clients.map(it => next(it, `last ${from}`)))
      client.emit('to all', 'news', `all ${from}`)
      client.emit('to room', 'all', 'news', Buffer.from([from]))
      client.emit('to others', 'all', 'news', `others ${from}`)
      client.emit('to room', 'one', 'news', `one ${from}`)
      client.emit('to all but', 'one', 'news', `but ${from}`)
      client.emit('to all', `last ${from}`)
      await last
      for (const [at, news] of expected.entries()) {
        news.push(`all ${from}`, Buffer.from([from]))
        if (at !== from) news.push(`others ${from}`)
        news.push(isOther(at) ? `one ${from}` : `but ${from}`)
      }
    }
    expect(heard).toEqual(expected)

    for (const client of clients) {
      const sockets = await ask<{ id: string; data: unknown; rooms: string[] }[]>(client, 'sockets', 'all')
      expect(new Map(sockets.map(({ id, data, rooms }) => [id, [data, new Set(rooms)]]))).toEqual(
        new Map(
          clients.map(({ id }, at) => [
            id,
            [{ name: names[at] }, new Set([id, 'all', ...(isOther(at) ? ['one'] : [])])],
          ]),
        ),
      )
      expect(new Set((await ask<Answers>(client, 'ask', 'all', 60_000)).answers)).toEqual(new Set(names))
    }

    // A client that answers nothing costs the others nothing.
    other.off('who')
    expect(await ask(one, 'ask', 'one', 200)).toEqual({ error: 'operation has timed out', answers: [] })

    await ask(one, 'move', 'one', 'another')
    while (!(await ask<string[]>(other, 'rooms')).includes('another'))
      await new Promise(resolve => setTimeout(resolve, 20))
    const gone = next(other, 'disconnect')
    one.emit('dismiss', 'another')
    expect((await gone)[0]).toBe('io server disconnect')
    expect(clients.map(({ connected }) => connected)).toEqual(clients.map(client => client !== other))
  },
  60_000,
)

test("With npm's adapter redis streams a client comes back to another server, of ours or of npm's, and has missed nothing", async () => {
  const urls = await servers('redis streams')
  const tellers = await Promise.all(urls.map(url => connected(url)))
  await knowEachOther(tellers)
  const [teller] = tellers as [SocketIoClient]
  const client = await connected(urls[0] as string)
  await ask(client, 'join', 'room')
  await ask(client, 'name', 'Ada')
  const { id } = client
  for (const at of [1, 2, 0]) {
    const before = next(client, 'before')
    teller.emit('to all', 'before')
    await before
    const gone = next(client, 'disconnect')
    client.io.engine.close()
    await gone
    // Its server has noticed, and stored what it has to come back to.
    while ((await ask<unknown[]>(teller, 'sockets', id)).length > 0)
      await new Promise(resolve => setTimeout(resolve, 20))
    const missed: unknown[] = []
    client.on('missed', ((n: unknown) => missed.push(n)) as never)
    for (const n of [1, 2]) {
      const told = Promise.all(tellers.map(it => next(it, 'told')))
      teller.emit('to room', 'room', 'missed', n)
      teller.emit('to room', 'nobody', 'missed', 'what is not for it')
      teller.emit('to all', 'told')
      await told
    }
    const back = next(client, 'connect')
    ;(client.io as unknown as { uri: string }).uri = urls[at] as string
    client.connect()
    await back
    const last = next(client, 'last')
    teller.emit('to all', 'last')
    await last
    client.off('missed')
    expect([at, client.recovered, client.id, missed]).toEqual([at, true, id, [1, 2]])
    const [mine] = await ask<{ data: unknown; rooms: string[] }[]>(client, 'sockets', id)
    expect([mine?.data, new Set(mine?.rooms)]).toEqual([{ name: 'Ada' }, new Set([id, 'room'])])
  }
}, 60_000)
