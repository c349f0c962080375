import { createServer as createHttpServer } from 'node:http'
import { createClient } from '@bothways/client/core'
import { createHub, createServer, TopicsHttp, topicsRoute, UsageError, WebSocket } from 'bothways'
import { expect, test } from 'vitest'
import { contract as byArkType } from './with-arktype.ts'
import { contract as byValibot } from './with-valibot.ts'
import { contract as byZod } from './with-zod.ts'

const history = { count: 10, ageMs: 60_000 }

type AnyContract = typeof byZod

async function serving(contract: AnyContract) {
  const errors: unknown[] = []
  const hub = createHub({
    contract,
    topics: { 'room/:id': { history }, load: { state: true } },
    onError: error => errors.push(error),
  })
  hub.handle('length', ({ text }) => (text === 'much' ? (text as unknown as number) : text.length))
  const overHttp = new TopicsHttp(hub, { path: '/bothways' })
  const http = createHttpServer((request, response) => {
    if (!overHttp.handle(request, response)) response.writeHead(404).end()
  })
  const server = createServer().route('/bothways', topicsRoute(hub))
  server.attach(http)
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as { port: number }
  return {
    hub,
    errors,
    url: `ws://127.0.0.1:${port}/bothways`,
    async post(call: 'publish' | 'request', body: unknown) {
      const answer = await fetch(`http://127.0.0.1:${port}/bothways/${call}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      })
      return [answer.status, (await answer.json()) as { code: string; message: string }] as const
    },
    async [Symbol.asyncDispose]() {
      await hub.close({ spreadMs: 0 })
      await server.close()
      await new Promise(resolve => http.close(resolve))
    },
  }
}

const libraries = [
  { library: 'zod', contract: byZod },
  { library: 'valibot', contract: byValibot as unknown as AnyContract },
  { library: 'ArkType', contract: byArkType as unknown as AnyContract },
]

test.each(libraries)(
  'Data that the $library contract does not take are refused on every wire, and nothing is stored',
  async ({ contract }) => {
    const served = await serving(contract)
    const client = createClient<AnyContract>(served.url, { WebSocket })
    try {
      const untyped = client as unknown as ReturnType<typeof createClient>
      const wrong = { text: 7 }
      const refused = {
        code: 'invalid_data',
        retryable: false,
        message: expect.stringMatching(/text.*string/s),
      }
      await expect(untyped.topic('room/1').publish(wrong)).rejects.toMatchObject(refused)
      await expect(untyped.state('load').set({ cpu: 'much' })).rejects.toMatchObject({
        ...refused,
        message: expect.stringMatching(/cpu.*number/s),
      })
      await expect(untyped.request('length', wrong)).rejects.toMatchObject(refused)
      expect(await served.post('publish', { topic: 'room/1', data: wrong })).toEqual([400, refused])
      expect(await served.post('request', { method: 'length', data: wrong })).toEqual([400, refused])
      const room = served.hub.topic('room/1')
      await expect(room.publish(wrong as never)).rejects.toMatchObject(refused)
      expect(await room.history()).toEqual([])
      expect(await served.hub.topic('load').get()).toBeUndefined()

      // A key whose data were refused is free for the right ones.
      const key = 'k'.repeat(22)
      expect((await served.post('publish', { topic: 'room/1', data: wrong, key }))[0]).toBe(400)
      expect((await served.post('publish', { topic: 'room/1', data: { text: ' hello ' }, key }))[0]).toBe(200)
      expect((await room.history()).map(({ data }) => data)).toEqual([{ text: 'hello', at: 0 }])
      expect(await client.request('length', { text: 'hello' })).toBe(5)
    } finally {
      client.close()
      await served[Symbol.asyncDispose]()
    }
  },
)

test("What a handler returns is checked, too: a wrong answer is the server's fault", async () => {
  const served = await serving(byZod)
  try {
    const [status, { code, message }] = await served.post('request', {
      method: 'length',
      data: { text: 'much' },
    })
    expect([status, code]).toEqual([500, 'internal'])
    expect(message).not.toMatch(/number/)
    expect(String(served.errors[0])).toMatch(/'length' returned what its contract does not have: .*number/)
  } finally {
    await served[Symbol.asyncDispose]()
  }
})

test('All topics of a contract are declared; a topic of its own name has its own data', async () => {
  const hub = createHub({ contract: byZod })
  await hub.publishAs(undefined, 'room/lobby', 'hello')
  await hub.publishAs(undefined, 'room/1', { text: 'hello' })
  await expect(hub.publishAs(undefined, 'room/lobby', { text: 'hello' })).rejects.toMatchObject({
    code: 'invalid_data',
  })
  await expect(hub.publishAs(undefined, 'hall', 1)).rejects.toMatchObject({ code: 'unknown_topic' })
  await hub.close({ spreadMs: 0 })
})

test.each<[why: string, make: () => unknown, message: RegExp]>([
  [
    'a topic beside the contract',
    () => createHub({ contract: byZod, topics: { rooms: {} } as never }),
    /topics\["rooms"\].*room\/:id/,
  ],
  [
    'a schema beside that of the contract',
    () => createHub({ contract: byZod, topics: { load: { schema: byZod.topics.load.data } } }),
    /topics\["load"\]\.schema must be left out/,
  ],
  [
    'a contract of types',
    () => createHub({ contract: { topics: { load: { data: 1 } } } as never }),
    /contract\.topics\["load"\]\.data must be a schema/,
  ],
  [
    'a topic without data',
    () => createHub({ contract: { topics: { load: {} } } as never }),
    /data must be a schema/,
  ],
  [
    'a misspelt part',
    () => createHub({ contract: { methods: { now: { outputs: byZod.methods.now.output } } } as never }),
    /outputs.*did you mean output\?/,
  ],
  [
    'a method that the contract does not have',
    () => createHub({ contract: byZod }).handle('width' as never, () => 1 as never),
    /method of the contract \(length, now\), got 'width'/,
  ],
])('A hub refuses %s, and says what it takes', (_why, make, message) => {
  expect(make).toThrow(UsageError)
  expect(make).toThrow(message)
})
