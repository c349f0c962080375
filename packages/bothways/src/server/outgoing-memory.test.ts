import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { makeCertificate } from '@bothways/test-support/certificate'
import { heldMemory } from '@bothways/test-support/held-memory'
import { connect } from '@bothways/test-support/test-client'
import { requestWith } from '@bothways/test-support/ws-differential'
import { afterEach, describe, expect, test } from 'vitest'
import type { ServerOptions } from './options.ts'
import { createServer, type Server } from './server.ts'
import type { ServerSocket } from './server-socket.ts'

const KiB = 1024
const MiB = 1024 * KiB

const certificate = makeCertificate()

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A server that echoes, and whose sockets subscribe to a topic at `/hear`. */
async function serve(
  options: ServerOptions,
  scheme: 'ws' | 'wss' = 'ws',
): Promise<{ server: Server; url: string }> {
  const server = createServer({ keepalive: false, ...options })
  server.route('/', { message: (socket, message) => void socket.send(message) })
  server.route('/hear', { open: socket => socket.subscribe('topic'), message() {} })
  const { url } = await server.listen(scheme === 'wss' ? { tls: await certificate } : {})
  ends.push(() => server.close({ timeoutMs: 0 }))
  return { server, url }
}

/** A client that never reads again once it is connected; its socket of the server. */
async function stall(server: Server, url: string, path = '/'): Promise<ServerSocket> {
  const before = new Set(server.sockets)
  const { protocol, port } = new URL(url)
  const tcp = connectTcp(Number(port), '127.0.0.1')
  const peer: Socket = protocol === 'wss:' ? connectTls({ socket: tcp, rejectUnauthorized: false }) : tcp
  for (const stream of [peer, tcp]) stream.on('error', () => {})
  ends.push(() => tcp.destroy())
  peer.write(requestWith({}, `GET ${path} HTTP/1.1`))
  await once(peer, 'data')
  peer.pause()
  const socket = [...server.sockets].find(it => !before.has(it))
  if (socket === undefined) throw new Error('There is no new socket.')
  return socket
}

/** Sends until the system takes no more. */
async function fill(socket: ServerSocket, leastBytes = 128 * KiB): Promise<void> {
  while (socket.bufferedAmount < leastBytes) {
    socket.send(Buffer.alloc(60_000))
    await aTurn()
  }
}

function aTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

const ways = [
  ['ws', 'auto'],
  ['ws', 'stream'],
  ['wss', 'auto'],
] as const

describe.each(ways)(
  'What waits for a client that does not read, over %s (transport %s)',
  (scheme, transport) => {
    test.each([
      [16, 30_000],
      [91, 10_000],
      [1_000, 4_000],
    ])('%i bytes, %i times, one each turn: memory is at most twice what is counted', async (bytes, count) => {
      const { server, url } = await serve({ transport }, scheme)
      const socket = await stall(server, url)
      await fill(socket)
      const [counted, held] = [socket.bufferedAmount, await heldMemory()]
      for (let at = 0; at < count; at++) {
        socket.send(Buffer.alloc(bytes))
        await aTurn()
      }
      const waiting = socket.bufferedAmount - counted
      expect(waiting).toBe(count * (bytes < 126 ? bytes + 2 : bytes + 4))
      expect((await heldMemory()) - held).toBeLessThan(2 * waiting + 192 * KiB)
    })

    test('It is free as soon as the connection is cut', async () => {
      const { server, url } = await serve({ transport }, scheme)
      const held = await heldMemory()
      const socket = await stall(server, url)
      await fill(socket, 10 * MiB)
      expect((await heldMemory()) - held).toBeGreaterThan(5 * MiB)
      socket.terminate()
      await expect.poll(async () => (await heldMemory()) - held).toBeLessThan(1 * MiB)
    })
  },
)

test('A busy server does not keep its own memory for a client that does not read', async () => {
  const { server, url } = await serve({})
  const socket = await stall(server, url)
  await fill(socket)
  const fast = await Promise.all([1, 2, 3].map(() => connect(url)))
  const [counted, held] = [socket.bufferedAmount, await heldMemory()]
  for (let round = 0; round < 400; round++) {
    for (const { connection } of fast) {
      for (let count = 0; count < 4; count++) connection.send(Buffer.alloc(15_000))
    }
    socket.send('a line of a chat')
    await Promise.all(fast.flatMap(client => [1, 2, 3, 4].map(() => client.next())))
    socket.send('a line of a chat')
  }
  const waiting = socket.bufferedAmount - counted
  expect(waiting).toBe(400 * 2 * 18)
  // The blocks that 400 rounds have used are 400 times 180 KB.
  expect((await heldMemory()) - held).toBeLessThan(2 * waiting + 1 * MiB)
})

test('A publish to many that do not read costs its bytes once, and little more than a pointer for each', async () => {
  const { server, url } = await serve({})
  const sockets: ServerSocket[] = []
  for (let count = 0; count < 40; count++) sockets.push(await stall(server, url, '/hear'))
  const block = Buffer.alloc(60_000)
  while (sockets.some(it => it.bufferedAmount < 128 * KiB)) {
    server.publish('topic', block)
    await aTurn()
  }
  const [counted, held] = [total(sockets), await heldMemory()]
  for (let count = 0; count < 4_000; count++) {
    expect(server.publish('topic', 'x'.repeat(1_000))).toBe(40)
    await aTurn()
  }
  const waiting = total(sockets) - counted
  expect(waiting).toBe(40 * 4_000 * 1_004)
  const growth = (await heldMemory()) - held
  expect(growth).toBeGreaterThan(4_000 * 1_004)
  expect(growth).toBeLessThan(4_000 * 1_400 + 40 * 4_000 * 24 + 1 * MiB)
})

function total(sockets: readonly ServerSocket[]): number {
  return sockets.reduce((sum, socket) => sum + socket.bufferedAmount, 0)
}

describe.each(ways)('What waits for all clients together, over %s (transport %s)', (scheme, transport) => {
  const maxTotalBufferedBytes = 8 * MiB

  test('At the bound the clients go for which most waits; the others stay, and an honest client notices nothing', async () => {
    const { server, url } = await serve({ transport, maxTotalBufferedBytes }, scheme)
    const honest = await connect(url)
    const held = await heldMemory()
    const small = await stall(server, url)
    await fill(small)
    const smallBytes = small.bufferedAmount
    const sockets = [small]
    for (let count = 0; count < 4; count++) sockets.push(await stall(server, url))
    for (let round = 0; round < 500; round++) {
      for (const socket of sockets.slice(1)) socket.send(Buffer.alloc(60_000))
      honest.connection.send('are you there')
      expect(await honest.next()).toBe('are you there')
      const known = total(sockets.filter(it => it.readyState === 1))
      expect(known).toBeLessThan(maxTotalBufferedBytes + 5 * 60_010)
    }
    const gone = sockets.filter(it => it.readyState !== 1)
    expect(gone.length).toBeGreaterThan(0)
    await expect.poll(() => gone.every(it => it.disconnect !== undefined)).toBe(true)
    for (const { disconnect } of gone) {
      expect(disconnect).toMatchObject({
        by: 'policy',
        error: { code: 'BW_SEND_QUEUES_FULL' },
        sent: { code: 1013 },
      })
    }
    expect(small.bufferedAmount).toBe(smallBytes)
    expect(small.readyState).toBe(1)
    expect((await heldMemory()) - held).toBeLessThan(maxTotalBufferedBytes + 3 * MiB)
  })

  test("With whenBufferFull 'drop' clients that do not keep up do not take a message, and everybody stays", async () => {
    const { server, url } = await serve({ transport, maxTotalBufferedBytes, whenBufferFull: 'drop' }, scheme)
    const honest = await connect(url.replace(/\/$/, '/hear'))
    const held = await heldMemory()
    const sockets: ServerSocket[] = []
    for (let count = 0; count < 3; count++) sockets.push(await stall(server, url, '/hear'))
    const counts = new Set<number>()
    for (let round = 0; round < 500; round++) {
      counts.add(server.publish('topic', Buffer.alloc(30_000, round & 0xff)))
      for (const socket of sockets) socket.send(Buffer.alloc(30_000))
      expect((await honest.next())[0]).toBe(round & 0xff)
    }
    expect(sockets.map(it => it.readyState)).toEqual([1, 1, 1])
    expect(counts.has(4)).toBe(true)
    expect(counts.has(1)).toBe(true)
    expect((await heldMemory()) - held).toBeLessThan(maxTotalBufferedBytes + 3 * MiB)
  })
})
