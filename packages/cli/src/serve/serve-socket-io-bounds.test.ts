import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Engine } from '@bothways/socket.io'
import { afterEach, expect, test } from 'vitest'
import { ServeSocketIo, type ServeSocketIoOptions } from './serve-socket-io.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function start(options: Partial<ServeSocketIoOptions>) {
  const socketIo = new ServeSocketIo({ origins: [], ...options })
  const http = createServer((request, response) => socketIo.handle(request, response)).listen(0, '127.0.0.1')
  await once(http, 'listening')
  cleanups.push(
    () => socketIo.close(),
    () => http.close(),
  )
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/socket.io/?EIO=4&transport=polling`
  const ask = async (query = '', init: RequestInit = {}): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${url}${query}`, { ...init, headers: { Connection: 'close' } })
    return { status: answer.status, text: await answer.text() }
  }
  /** A session whose client has come back. */
  const open = async (): Promise<string> => {
    const { sid } = JSON.parse((await ask()).text.slice(1)) as { sid: string }
    await ask(`&sid=${sid}`, { method: 'POST', body: '40' })
    return sid
  }
  return { socketIo, ask, open }
}

test('One client too many is refused, and so is everybody new while it drains', async () => {
  const { socketIo, ask, open } = await start({ maxClients: 1 })
  await open()
  expect(await ask()).toEqual({ status: 503, text: expect.stringContaining('The server is full') })
  expect(socketIo.clientCounts).toEqual({ polling: 1, websocket: 0 })
  socketIo.drain()
  expect(await ask()).toEqual({ status: 403, text: expect.stringContaining('The server is going away.') })
  await socketIo.close()
  expect(socketIo.clientCounts).toEqual({ polling: 0, websocket: 0 })
})

test('One address does not take all the places', async () => {
  const { ask, open } = await start({ maxClientsPerAddress: 2 })
  await open()
  await open()
  expect((await ask()).status).toBe(429)
})

test('Handshakes that nobody follows up keep nobody out', async () => {
  const { socketIo, ask, open } = await start({ maxClients: 20 })
  for (let count = 0; count < 40; count++) expect((await ask()).status).toBe(200)
  expect(socketIo.clientCounts.polling).toBe(20)
  const sid = await open()
  expect((await ask(`&sid=${sid}`)).text).toMatch(/^40/)
})

test('What waits, what comes and how many ask for a session are bounded', async () => {
  const { socketIo } = await start({})
  const MiB = 1024 * 1024
  expect((socketIo.io.engine as unknown as Engine).opts).toMatchObject({
    maxBufferedBytes: 16 * MiB,
    maxTotalBufferedBytes: 256 * MiB,
    maxTotalIncomingBytes: 64 * MiB,
    maxSessions: 10_000,
    maxSessionsPerAddress: 1_000,
    maxHandshakesPerSecond: 1_000,
  })
})
