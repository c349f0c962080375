import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from '@bothways/client'
import { createHub, createServer, MemoryBroker, topicsRoute, WebSocket } from 'bothways'
import { afterEach, expect, test } from 'vitest'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const topics = {
  'room/:id': { history: { count: 5_000, ageMs: 600_000 }, presence: true },
  load: { state: true },
}

/** A server that can be left and come back on the same port; its broker outlives it. */
async function stage() {
  const broker = new MemoryBroker()
  // Each of several servers calls `close` when it leaves; the broker that they share is closed after the last.
  const close = broker.close.bind(broker)
  broker.close = async () => {}
  cleanups.push(close)
  const start = async (port = 0) => {
    const hub = createHub({ topics, broker, onError: () => {} })
    hub.handle('echo', input => input)
    // Without a listener Node.js answers no request, and a client that falls back would wait the ten seconds of opening.
    const http = createHttpServer((_, response) => response.writeHead(404).end())
    const server = createServer().route('/bothways', topicsRoute(hub))
    server.attach(http)
    http.listen(port, '127.0.0.1')
    await once(http, 'listening')
    const stop = async () => {
      await hub.close({ spreadMs: 50, closeMs: 0 })
      await server.close({ timeoutMs: 0 })
      // First: else a client that comes in between is never answered.
      const closed = new Promise(resolve => http.close(resolve))
      http.closeAllConnections()
      await closed
    }
    return { hub, server, stop, port: (http.address() as AddressInfo).port }
  }
  let serving = await start()
  cleanups.push(() => serving.stop())
  return {
    url: `ws://127.0.0.1:${serving.port}/bothways`,
    get hub() {
      return serving.hub
    },
    cut: (share: number) => {
      for (const socket of serving.server.sockets) if (Math.random() < share) socket.terminate()
    },
    restart: async () => {
      await serving.stop()
      serving = await start(serving.port)
    },
  }
}

/** Keeps what comes of a topic. */
function listen(url: string, topic: string) {
  const client = createClient(url, { WebSocket, firstRetryMs: 20, maxRetryMs: 50 })
  cleanups.push(() => client.close())
  const room = client.topic(topic)
  const log: unknown[] = []
  const gaps: unknown[] = []
  room.on('publication', ({ data }) => log.push(data))
  room.on('gap', gap => gaps.push(gap))
  return { client, room, log, gaps }
}

test('Clients that are cut all the time, and over two restarts, lose nothing, repeat nothing and keep the order', async () => {
  const server = await stage()
  const listeners = Array.from({ length: 8 }, () => listen(server.url, 'room/1'))
  await Promise.all(listeners.map(({ room }) => room.ready()))
  const cutting = setInterval(() => server.cut(0.3), 20)
  cleanups.push(() => clearInterval(cutting))
  const work = listeners.map(async ({ room }, who) => {
    for (let n = 0; n < 40; n++) {
      // Several at once, and one by one.
      const done = room.publish([who, n])
      if (n % 3 === 0) await done
    }
    await room.publish([who, 'end'])
  })
  const restarts = (async () => {
    for (let n = 0; n < 2; n++) {
      await new Promise(resolve => setTimeout(resolve, 100))
      await server.restart()
    }
  })()
  await Promise.all([...work, restarts])
  clearInterval(cutting)
  const all = 8 * 41
  await Promise.all(
    listeners.map(async ({ room, log }) => {
      while (log.length < all) await new Promise<void>(resolve => room.on('publication', () => resolve()))
    }),
  )
  const history = await server.hub.topic('room/1').history({ last: 1_000 })
  const stored = history.map(({ data }) => data)
  expect(stored).toHaveLength(all)
  expect(new Set(stored.map(data => JSON.stringify(data))).size).toBe(all)
  for (const who of listeners.keys()) {
    const own = (stored as [number, unknown][]).filter(([by]) => by === who).map(([, n]) => n)
    expect(own).toEqual([...Array(40).keys(), 'end'])
  }
  for (const { log, gaps } of listeners) {
    expect(log).toEqual(stored)
    expect(gaps).toEqual([])
  }
})

test('Presence, state, requests and refusals of a server come as they are', async () => {
  const { url } = await stage()
  const { client } = listen(url, 'room/2')
  const room = client.topic('room/3', { presence: { name: 'Li Si' } })
  await room.ready()
  expect(room.members.map(({ data }) => data)).toEqual([{ name: 'Li Si' }])
  const other = listen(url, 'room/3')
  await other.room.ready()
  expect([other.room.memberCount, other.room.presence]).toEqual([1, 'none'])
  const load = client.state('load')
  const first = new Promise(resolve => load.subscribe(resolve))
  await load.set({ cpu: 0.5 })
  expect(await first).toEqual({ cpu: 0.5 })
  expect(await client.request('echo', [1, '二'])).toEqual([1, '二'])
  await expect(client.request('nobody')).rejects.toMatchObject({ code: 'unknown_method' })
  await expect(client.topic('nobody').ready()).rejects.toMatchObject({ code: 'unknown_topic' })
  await expect(client.topic('nobody').publish(1)).rejects.toMatchObject({ code: 'unknown_topic' })
})
