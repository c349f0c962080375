import { fileURLToPath } from 'node:url'
import { type Child, startChild } from '@bothways/test-support/child'
import { NatsServer } from '@bothways/test-support/nats'
import { RedisServer } from '@bothways/test-support/redis'
import { nextEvent as next, type SocketIoClient } from '@bothways/test-support/socket-io-clients'
import { SocketIoStage } from '@bothways/test-support/socket-io-stage'
import { afterEach, expect, onTestFinished, test } from 'vitest'

// Needs the built packages, as npm test makes them.

const programOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const stage = new SocketIoStage()

afterEach(() => stage.clear())

interface State {
  readonly pid: number
  readonly data: unknown
  readonly rooms: readonly string[]
}

function start(program: string, ...args: string[]): Promise<Child> {
  return startChild(process.execPath, [programOf(program), ...args])
}

/** Two servers, each with a port of its own or both with the same. @returns what clients connect to */
const clusters = {
  async workers(): Promise<string[]> {
    const primary = await start('workers.mjs')
    onTestFinished(async () => void (await primary.stop('SIGKILL')))
    const url = `http://127.0.0.1:${primary.firstLine}`
    return [url, url]
  },
  Redis: () => servers(RedisServer),
  NATS: () => servers(NatsServer),
}

async function servers(kind: { start(): Promise<{ url: string; end(): Promise<void> }> }): Promise<string[]> {
  const broker = await kind.start()
  onTestFinished(() => broker.end())
  const both = await Promise.all([start('server.mjs', broker.url), start('server.mjs', broker.url)])
  onTestFinished(async () => {
    for (const server of both) await server.stop('SIGKILL')
  })
  return both.map(({ firstLine }) => `http://127.0.0.1:${firstLine}`)
}

function ask<Answer>(client: SocketIoClient, event: string, ...args: unknown[]): Promise<Answer> {
  return new Promise(resolve => client.emit(event, ...args, resolve))
}

async function connected(url: string): Promise<SocketIoClient> {
  const client = stage.connect(url, { transports: ['websocket'], multiplex: false })
  await next(client, 'connect')
  return client
}

/** A client at another process than that one. */
async function connectedElsewhere(url: string, pid: number): Promise<SocketIoClient> {
  for (;;) {
    const client = await connected(url)
    if ((await ask<number>(client, 'pid')) !== pid) return client
    client.disconnect()
  }
}

test.each(['workers', 'Redis', 'NATS'] as const)(
  'Two servers on %s: clients of one that is killed come to the other with id, rooms and data, and have missed nothing',
  async kind => {
    const [url = '', other = ''] = await clusters[kind]()
    const client = await connected(url)
    const pid = await ask<number>(client, 'pid')
    const teller = await connectedElsewhere(other, pid)
    while ((await ask<number[]>(teller, 'servers')).length < 2)
      await new Promise(resolve => setTimeout(resolve, 50))
    // Neither gets an event before its server dies, and one is known by nothing but its connection.
    const [silent, told] = [await connectedAt(url, pid), await connectedAt(url, pid)]
    await ask(told, 'join', 'room')
    await ask(told, 'name', 'Ada')
    const heard = next(client, 'before')
    client.emit('say', 'before', 'to it alone')
    await heard
    // The other servers are told of clients with packets.
    for (let round = 0; round < 3; round++) {
      const news = Promise.all([next(client, 'news'), next(teller, 'news')])
      client.emit('tell', 'news', round)
      await news
    }
    const clients = [client, silent, told]
    const ids = clients.map(({ id }) => id)
    const gone = Promise.all(clients.map(one => next(one, 'disconnect')))
    process.kill(pid, 'SIGKILL')
    await gone
    const missed: unknown[][] = clients.map(() => [])
    for (const [at, one] of clients.entries()) {
      one.on('missed', ((n: number) => missed[at]?.push(n)) as never)
    }
    for (const n of [1, 2]) {
      const arrived = next(teller, 'missed')
      teller.emit('tell', 'missed', n)
      await arrived
    }
    const back = Promise.all(clients.map(one => next(one, 'connect')))
    for (const one of clients) {
      ;(one.io as unknown as { uri: string }).uri = other
      one.connect()
    }
    await back
    const last = Promise.all(clients.map(one => next(one, 'last')))
    teller.emit('tell', 'last')
    await last
    expect(clients.map(({ recovered, id }) => [recovered, id])).toEqual(ids.map(id => [true, id]))
    expect(missed).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ])
    const { pid: heir, data, rooms } = await ask<State>(told, 'state')
    expect(heir).not.toBe(pid)
    expect(data).toEqual({ name: 'Ada' })
    expect(new Set(rooms)).toEqual(new Set([told.id, 'all', 'room']))
  },
  60_000,
)

/** A client at this process. */
async function connectedAt(url: string, pid: number): Promise<SocketIoClient> {
  for (;;) {
    const client = await connected(url)
    if ((await ask<number>(client, 'pid')) === pid) return client
    client.disconnect()
  }
}
