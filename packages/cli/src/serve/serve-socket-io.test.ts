import {
  nextEvent,
  type SocketIoClient,
  socketIoClients,
  socketIoWays,
} from '@bothways/test-support/socket-io-clients'
import { connect, refusalOf, type TestClient } from '@bothways/test-support/test-client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Serving, startServe } from './serve.ts'
import { maxHeldMessages } from './topics/topics-socket-io.ts'

const listed = 'https://listed.example'
let serving: Serving
const clients: SocketIoClient[] = []
const plain: TestClient[] = []

beforeAll(async () => {
  serving = await startServe({ port: 0, host: '127.0.0.1', origins: [listed], page: false })
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect()
  for (const client of plain.splice(0)) {
    client.connection.close(1000)
    await client.closed
  }
})
afterAll(() => serving.close())

interface Member {
  say(message: object | string): void
  /** The next message that it gets. */
  next(): Promise<Record<string, unknown>>
}

type Version = 2 | 3 | 4

function open(version: Version, options: object, url = serving.url): SocketIoClient {
  const client = socketIoClients[version](url, { reconnection: false, forceNew: true, ...options })
  clients.push(client)
  return client
}

async function openMember(version: Version, options: object): Promise<Member & { client: SocketIoClient }> {
  const client = open(version, options)
  const texts: string[] = []
  let wake = (): void => {}
  client.on('message', ((text: string) => {
    texts.push(text)
    wake()
  }) as never)
  await nextEvent(client, 'connect')
  return {
    client,
    say: message => client.emit('message', typeof message === 'string' ? message : JSON.stringify(message)),
    async next() {
      while (texts.length === 0) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
      return JSON.parse(texts.shift()!)
    },
  }
}

async function openPlain(): Promise<Member> {
  const url = `${serving.url.replace('http', 'ws')}bothways`
  const client = await connect(url, { headers: { 'Sec-WebSocket-Protocol': 'bothways.v1' } })
  plain.push(client)
  return {
    say: message => void client.connection.send(JSON.stringify(message)),
    next: async () => JSON.parse(String(await client.next())),
  }
}

/** In a room of their own, one after the other; each has heard that the others came. */
async function join<T extends Member>(topic: string, ...members: readonly [name: string, member: T][]) {
  for (const [index, [name, member]] of members.entries()) {
    expect(await member.next()).toMatchObject({ type: 'welcome' })
    member.say({ type: 'subscribe', id: 1, topic, presence: { name } })
    const subscribed = await member.next()
    const present = subscribed.members as { data: { name: string } }[]
    expect([subscribed.type, present.map(it => it.data.name)]).toEqual([
      'subscribed',
      members.slice(0, index + 1).map(([it]) => it),
    ])
    for (const [, earlier] of members.slice(0, index)) {
      expect(await earlier.next()).toMatchObject({ type: 'joined', member: { data: { name } } })
    }
  }
}

const kinds = ([2, 3, 4] as const).flatMap(version =>
  Object.entries(socketIoWays).map(([way, options]) => ({ version, way, options })),
)

describe('The topics', () => {
  test.each(kinds)(
    'take clients of version $version by $way, and nobody hears anything twice',
    async ({ version, way, options }) => {
      const zhang = await openPlain()
      const li = await openMember(version, options)
      const zhao = await openMember(4, { transports: ['websocket'] })
      const topic = `room/${version} ${way}`
      await join<Member>(topic, ['张三', zhang], ['李四', li], ['赵六', zhao])

      // The order shows that nothing came in between: each hears exactly one message of each that was said.
      const everybody = { 张三: zhang, 李四: li, 赵六: zhao }
      for (const [speaker, member] of Object.entries(everybody)) {
        member.say({ type: 'publish', topic, data: { text: `I am ${speaker}` } })
        for (const hearer of Object.values(everybody)) {
          expect(await hearer.next()).toMatchObject({
            type: 'publication',
            data: { text: `I am ${speaker}` },
          })
        }
      }

      li.say({ type: 'unsubscribe', id: 2, topic })
      expect(await li.next()).toMatchObject({ type: 'unsubscribed', id: 2 })
      for (const it of [zhang, zhao]) expect(await it.next()).toMatchObject({ type: 'left' })
      zhang.say({ type: 'publish', topic, data: 'without you' })
      expect(await zhao.next()).toMatchObject({ data: 'without you' })
      li.say({ type: 'ping' })
      expect(await li.next()).toEqual({ type: 'pong' })
    },
  )

  test('have no id of a session among their members: with it others could speak in its name', async () => {
    const old = await openMember(2, {})
    const welcome = await old.next()
    expect([welcome.type, welcome.client === old.client.id]).toEqual(['welcome', false])
  })

  test('hear who went, however they went', async () => {
    const zhang = await openPlain()
    const li = await openMember(4, {})
    const old = await openMember(2, {})
    await join<Member>('room/going', ['张三', zhang], ['李四', li], ['old', old])
    old.client.io.engine.close()
    expect(await zhang.next()).toMatchObject({ type: 'left' })
    expect(await li.next()).toMatchObject({ type: 'left' })
    li.client.disconnect()
    expect(await zhang.next()).toMatchObject({ type: 'left' })
  })

  test('take an object for its JSON', async () => {
    const { client, next } = await openMember(4, {})
    await next()
    client.emit('message', { type: 'ping' })
    expect(await next()).toEqual({ type: 'pong' })
  })

  test.each([
    ['bytes', Buffer.of(1)],
    ['nothing', undefined],
    ['no JSON', 'hello'],
  ])('end a client that says %s, with the reason', async (_name, message) => {
    const { client, next } = await openMember(4, {})
    await next()
    const gone = nextEvent(client, 'disconnect')
    client.emit('message', message)
    expect(await next()).toMatchObject({ type: 'error', code: 'bad_request' })
    await gone
  })

  test('hold a client back that publishes too fast, and end one that goes on', async () => {
    const { client } = await openMember(4, { transports: ['websocket'] })
    const gone = nextEvent(client, 'disconnect')
    const text = JSON.stringify({ type: 'publish', topic: 'room/flood', data: 1 })
    // Ten seconds' worth of publications at once, then those held beyond, until they are more than the rate takes meanwhile.
    for (let count = 0; count < 10_000; count++) client.emit('message', text)
    while (client.connected) {
      for (let count = 0; count < 2 * maxHeldMessages; count++) client.emit('message', text)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    await gone
    const { messages } = (await (
      await fetch(new URL('bothways/history?topic=room/flood&last=1000', serving.url))
    ).json()) as { messages: unknown[] }
    expect(messages.length).toBe(500)
  })
})

/** The status of a first request, with what scripts of that origin may read. */
async function ask(origin?: string): Promise<[number, string | null, string]> {
  const response = await fetch(new URL('socket.io/?EIO=4&transport=polling', serving.url), {
    headers: origin === undefined ? {} : { Origin: origin },
  })
  return [response.status, response.headers.get('access-control-allow-origin'), await response.text()]
}

describe('A page', () => {
  test('of a foreign origin is refused, over HTTP and WebSocket', async () => {
    expect(await ask('https://evil.example')).toEqual([403, null, expect.stringContaining('--origin')])
    expect((await ask('null'))[0]).toBe(403)
    const headers = { Origin: 'https://evil.example' }
    const url = `${serving.url.replace('http', 'ws')}socket.io/?EIO=4&transport=websocket`
    const refusal = await refusalOf(url, { headers })
    expect([refusal.status, refusal.body]).toEqual([400, expect.stringContaining('--origin')])
    const client = open(4, { extraHeaders: headers })
    expect(await nextEvent<Error>(client, 'connect_error')).toMatchObject([expect.any(Error)])
  })

  test('of the own origin, or of one that is listed, is let in', async () => {
    expect((await ask())[0]).toBe(200)
    expect((await ask(new URL(serving.url).origin))[0]).toBe(200)
    expect(await ask(listed)).toMatchObject([200, listed, /^0\{/])
    const client = open(4, { transports: ['websocket'], extraHeaders: { Origin: listed } })
    await nextEvent(client, 'connect')
  })
})

test('Answers of Socket.IO have the headers of all others', async () => {
  const response = await fetch(new URL('socket.io/?EIO=4&transport=polling', serving.url))
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin')
  expect((await fetch(new URL('socket.io/', serving.url))).status).toBe(400)
  expect((await fetch(new URL('socket.io', serving.url))).status).toBe(404)
})

test('The figures have the clients of Socket.IO by themselves', async () => {
  const other = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: false })
  const polling = open(3, { transports: ['polling'] }, other.url)
  const webSocket = open(4, { transports: ['websocket'] }, other.url)
  await Promise.all([nextEvent(polling, 'connect'), nextEvent(webSocket, 'connect')])
  const text = await (await fetch(new URL('metrics', other.url))).text()
  expect(text).toContain('\nbothways_connections 0\n')
  expect(text).toContain('\nbothways_socket_io_clients{transport="polling"} 1\n')
  expect(text).toContain('\nbothways_socket_io_clients{transport="websocket"} 1\n')
  await other.close()
})

test('Draining tells every client, plain ones and those of Socket.IO, and gives the port back', async () => {
  const other = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: false })
  const echo = await connect(`${other.url.replace('http', 'ws')}echo`)
  const kept = kinds.map(({ version, options }) => open(version, options, other.url))
  await Promise.all(kept.map(it => nextEvent(it, 'connect')))
  const reasons = kept.map(it => nextEvent(it, 'disconnect'))
  await other.close()
  expect((await echo.closed).code).toBe(1001)
  // After these a client comes back by itself; a poll that comes when its session has ended is an error.
  for (const [reason] of await Promise.all(reasons)) expect(reason).toMatch(/^transport (close|error)$/)
  await expect(fetch(other.url)).rejects.toThrow()
})
