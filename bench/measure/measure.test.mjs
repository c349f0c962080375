import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { join } from 'node:path'
import { Server } from '@bothways/socket.io'
import { createServer } from 'bothways'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Child } from './child.mjs'
import { compile } from './compile.mjs'
import { measure } from './measure.mjs'
import { mostConnections, spareFiles } from './open-files.mjs'

// Needs the built packages and a C compiler, as npm test makes them.
let programs
beforeAll(async () => {
  programs = await compile(['load', 'ceiling', 'echo'])
})
afterAll(() => programs.remove())

const how = () => ({ warmupMs: 50, measureMs: 100, settleMs: 100, program: programs.path })
/** Measures until there was something to measure: a loaded machine may be elsewhere for as long as it takes. */
async function measureSome(peer, workload) {
  let result
  await expect
    .poll(async () => {
      result = await measure(peer, workload, how())
      return result.figure
    })
    .toBeGreaterThan(0)
  return result
}

const workload = {
  kind: 'echo',
  mode: 'echo',
  connections: 4,
  inFlight: 2,
  bytes: 64,
  flags: '-',
  side: 'server',
}

describe('Each kind of load on a server', () => {
  test.each([
    ['echo', {}],
    ['echo of Chinese text', { kind: 'text', bytes: 1_024, flags: 't' }],
    ['echo of long messages', { bytes: 200_000 }],
    ['room', { kind: 'room', mode: 'room' }],
    ['publish', { kind: 'room', mode: 'publish' }],
    ['compressed publish', { kind: 'room-deflate', mode: 'publish', bytes: 2_048, flags: 'jd' }],
    ['handshake', { mode: 'handshake' }],
  ])('%s: messages come back, and samples are compared', async (name, changes) => {
    const result = await measureSome('bothways', { ...workload, ...changes })
    expect(result.cpuUs).toBeGreaterThanOrEqual(0)
    const isSampled = name !== 'handshake' && !name.startsWith('compressed') && !name.includes('long')
    if (isSampled) expect(result.sampled).toBeGreaterThan(0)
  })

  describe.each(['socket.io', 'bothways-socket.io'])('Socket.IO of %s', peer => {
    test.each([
      ['echo', {}],
      ['echo of long messages', { bytes: 70_000 }],
      ['room', { kind: 'room', mode: 'room' }],
      ['publish', { kind: 'room', mode: 'publish' }],
    ])('%s: messages come back, and samples are compared', async (name, changes) => {
      const result = await measureSome(peer, { ...workload, flags: 's', ...changes })
      if (!name.includes('long')) expect(result.sampled).toBeGreaterThan(0)
    })

    test('The memory of idle clients is measured', async () => {
      const changes = { mode: 'idle', connections: 200, flags: 's' }
      const { figure } = await measure(peer, { ...workload, ...changes }, how())
      expect(Number.isFinite(figure)).toBe(true)
    })
  })

  test.each(['-', 'd', 'jdu'])('The memory of idle connections is measured (%s)', async flags => {
    const changes = { kind: 'echo-deflate', mode: 'idle', connections: 200, bytes: 2_048, flags }
    const { figure } = await measure('bothways', { ...workload, ...changes }, how())
    expect(Number.isFinite(figure)).toBe(true)
  })

  test('A server without the protocol echoes, too', async () => {
    await measureSome('ceiling', workload)
  })
})

describe('Each kind of load on a client', () => {
  test.each([
    ['echo', {}],
    ['echo of Chinese text', { bytes: 1_024, flags: 't' }],
    ['echo of long messages', { bytes: 2 ** 18 }],
    ['handshake', { mode: 'handshake' }],
  ])('%s: messages come back to a client', async (name, changes) => {
    const result = await measureSome('bothways', { ...workload, side: 'client', ...changes })
    if (name !== 'handshake') expect(result.sampled).toBeGreaterThan(0)
  })
})

describe('A server that answers wrongly is caught', () => {
  const changed = message => {
    const bytes = Buffer.from(message)
    bytes[bytes.length - 1] ^= 1
    return bytes
  }
  const sendsTo = answer => ({ message: (socket, message) => void socket.send(answer(message)) })

  const wrong = [
    ['a message of another length', message => message.subarray(1)],
    ['a message of other content', changed],
    ["a message of nobody's", message => Buffer.concat([Buffer.from('zzzzzzzz'), message.subarray(8)])],
  ]
  const client = join(import.meta.dirname, '..', 'peers', 'client.mjs')

  test.each([
    ...wrong.map(([what, answer]) => ['load', what, answer]),
    ['client', 'a message of 63 bytes', wrong[0][1]],
    ['client', 'a message of other content', changed],
  ])('by the %s: %s', async (part, problem, answer) => {
    const server = createServer({ onError: () => {} })
    server.route('/', sendsTo(answer))
    const { port } = await server.listen()
    const args = [port, process.pid, 'echo', 2, 1, 64, 10, 10_000, '-'].map(String)
    const command =
      part === 'load' ? [programs.path('load'), args] : [process.execPath, [client, 'bothways', ...args]]
    const child = new Child(part, command)
    await expect(child.line()).rejects.toThrow(problem)
    await server.close({ timeoutMs: 0 })
  })
})

describe('The load as a client of Socket.IO', () => {
  async function load(options, answer, measureMs) {
    const http = createHttpServer()
    const io = new Server(http, options)
    io.on('connection', socket => socket.on('m', message => socket.emit('m', answer(message))))
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const args = [http.address().port, process.pid, 'echo', 4, 1, 64, 10, measureMs, 's'].map(String)
    return { io, child: new Child('load', [programs.path('load'), args]) }
  }

  test('answers the pings of the server, without which that would close, between its messages', async () => {
    const options = { pingInterval: 20, pingTimeout: 100 }
    const { io, child } = await load(options, message => message, 500)
    expect(JSON.parse(await child.line()).messages).toBeGreaterThan(0)
    await child.finish()
    await io.close()
  })

  test.each([
    ['a message of another length', message => `${message}a`],
    ['a message of other content', message => `${message.slice(0, -1)}b`],
    ["a message of nobody's", message => `zzzzzzzz${message.slice(8)}`],
  ])('sees %s', async (problem, answer) => {
    const { io, child } = await load({}, answer, 10_000)
    await expect(child.line()).rejects.toThrow(problem)
    await io.close()
  })
})

test('A child that ends without a word is an error that says what it wrote', async () => {
  const child = new Child('nobody', [process.execPath, ['-e', 'console.error("why"); process.exit(3)']])
  await expect(child.line()).rejects.toThrow(/nobody: it ended with 3\.\nwhy/)
})

test('The soft limit of open files bounds the connections, unless there is none', () => {
  const limits = soft => `Max processes 1 1 processes\nMax open files            ${soft}   20000    files`
  expect(mostConnections(limits('1024'))).toBe(1_024 - spareFiles)
  expect(mostConnections(limits('unlimited'))).toBe(Number.POSITIVE_INFINITY)
  expect(mostConnections()).toBeGreaterThan(0)
})
