import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { connect, type TestClient } from '@bothways/test-support/test-client'
import { afterEach, expect, test } from 'vitest'
import { createServer as createWebSocketServer } from '../../server/server.ts'
import type { ServerSocket } from '../../server/server-socket.ts'
import { streamBinding } from './tcp-handle.ts'

const running: { close(): unknown }[] = []
afterEach(async () => {
  for (const it of running.splice(0).toReversed()) await it.close()
})

interface Stage {
  readonly client: TestClient
  /** The server's end of the client's TCP connection, kept from the HTTP server's event `connection`. */
  readonly kept: Socket
  readonly server: ServerSocket
  readonly transport: 'auto' | 'stream'
}

const transports = [{ transport: 'auto' }, { transport: 'stream' }] as const

/** @param before what a program does with the socket before the handshake */
async function open(transport: 'auto' | 'stream', before = (_: Socket) => {}): Promise<Stage> {
  const http: HttpServer = createServer()
  const keeping = new Promise<Socket>(resolve => {
    http.once('connection', socket => {
      before(socket)
      resolve(socket)
    })
  })
  const server = createWebSocketServer({ transport })
  const opening = new Promise<ServerSocket>(resolve => {
    server.route('/', { open: resolve, message: (socket, message) => void socket.send(message) })
  })
  server.attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  running.push({ close: () => http.close() }, server)
  const client = await connect(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/`)
  return { client, kept: await keeping, server: await opening, transport }
}

async function echo({ client }: Stage, text: string): Promise<void> {
  client.connection.send(text)
  expect(await client.next()).toBe(text)
}

test.each(transports)('A socket tells the truth about itself ($transport)', async ({ transport }) => {
  const { kept } = await open(transport)
  expect(kept).toBeInstanceOf(Socket)
  expect(kept.constructor).toBe(Socket)
})

test.each(transports)('An idle time is put off by traffic, both ways ($transport)', async ({ transport }) => {
  const stage = await open(transport)
  await echo(stage, 'before')
  let isIdle = false
  const idle = new Promise<void>(resolve => {
    stage.kept.setTimeout(400, () => {
      isIdle = true
      resolve()
    })
  })
  const end = performance.now() + 1_000
  for (let direction = 0; performance.now() < end; direction++) {
    if (direction % 2 === 0) {
      stage.server.send('to the client')
      await stage.client.next()
    } else {
      await echo(stage, 'both ways')
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  expect(isIdle).toBe(false)
  await idle
})

test.each(transports)('pause holds, resume goes on ($transport)', async ({ transport }) => {
  const stage = await open(transport)
  await echo(stage, 'before')
  stage.kept.pause()
  stage.client.connection.send('held')
  stage.server.send('sent meanwhile')
  expect(await stage.client.next()).toBe('sent meanwhile')
  expect(stage.server.bytesReceived).toBeGreaterThan(0)
  stage.kept.resume()
  expect(await stage.client.next()).toBe('held')
})

const listeningWays: readonly (readonly [
  name: string,
  listen: (socket: Socket, take: (chunk: Buffer) => void) => void,
])[] = [
  ['on', (socket, take) => void socket.on('data', take)],
  ['addListener', (socket, take) => void socket.addListener('data', take)],
  ['prependListener', (socket, take) => void socket.prependListener('data', take)],
  ['once', (socket, take) => void socket.once('data', take)],
  ['prependOnceListener', (socket, take) => void socket.prependOnceListener('data', take)],
]

test.each(transports.flatMap(({ transport }) => listeningWays.map(way => [transport, ...way] as const)))(
  'Listeners hear the data, and the connection does as well (%s, %s)',
  async (transport, _, listen) => {
    const stage = await open(transport)
    await echo(stage, 'before')
    const heard: number[] = []
    listen(stage.kept, chunk => void heard.push(chunk.length))
    await echo(stage, '12345')
    expect(heard).toEqual([11])
  },
)

test.each(transports)('So do listeners from before the handshake ($transport)', async ({ transport }) => {
  let heard = ''
  const stage = await open(
    transport,
    socket => void socket.on('data', chunk => (heard += chunk.toString('latin1'))),
  )
  await echo(stage, '12345')
  expect(heard.slice(heard.indexOf('\r\n\r\n') + 4)).toHaveLength(11)
})

test.runIf(streamBinding !== undefined)('What the socket writes comes behind what was sent', async () => {
  const stage = await open('auto')
  stage.server.send('one')
  stage.kept.write(Buffer.from([0x81, 3, 0x74, 0x77, 0x6f]))
  stage.server.send('three')
  const received = [await stage.client.next(), await stage.client.next(), await stage.client.next()]
  expect(received).toEqual(['one', 'two', 'three'])
})

test.runIf(streamBinding !== undefined)('end lets out what was sent', async () => {
  const { server, kept, client } = await open('auto')
  server.send('last')
  kept.end()
  expect(await client.next()).toBe('last')
  expect((await client.closed).code).toBe(1006)
})

test.each(transports)('destroy ends at once ($transport)', async ({ transport }) => {
  const { kept, client } = await open(transport)
  kept.destroy(new Error('mine'))
  expect((await client.closed).code).toBe(1006)
})
