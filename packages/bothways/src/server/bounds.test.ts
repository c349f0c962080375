import { spawn } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer as createHttpServer, get, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect as connectTcp, type Server as NetServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { makeCertificate } from '@bothways/test-support/certificate'
import { connect, refusalOf } from '@bothways/test-support/test-client'
import { afterEach, describe, expect, test } from 'vitest'
import type { RefusalReport } from './incidents.ts'
import { createServer } from './server.ts'

const running: { close(): unknown }[] = []
afterEach(async () => {
  for (const it of running.splice(0).toReversed()) await it.close()
})

/** Connections that say `text` and nothing more; as many as are still open is `open()`. */
async function connectMany(port: number, count: number, text = '', localAddress = '127.0.0.1') {
  let open = 0
  const sockets = Array.from({ length: count }, () => {
    const socket = connectTcp({ port, host: '127.0.0.1', localAddress })
    socket.on('error', () => {})
    socket.once('connect', () => void open++)
    socket.once('close', () => void open--)
    socket.resume()
    if (text !== '') socket.write(text)
    return socket
  })
  running.push({ close: () => sockets.forEach(socket => void socket.destroy()) })
  await Promise.all(sockets.map(socket => once(socket, 'connect')))
  return { sockets, open: () => open }
}

async function listenOn(server: NetServer & { closeAllConnections(): void }): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  running.push({
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
  return (server.address() as AddressInfo).port
}

describe.each([
  ['nothing', ''],
  ['half a request', 'GET / HTTP/1.1\r\nHost: localh'],
])('Connections that say %s', (_, text) => {
  test('are bounded, whether of one address or of many, and honest clients are served', async () => {
    const server = createServer({ maxPendingHandshakes: 40, maxConnections: 10 })
    running.push(server)
    const { url, port } = await server.route('/', { open: socket => void socket.send('hi') }).listen()
    const ofOne = await connectMany(port, 200, text)
    await expect.poll(ofOne.open).toBe(20)
    const client = await connect(url)
    expect(await client.next()).toBe('hi')
    const ofMany = await Promise.all(
      Array.from({ length: 30 }, (_, at) => connectMany(port, 8, text, `127.0.1.${at + 1}`)),
    )
    const all = () => [ofOne, ...ofMany].reduce((sum, { open }) => sum + open(), 0)
    await expect.poll(all).toBe(40)
    expect(await (await connect(url)).next()).toBe('hi')
    expect(server.counts.refusalsByCode).toEqual({ BW_TOO_MANY_PENDING_HANDSHAKES: 180 + 220 })
  })
})

describe('A process of its own', () => {
  const entry = JSON.stringify(new URL('../../dist/index.mjs', import.meta.url).href)

  /** Runs a program of a server; `next(name)` is the next thing that it says of that name. */
  function run(program: string, command: (node: string) => readonly [string, ...string[]]) {
    const [file, ...args] = command(process.execPath)
    const child = spawn(file, [...args, '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    running.push({ close: () => child.kill('SIGKILL') })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    return async (name: string): Promise<number> => {
      for (;;) {
        const { value, done } = await lines.next()
        if (done) throw new Error(`The program ended before it said ${name}.`)
        const [what, text] = String(value).split(' ')
        if (what === name) return Number(text)
      }
    }
  }

  test('holds little memory for 6,000 silent connections', async () => {
    const next = run(
      `
      import { createServer } from ${entry}
      const server = createServer({ maxConnections: 100 })
      const { port } = await server.listen()
      const memory = () => { gc(); return process.memoryUsage().rss }
      const before = memory()
      console.log('port', port)
      setInterval(() => {
        const { BW_TOO_MANY_PENDING_HANDSHAKES: cut = 0 } = server.counts.refusalsByCode
        if (cut < 5_500) return
        console.log('cut', cut)
        console.log('grown', memory() - before)
      }, 100)
      `,
      node => [node, '--expose-gc'],
    )
    const port = await next('port')
    // Not more at once than the queue of the listening socket has places for.
    const waves: (() => number)[] = []
    while (waves.length < 24) waves.push((await connectMany(port, 250)).open)
    expect(await next('cut')).toBe(5_500)
    expect(await next('grown')).toBeLessThan(48 * 1024 * 1024)
    await expect.poll(() => waves.reduce((sum, open) => sum + open(), 0)).toBe(500)
  })

  test.each(['listen', 'attach'])('holds little of 2,000 heads of 15 KB: %s', async way => {
    const next = run(
      `
      import { createServer as createHttpServer } from 'node:http'
      import { createServer } from ${entry}
      const server = createServer().route('/', {})
      const http = createHttpServer()
      server.attach(http)
      const { port } = '${way}' === 'listen'
        ? await server.listen()
        : await new Promise(resolve => http.listen(0, '127.0.0.1', () => resolve(http.address())))
      const memory = () => { gc(); const { heapUsed, external } = process.memoryUsage(); return heapUsed + external }
      const before = memory()
      console.log('port', port)
      const timer = setInterval(() => {
        if (server.sockets.size < 2_000) return
        clearInterval(timer)
        console.log('grown', memory() - before)
      }, 50)
      `,
      node => [node, '--expose-gc'],
    )
    const port = await next('port')
    const headers = [1, 2, 3].map(at => `X-${at}: ${'x'.repeat(5_000)}\r\n`).join('')
    const upgrade = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
    const request = `GET / HTTP/1.1\r\nHost: localhost\r\n${upgrade}${headers}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`
    for (let wave = 0; wave < 8; wave++) await connectMany(port, 250, request)
    expect(await next('grown')).toBeLessThan(24 * 1024 * 1024)
  })

  test.runIf(process.platform === 'linux').each(['auto', 'stream'])(
    'tells that it has no file descriptor left: transport %s',
    async transport => {
      const next = run(
        `
        import { createServer } from ${entry}
        const server = createServer({
          transport: '${transport}',
          onError: ({ code, message }) => console.log(code, message.includes('ulimit') ? 1 : 0),
        })
        const { port } = await server.listen()
        console.log('port', port)
        setInterval(() => console.log('shortages', server.counts.descriptorShortages), 20)
        `,
        node => ['sh', '-c', 'ulimit -n 300; exec "$0" "$@"', node],
      )
      const port = await next('port')
      await connectMany(port, 400)
      expect(await next('EMFILE')).toBe(1)
      expect(await next('shortages')).toBe(1)
    },
  )
})

test('A client that was refused, stays and goes on sending is cut', async () => {
  const server = createServer()
  running.push(server)
  const { port } = await server.listen()
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
  socket.write('GET /nowhere HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n')
  socket.write('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n')
  await once(socket.resume(), 'end')
  const dribble = setInterval(() => socket.write('.'), 100)
  // Also when a write finds it cut.
  await new Promise(resolve => socket.once('close', resolve))
  clearInterval(dribble)
})

test('Clients that were refused and stay count as well', async () => {
  const server = createServer({ maxPendingHandshakes: 40 })
  running.push(server)
  const { port } = await server.listen()
  const head = 'GET /nowhere HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
  const sockets = Array.from({ length: 100 }, () =>
    connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {}),
  )
  running.push({ close: () => sockets.forEach(socket => void socket.destroy()) })
  let open = 0
  for (const socket of sockets) {
    open++
    socket.once('close', () => void open--)
    socket.write(`${head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`)
  }
  await expect.poll(() => server.counts.refusalsByCode.BW_NO_ROUTE).toBe(100)
  await expect.poll(() => server.counts.refusalsByCode.BW_TOO_MANY_PENDING_HANDSHAKES).toBe(80)
})

describe('Beside an HTTP server', () => {
  test.each(['http', 'https'])(
    'silent connections are bounded, requests that take long are not: %s',
    async scheme => {
      const server = createServer({ maxPendingHandshakes: 40 })
      running.push(server)
      const waiting: (() => void)[] = []
      const onRequest = (_: unknown, response: { end(text: string): void }) =>
        void waiting.push(() => response.end('page'))
      const http =
        scheme === 'http'
          ? createHttpServer(onRequest)
          : createHttpsServer(await makeCertificate(), onRequest)
      server.attach(http)
      const port = await listenOn(http)
      const module = scheme === 'http' ? await import('node:http') : await import('node:https')
      const answers = Array.from({ length: 10 }, async () => {
        const request = module.get({ port, host: '127.0.0.1', agent: false, rejectUnauthorized: false })
        const [response] = (await once(request, 'response')) as [IncomingMessage]
        response.resume()
        return response.statusCode
      })
      await expect.poll(() => waiting.length).toBe(10)
      const silent = await connectMany(port, 60)
      await expect.poll(silent.open).toBe(20)
      for (const answer of waiting) answer()
      expect(await Promise.all(answers)).toEqual(Array.from({ length: 10 }, () => 200))
    },
  )
})

test('Handshakes of an address are refused with 429 beyond its rate, and nobody else is', async () => {
  const server = createServer({ maxHandshakesPerSecond: 3 })
  running.push(server)
  const { url } = await server.route('/', {}).listen()
  // All at once: on a slow machine one after the other may be slower than the rate.
  const answers = await Promise.allSettled(Array.from({ length: 20 }, () => refusalOf(url)))
  const refusals = answers.flatMap(it => (it.status === 'fulfilled' ? [it.value] : []))
  expect(refusals.length).toBeGreaterThan(0)
  expect(refusals.length).toBeLessThanOrEqual(17)
  for (const { status, headers, body } of refusals) {
    expect([status, headers['retry-after']]).toEqual([429, '1'])
    expect(body).toContain('option maxHandshakesPerSecond')
  }
  expect(server.counts.refusalsByCode).toEqual({ BW_TOO_MANY_HANDSHAKES: refusals.length })
  await connect(url, { localAddress: '127.0.0.2' })
})

test('A socket that subscribes to too many topics is closed with 1008', async () => {
  const server = createServer({ maxTopicsPerSocket: 2 })
  running.push(server)
  const { url } = await server
    .route('/', {
      message: (socket, topic) => {
        socket.subscribe(String(topic))
        socket.send('taken')
      },
    })
    .listen()
  const client = await connect(url)
  for (const topic of ['a', 'b', 'a']) {
    client.connection.send(topic)
    expect(await client.next()).toBe('taken')
  }
  client.connection.send('c')
  const { code, reason } = await client.closed
  expect({ code, reason }).toEqual({
    code: 1008,
    reason: 'A socket may subscribe to 2 topics (option maxTopicsPerSocket).',
  })
  await expect.poll(() => server.counts.violationsByCode).toEqual({ BW_TOO_MANY_TOPICS: 1 })
})

describe('Refusals and violations', () => {
  test('are told to onRefusal and to the channel, with who it was and why', async () => {
    const told: RefusalReport[] = []
    const published: unknown[] = []
    const errors: unknown[] = []
    const server = createServer({
      onError: error => void errors.push(error),
      onRefusal: refusal => {
        told.push(refusal)
        throw new Error('of onRefusal')
      },
    })
    running.push(server)
    const { url } = await server.listen()
    const listener = (message: unknown) => void published.push(message)
    subscribe('bothways:refusal', listener)
    running.push({ close: () => unsubscribe('bothways:refusal', listener) })
    await refusalOf(`${url}nowhere?token=secret`)
    expect(told).toEqual([
      {
        code: 'BW_NO_ROUTE',
        status: 404,
        reason: expect.stringContaining('No WebSocket is served at this path'),
        remoteAddress: '127.0.0.1',
        request: expect.objectContaining({ url: '/nowhere?token=secret' }),
      },
    ])
    expect(published).toEqual(told)
    await expect.poll(() => errors.map(String)).toEqual(['Error: of onRefusal'])
  })

  test('A request that cannot be read is told so, counted and told', async () => {
    const told: RefusalReport[] = []
    const server = createServer({ onRefusal: refusal => void told.push(refusal) })
    running.push(server)
    const { port } = await server.listen()
    for (const [request, status] of [
      ['NONSENSE\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ] as const) {
      const socket: Socket = connectTcp(port, '127.0.0.1')
      socket.write(request)
      const [answer] = await once(socket, 'data')
      expect(String(answer)).toMatch(`HTTP/1.1 ${status} `)
      socket.destroy()
    }
    expect(told.map(({ code, status }) => [code, status])).toEqual([
      ['BW_REQUEST_UNREADABLE', 400],
      ['BW_REQUEST_UNREADABLE', 431],
    ])
  })

  test('A broken rule is counted by its code and told to the channel', async () => {
    const published: unknown[] = []
    const server = createServer()
    running.push(server)
    const { url } = await server.route('/', {}).listen()
    const listener = (message: unknown) => void published.push(message)
    subscribe('bothways:violation', listener)
    running.push({ close: () => unsubscribe('bothways:violation', listener) })
    const client = await connect(url)
    client.connection.sendEncoded(Buffer.from([0x83, 0x80, 0, 0, 0, 0]))
    expect((await client.closed).code).toBe(1002)
    await expect.poll(() => server.counts.violations).toBe(1)
    expect(server.counts.violationsByCode).toEqual({ BW_RESERVED_OPCODE: 1 })
    expect(published).toEqual([
      { error: expect.objectContaining({ code: 'BW_RESERVED_OPCODE' }), socket: expect.anything() },
    ])
  })
})

test('An ordinary request to a server of its own does not keep its connection', async () => {
  const server = createServer()
  running.push(server)
  const { port } = await server.listen()
  const [response] = (await once(get({ port, host: '127.0.0.1' }), 'response')) as [IncomingMessage]
  response.resume()
  expect(response.headers.connection).toBe('Upgrade, close')
})
