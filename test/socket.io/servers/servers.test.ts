import { fileURLToPath } from 'node:url'
import { type Child, startChild } from '@bothways/test-support/child'
import { RedisServer } from '@bothways/test-support/redis'
import { roundRobin } from '@bothways/test-support/round-robin'
import { nextEvent as next, type SocketIoClient } from '@bothways/test-support/socket-io-clients'
import { SocketIoStage } from '@bothways/test-support/socket-io-stage'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

// Needs the built packages, as npm test makes them. With more clients: POLLING_CLIENTS=1000 npx vitest run test/socket.io/servers

const clientCount = Number(process.env.POLLING_CLIENTS ?? 100)
const program = fileURLToPath(new URL('server.mjs', import.meta.url))
const stage = new SocketIoStage()
let redis: RedisServer
let servers: readonly Child[]
let urls: readonly string[]
let ports: readonly number[]

beforeAll(async () => {
  redis = await RedisServer.start()
  servers = await Promise.all([1, 2, 3, 4].map(() => startChild(process.execPath, [program, redis.url])))
  ports = servers.map(({ firstLine }) => Number(firstLine))
  urls = ports.map(port => `http://127.0.0.1:${port}`)
  const client = await connected(0)
  while (((await ask(client, 'servers')) as number[]).length < 4)
    await new Promise(resolve => setTimeout(resolve, 50))
  await stage.clear()
}, 60_000)

afterEach(() => stage.clear())

afterAll(async () => {
  for (const server of servers) await server.stop('SIGKILL')
  await redis.end()
})

async function connected(
  at: number,
  options: object = { transports: ['websocket'] },
): Promise<SocketIoClient> {
  const client = stage.connect(urls[at] as string, options)
  await next(client, 'connect')
  return client
}

function ask(client: SocketIoClient, event: string, ...args: unknown[]): Promise<unknown> {
  return new Promise(resolve => client.emit(event, ...args, resolve))
}

test('Clients that poll by a balancer without sticky sessions, over four processes, meet no 400', async () => {
  const balancer = await roundRobin(ports)
  const clients = Array.from({ length: clientCount }, () =>
    stage.connect(balancer.url, { transports: ['polling'] }),
  )
  // A client that is lost hears nothing more: then nobody waits for it.
  const lost = Promise.race(
    clients.flatMap(client => [next(client, 'disconnect'), next(client, 'connect_error')]),
  ).then(([reason]) => {
    throw new Error(`A client was lost: ${reason}; refused: ${balancer.refused.join(', ')}`)
  })
  lost.catch(() => {})
  const ofAll = <Result>(work: (client: SocketIoClient, at: number) => Promise<Result>) =>
    Promise.race([Promise.all(clients.map(work)), lost])
  await ofAll(client => next(client, 'connect'))
  for (let round = 0; round < 2; round++) {
    const heard = ofAll(client => next(client, 'news'))
    const echoes = await ofAll((client, at) => ask(client, 'echo', { at, bytes: Buffer.from([at]) }))
    expect(echoes).toEqual(clients.map((_, at) => ({ at, bytes: Buffer.from([at]) })))
    clients[round]?.emit('tell', 'news', round)
    // Behind it stands the offset, for recovery.
    expect((await heard).map(([n]) => n)).toEqual(clients.map(() => round))
  }
  const pids = new Set(await ofAll(client => ask(client, 'pid')))
  expect(pids).toEqual(new Set(servers.map(({ pid }) => pid)))
  expect(balancer.refused).toEqual([])
  balancer.close()
}, 600_000)

test('A move to WebSocket that the balancer brings to another process is refused once, and the client goes on polling', async () => {
  const balancer = await roundRobin(ports)
  const clients = Array.from({ length: 8 }, () => stage.connect(balancer.url))
  await Promise.all(clients.map(client => next(client, 'connect')))
  for (let round = 0; round < 5; round++) {
    expect(await Promise.all(clients.map(client => ask(client, 'echo', round)))).toEqual(
      clients.map(() => round),
    )
  }
  // One try for each client at most, and nothing else was refused.
  expect(balancer.refused.length).toBeLessThanOrEqual(clients.length)
  expect(balancer.refused.filter(it => !it.includes('transport=websocket'))).toEqual([])
  expect(clients.every(({ connected }) => connected)).toBe(true)
  balancer.close()
}, 60_000)

test('Processes know the sockets of all, ask the clients of all, and each other', async () => {
  const [one, other] = [await connected(0), await connected(1)]
  for (const [at, client] of [one, other].entries()) {
    await ask(client, 'join', 'two')
    client.on('who', ((answer: (name: string) => void) => answer(`client ${at}`)) as never)
  }
  expect(new Set((await ask(one, 'sockets', 'two')) as string[])).toEqual(new Set([one.id, other.id]))
  expect(new Set((await ask(other, 'everybody', 'two')) as string[])).toEqual(
    new Set(['client 0', 'client 1']),
  )
  expect(await ask(one, 'call', other.id)).toBe('client 1')
  expect(new Set((await ask(other, 'servers')) as number[])).toEqual(new Set(servers.map(({ pid }) => pid)))
}, 60_000)

test.each([
  ['after an event', true],
  ['without an event before', false],
])(
  'A client that comes back to another process %s has missed nothing',
  async (_, hasHeard) => {
    const client = await connected(0)
    const teller = await connected(2)
    const { id } = client
    if (hasHeard) {
      const heard = next(client, 'before')
      teller.emit('tell', 'before')
      await heard
    }
    const gone = next(client, 'disconnect')
    client.io.engine.close()
    await gone
    // The other two have it in their logs when the one who told has.
    const missed: unknown[] = []
    client.on('missed', ((n: number) => missed.push(n)) as never)
    for (const n of [1, 2]) {
      const told = next(teller, 'missed')
      teller.emit('tell', 'missed', n)
      await told
    }
    const connectedAgain = next(client, 'connect')
    ;(client.io as unknown as { uri: string }).uri = urls[1] as string
    client.connect()
    await connectedAgain
    const last = next(client, 'last')
    teller.emit('tell', 'last')
    await last
    expect([client.recovered, client.id, missed]).toEqual([true, id, [1, 2]])
    expect(await ask(client, 'pid')).toBe(servers[1]?.pid)
  },
  60_000,
)
