import { type ScriptedSocket, scriptedSockets } from '@bothways/test-support/scripted-server'
import { settled, VirtualEnvironment } from '@bothways/test-support/virtual-environment'
import { expect, test } from 'vitest'
import { createClient } from './index.ts'

const clientCount = 2_000
const spreadMs = 10_000

/** Clients that are all welcome, each with a chance of its own; and how many connected in each 100 ms from now on. */
async function crowd() {
  const environment = new VirtualEnvironment()
  // The same for each run, and evenly spread.
  let drawn = 0
  environment.random = () => (++drawn * 0.618_033_988_749_895) % 1
  const { sockets, WebSocket } = scriptedSockets()
  const clients = Array.from({ length: clientCount }, () =>
    createClient('ws://server/', { environment, WebSocket }),
  )
  for (const socket of sockets) {
    socket.open()
    socket.say({ type: 'welcome', pingMs: 25_000, maxMessageBytes: 131_072, keyWindowMs: 300_000 })
  }
  await settled()
  expect(clients.every(({ status }) => status === 'open')).toBe(true)
  const arrivals = async (ms: number) => {
    const counts: number[] = []
    for (let passed = 0; passed < ms; passed += 100) {
      const before = sockets.length
      await environment.pass(100)
      counts.push(sockets.length - before)
    }
    return counts
  }
  return { sockets: sockets.slice(0, clientCount), arrivals }
}

test('After a goodbye 2,000 clients come back as the server spread them: no 100 ms has 1.5 times the mean', async () => {
  const { sockets, arrivals } = await crowd()
  for (const [at, socket] of sockets.entries()) {
    // As a hub that closes says it.
    socket.say({ type: 'goodbye', retryAfterMs: Math.floor((spreadMs * (at + 1)) / clientCount) })
    // Some servers close at once, some leave that to the client.
    if (at % 2 === 0) socket.cut(1012)
  }
  const counts = await arrivals(spreadMs)
  expect(counts.reduce((sum, count) => sum + count)).toBe(clientCount)
  expect(Math.max(...counts)).toBeLessThanOrEqual((1.5 * clientCount) / counts.length)
})

test('After a server that fell they come back over a second, not together', async () => {
  const { sockets, arrivals } = await crowd()
  for (const socket of sockets as ScriptedSocket[]) socket.cut()
  const counts = await arrivals(1_000)
  expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThan(clientCount * 0.99)
  expect(Math.max(...counts)).toBeLessThanOrEqual((1.5 * clientCount) / counts.length)
})
