import { once } from 'node:events'
import { type AddressInfo, connect, createServer as createNetServer, type Socket } from 'node:net'
import { createServer, WebSocket } from 'bothways'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ChaosProxy } from './chaos-proxy.ts'
import { type Fate, type Faults, fatesOf } from './faults.ts'

const none: Faults = {
  latencyMs: 0,
  jitterMs: 0,
  killEveryMs: 0,
  halfOpenShare: 0,
  stripsUpgrade: false,
  bytesPerSecond: 0,
}

const server = createServer()
server.route('/echo', { message: (socket, message) => socket.send(message) })
let target: URL
beforeAll(async () => {
  target = new URL((await server.listen()).url)
})
afterAll(() => server.close({ timeoutMs: 0 }))

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function through(faults: Partial<Faults>, seed = 1, breaks?: Fate['breaks']) {
  const told: string[] = []
  const fates = fatesOf({ ...none, ...faults }, seed)
  const proxy = new ChaosProxy({
    target,
    port: 0,
    host: '127.0.0.1',
    fateOf: connection => ({ ...fates(connection), ...(breaks && { breaks }) }),
    onFault: (_, what) => told.push(what),
  })
  const port = await proxy.listen()
  cleanups.push(() => proxy.close())
  const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`, [], { origin: `http://127.0.0.1:${port}` })
  cleanups.push(() => socket.terminate())
  return { proxy, port, socket, told }
}

test('Without faults everything passes as it is, in both directions, and the end as well', async () => {
  const { socket, told } = await through({})
  await once(socket, 'open')
  const message = '二'.repeat(100_000)
  socket.send(message)
  const [{ data }] = await once(socket, 'message')
  expect(data).toBe(message)
  socket.close(1000, 'enough')
  const [{ code, wasClean }] = await once(socket, 'close')
  expect([code, wasClean, told]).toEqual([1000, true, ['opened']])
})

test.each([
  ['latency', 50, undefined],
  ['no latency', 0, undefined],
  ['silence', 0, 0],
])('A connection that both ends have ended is gone, with %s', async (_, latencyMs, freezeAfterMs) => {
  let proxySocket: Socket | undefined
  // As a server that ends idle connections.
  const idle = createNetServer({ allowHalfOpen: true }, socket => {
    proxySocket = socket
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
  })
  idle.listen(0, '127.0.0.1')
  await once(idle, 'listening')
  cleanups.push(() => idle.close())
  const told: string[] = []
  const proxy = new ChaosProxy({
    target: new URL(`http://127.0.0.1:${(idle.address() as AddressInfo).port}/`),
    port: 0,
    host: '127.0.0.1',
    fateOf: connection => ({ ...fatesOf({ ...none, latencyMs }, 1)(connection), freezeAfterMs }),
    onFault: (_, what) => told.push(what),
  })
  cleanups.push(() => proxy.close())
  const client = connect({ port: await proxy.listen(), host: '127.0.0.1' })
  client.write('GET / HTTP/1.1\r\n\r\n')
  await once(client, 'data')
  if (freezeAfterMs !== undefined) await expect.poll(() => told).toContain('silent')
  const server = proxySocket as Socket
  server.resume().end()
  if (freezeAfterMs !== undefined) client.end()
  else client.resume()
  await once(server, 'close')
})

test('Latency is that of each direction, and keeps the order', async () => {
  const { socket } = await through({ latencyMs: 50, jitterMs: 40 })
  await once(socket, 'open')
  const from = performance.now()
  const came: string[] = []
  socket.onmessage = ({ data }) => came.push(data)
  for (let n = 0; n < 10; n++) {
    socket.send(String(n))
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  while (came.length < 10) await once(socket, 'message')
  expect(came).toEqual([...Array(10).keys()].map(String))
  expect(performance.now() - from).toBeGreaterThan(50)
})

test.each([1, 2, 3])('What passes before a cut has no hole, whatever the latency (seed %i)', async seed => {
  const { socket } = await through({ latencyMs: 60, jitterMs: 40, killEveryMs: 200 }, seed)
  const came: number[] = []
  socket.onmessage = ({ data }) => came.push(Number(data))
  await once(socket, 'open')
  let n = 0
  const sending = setInterval(() => {
    for (let more = 0; more < 3 && socket.readyState === 1; more++) socket.send(String(n++))
  }, 5)
  await once(socket, 'close')
  clearInterval(sending)
  expect(came.length).toBeGreaterThan(0)
  expect(came).toEqual([...came.keys()])
})

test('A connection is cut in the middle of a frame', async () => {
  const { socket, told } = await through({ killEveryMs: 100 })
  await once(socket, 'open')
  const sending = setInterval(() => socket.readyState === 1 && socket.send('x'), 10)
  const [{ code }] = await once(socket, 'close')
  clearInterval(sending)
  expect([code, told]).toEqual([1006, ['opened', 'cut']])
})

test('Half-open connections go silent, and nobody is told', async () => {
  // With this seed the first one goes silent within half a second.
  const faults = { ...none, halfOpenShare: 1 }
  const seed = [...Array(1_000).keys()].find(seed => (fatesOf(faults, seed)(1).freezeAfterMs ?? 0) < 500)
  const { socket, told } = await through(faults, seed)
  await once(socket, 'open')
  const came: unknown[] = []
  socket.onmessage = ({ data }) => came.push(data)
  const sending = setInterval(() => socket.send('x'), 20)
  cleanups.push(() => clearInterval(sending))
  while (!told.includes('silent')) await new Promise(resolve => setTimeout(resolve, 20))
  // Data that had passed before is still on its way to the listener.
  await new Promise(resolve => setTimeout(resolve, 100))
  const count = came.length
  await new Promise(resolve => setTimeout(resolve, 200))
  expect([came.length, socket.readyState, told]).toEqual([count, 1, ['opened', 'silent']])
})

test.each(['there', 'back'] as const)('A connection is cut behind so many bytes on the way %s', async way => {
  const { socket, told } = await through({}, 1, { [way]: { afterBytes: 5_000 } })
  await once(socket, 'open')
  socket.send('x'.repeat(10_000))
  const [{ code }] = await once(socket, 'close')
  expect([code, told]).toEqual([1006, ['opened', 'cut']])
})

test('A connection stands still behind so many bytes, and nothing of it is lost', async () => {
  const { socket, told } = await through({}, 1, { back: { afterBytes: 5_000, stallMs: 300 } })
  await once(socket, 'open')
  const from = performance.now()
  const message = '二'.repeat(100_000)
  socket.send(message)
  const [{ data }] = await once(socket, 'message')
  expect([data === message, told]).toEqual([true, ['opened', 'stalled']])
  expect(performance.now() - from).toBeGreaterThan(290)
})

test('Each connection goes to the server that is named for it; where there is none it ends at once', async () => {
  const targets = [target, undefined]
  const proxy = new ChaosProxy({
    target: () => targets.shift(),
    port: 0,
    host: '127.0.0.1',
    fateOf: fatesOf(none, 1),
  })
  const url = `ws://127.0.0.1:${await proxy.listen()}/echo`
  cleanups.push(() => proxy.close())
  const first = new WebSocket(url)
  await once(first, 'open')
  const second = new WebSocket(url)
  second.onerror = () => {}
  const [{ code }] = await once(second, 'close')
  expect(code).toBe(1006)
  first.terminate()
})

test('A stripped upgrade reaches the server as an ordinary request', async () => {
  const { socket, told } = await through({ stripsUpgrade: true })
  const [{ error }] = await once(socket, 'error')
  expect([error.answer.status, told[0]]).toEqual([426, 'stripped'])
})

test('A slow line passes no more than it may', async () => {
  const { socket } = await through({ bytesPerSecond: 50_000 })
  await once(socket, 'open')
  const from = performance.now()
  socket.send('x'.repeat(20_000))
  await once(socket, 'message')
  expect(performance.now() - from).toBeGreaterThan(350)
})

test('A server that is not there is as it is without the proxy: the connection ends', async () => {
  const { port } = await through({})
  const proxy = new ChaosProxy({
    target: new URL('ws://127.0.0.1:1/'),
    port: 0,
    host: '127.0.0.1',
    fateOf: fatesOf(none, 1),
  })
  const other = await proxy.listen()
  cleanups.push(() => proxy.close())
  expect(other).not.toBe(port)
  const socket = new WebSocket(`ws://127.0.0.1:${other}/`)
  socket.onerror = () => {}
  const [{ code }] = await once(socket, 'close')
  expect(code).toBe(1006)
})
