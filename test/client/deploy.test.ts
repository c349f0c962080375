import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from '@bothways/client'
import { createHub, createServer, MemoryBroker, topicsRoute, WebSocket } from 'bothways'
import { expect, test } from 'vitest'

// As large as a deploy: DEPLOY_CLIENTS=2000 DEPLOY_SPREAD_MS=20000 npx vitest run test/client/deploy.test.ts

const clientCount = Number(process.env.DEPLOY_CLIENTS ?? 200)
const spreadMs = Number(process.env.DEPLOY_SPREAD_MS ?? 2_000)

/** How many of some times, in ms, are in each tenth of a second from the first on. */
function tenths(times: readonly number[]): number[] {
  const first = Math.min(...times)
  const counts: number[] = Array(Math.ceil((Math.max(...times) - first + 1) / 100)).fill(0)
  for (const time of times)
    counts[Math.floor((time - first) / 100)] = (counts[Math.floor((time - first) / 100)] ?? 0) + 1
  return counts
}

const peakOf = (counts: readonly number[]) =>
  Math.max(...counts) / (counts.reduce((sum, count) => sum + count) / counts.length)

test(`${clientCount} clients whose server is drained and replaced come back spread out, and miss nothing`, async () => {
  const broker = new MemoryBroker()
  const closeBroker = broker.close.bind(broker)
  broker.close = async () => {}
  const topics = { 'room/:id': { history: { count: 10_000, ageMs: 600_000 } } }
  const start = async (port = 0) => {
    const hub = createHub({ topics, broker })
    const http = createHttpServer((_, response) => response.writeHead(404).end())
    const server = createServer({ maxPendingHandshakes: 10_000 }).route('/bothways', topicsRoute(hub))
    server.attach(http)
    http.listen(port, '127.0.0.1', 4096)
    await once(http, 'listening')
    return { hub, http, server, port: (http.address() as AddressInfo).port }
  }
  const old = await start()
  const url = `ws://127.0.0.1:${old.port}/bothways`
  const logs = Array.from({ length: clientCount }, () => [] as unknown[])
  let gapCount = 0
  const appointments: number[] = []
  const arrivals: number[] = []
  let isDraining = false
  const clients = logs.map(log => {
    const client = createClient(url, { WebSocket })
    const room = client.topic('room/1')
    room.on('publication', ({ data }) => log.push(data))
    room.on('gap', () => gapCount++)
    client.on('status', ({ status, reason, nextTryAt }) => {
      if (!isDraining) return
      if (status === 'waiting' && reason?.code === 'leaving') appointments.push(nextTryAt as number)
      if (status === 'open') arrivals.push(Date.now())
    })
    return { client, room }
  })
  let n = 0
  let acknowledged = 0
  const [{ room }] = clients as [(typeof clients)[0]]
  const publish = () => void room.publish(n++).then(() => acknowledged++)
  let replaced: Awaited<ReturnType<typeof start>> | undefined
  const publishing = setInterval(publish, 50)
  try {
    await Promise.all(clients.map(it => it.room.ready()))
    isDraining = true
    // New connections go to the new server at once, as behind a balancer.
    old.http.close()
    replaced = await start(old.port)
    await old.hub.close({ spreadMs, closeMs: 0 })
    await old.server.close({ timeoutMs: 0 })
    await new Promise<void>(resolve => {
      const look = () => (arrivals.length >= clientCount ? resolve() : setTimeout(look, 20))
      look()
    })
    clearInterval(publishing)
    publish()
    await new Promise<void>(resolve => {
      const look = () =>
        acknowledged === n && logs.every(log => log.at(-1) === n - 1) ? resolve() : setTimeout(look, 20)
      look()
    })
    expect(gapCount).toBe(0)
    for (const log of logs)
      expect(log).toEqual(Array.from({ length: log.length }, (_, at) => n - log.length + at))
    // What they were told, since a loaded machine is late by itself.
    expect(appointments).toHaveLength(clientCount)
    expect(peakOf(tenths(appointments))).toBeLessThanOrEqual(1.5)
    if (process.env.DEPLOY_CLIENTS !== undefined) {
      console.log({
        appointed: peakOf(tenths(appointments)),
        arrived: peakOf(tenths(arrivals)),
        published: n,
      })
    }
  } finally {
    clearInterval(publishing)
    for (const { client } of clients) client.close()
    await replaced?.server.close({ timeoutMs: 0 })
    await replaced?.hub.close({ spreadMs: 0 })
    old.http.closeAllConnections()
    const closed = new Promise(resolve => replaced?.http.close(resolve))
    replaced?.http.closeAllConnections()
    await closed
    await closeBroker()
  }
}, 300_000)
