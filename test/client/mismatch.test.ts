import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from '@bothways/client'
import { createHub, createServer, TopicsHttp, topicsRoute, WebSocket } from 'bothways'
import { afterEach, expect, test } from 'vitest'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A schema that takes what has the type of an example. */
const like = <Value>(example: Value) => ({
  '~standard': {
    version: 1 as const,
    vendor: 'test',
    types: undefined as { readonly input: Value; readonly output: Value } | undefined,
    validate: (value: unknown) =>
      typeof value === typeof example
        ? { value: value as Value }
        : { issues: [{ message: `Expected ${typeof example}` }] },
  },
})

const contract = {
  topics: { 'room/:id': { data: like('') }, load: { data: like(0) } },
  methods: { length: { input: like(''), output: like(0) } },
}

/** The server, and a client that was built for another contract. */
async function stage(way: 'websocket' | 'http') {
  const errors: unknown[] = []
  const hub = createHub({
    contract,
    topics: { 'room/:id': { history: { count: 10, ageMs: 60_000 } }, load: { state: true } },
    onError: error => errors.push(error),
  })
  // Breaks its own contract for some.
  hub.handle('length', text => (text === 'broken' ? 'six' : text.length) as number)
  const overHttp = new TopicsHttp(hub)
  const http = createHttpServer((request, response) => {
    if (!overHttp.handle(request, response)) response.writeHead(404).end()
  })
  const server = createServer().route('/bothways', topicsRoute(hub))
  server.attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  class Blocked {
    constructor() {
      throw new Error('blocked')
    }
  }
  const client = createClient(`http://127.0.0.1:${(http.address() as AddressInfo).port}/bothways`, {
    WebSocket: way === 'websocket' ? WebSocket : (Blocked as never),
    firstRetryMs: 20,
  })
  cleanups.push(async () => {
    client.close()
    await hub.close({ spreadMs: 0 })
    await server.close({ timeoutMs: 0 })
    http.closeAllConnections()
    http.close()
  })
  return { client, errors }
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    ({ code, message }) => `${code}: ${message}`,
  )

test.each(['websocket', 'http'] as const)(
  'What a server does not know, or knows otherwise, is refused with its code by %s, and the rest goes on',
  async way => {
    const { client, errors } = await stage(way)
    const room = client.topic('room/1')
    const log: unknown[] = []
    room.on('publication', ({ data }) => log.push(data))
    const ended = new Promise<string>(resolve =>
      client.topic('rooms/1').on('end', ({ code }) => resolve(code)),
    )
    const found = await Promise.all([
      codeOf(room.publish({ text: 'not a text' })),
      codeOf(client.state('load').set('high')),
      codeOf(client.topic('rooms/1').publish('x')),
      codeOf(client.request('size', 'x')),
      codeOf(client.request('length', 7)),
      codeOf(client.request('length', 'broken')),
      codeOf(room.publish('right')),
      codeOf(client.request('length', 'right')),
    ])
    expect(found.map(text => text.replace(/:.*/, ''))).toEqual([
      'invalid_data',
      'invalid_data',
      'unknown_topic',
      'unknown_method',
      'invalid_data',
      'internal',
      'done',
      'done',
    ])
    expect(found[0]).toContain('Expected string')
    expect(await ended).toBe('unknown_topic')
    while (log.length === 0) await new Promise<void>(resolve => room.on('publication', () => resolve()))
    expect(log).toEqual(['right'])
    expect(String(errors[0])).toMatch(/length/)
    expect(client.status).toBe('open')
  },
)
