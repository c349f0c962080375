import { afterEach, expect, test } from 'vitest'
import { collectGarbage } from '../../../../test/support/garbage.ts'
import { connect, type TestClient } from '../../../../test/support/test-client.ts'
import { createServer, type Server } from './server.ts'

const MiB = 1024 * 1024
const patient = { timeout: 30_000 }

const running: Server[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.close({ timeoutMs: 0 })
})

test.each(['auto', 'stream'] as const)(
  'What all clients send to handlers that are busy is bounded; the fullest are closed with 1013 (transport %s)',
  async transport => {
    const closed: (number | undefined)[] = []
    const errors: unknown[] = []
    let release: (() => void) | undefined
    const busy = new Promise<void>(resolve => {
      release = resolve
    })
    const server = createServer({
      transport,
      maxTotalIncomingBytes: 8 * MiB,
      onError: error => void errors.push(error),
    })
    server.route('/', {
      message: () => busy,
      close(socket) {
        closed.push(socket.disconnect?.sent?.code)
        expect(socket.disconnect?.error).toMatchObject({ code: 'BW_RECEIVED_TOO_MUCH' })
      },
    })
    running.push(server)
    const { url } = await server.listen()
    collectGarbage()
    const before = process.memoryUsage().arrayBuffers
    // Each has a message that is handled and holds up one of 1 MiB behind it.
    const clients: TestClient[] = []
    for (let count = 0; count < 24; count++) {
      const client = await connect(url)
      clients.push(client)
      client.connection.send(Buffer.alloc(1))
      client.connection.send(Buffer.alloc(1 * MiB))
      await expect.poll(() => client.connection.bufferedAmount, patient).toBe(0)
    }
    expect(await Promise.race(clients.map(client => client.closed))).toMatchObject({ code: 1013, by: 'peer' })
    await expect.poll(() => server.sockets.size, patient).toBeLessThan(9)
    const taken = (): number => {
      collectGarbage()
      return process.memoryUsage().arrayBuffers - before
    }
    await expect.poll(taken, patient).toBeLessThan(8 * MiB + 4 * MiB)
    release?.()
    await expect.poll(() => closed.length, patient).toBeGreaterThan(14)
    expect(new Set(closed)).toEqual(new Set([1013]))
    expect(errors).toEqual([])
  },
  60_000,
)
