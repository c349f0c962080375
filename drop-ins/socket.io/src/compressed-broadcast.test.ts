import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'bothways'
import { Deflater } from 'bothways/connection'
import { afterEach, expect, test, vi } from 'vitest'
import { Server } from './public-classes.ts'

const ends: (() => unknown)[] = []

afterEach(async () => {
  vi.restoreAllMocks()
  for (const end of ends.splice(0).reverse()) await end()
})

test.each([
  { noContextTakeover: true, text: 'x'.repeat(2_000), expected: 1 },
  { noContextTakeover: true, text: 'x'.repeat(100_000), expected: 1 },
  { noContextTakeover: false, text: 'x'.repeat(2_000), expected: 3 },
])(
  'A broadcast of $text.length characters to 3 clients is compressed $expected times when no context takeover is $noContextTakeover',
  async ({ noContextTakeover, text, expected }) => {
    const { io, clients } = await stage(noContextTakeover)
    const deflate = vi.spyOn(Deflater.prototype, 'deflate')
    const messages = clients.map(next => next())
    io.emit('event', text)
    const expectedPacket = `42${JSON.stringify(['event', text])}`
    expect(await Promise.all(messages)).toEqual([expectedPacket, expectedPacket, expectedPacket])
    expect(countOf(deflate, text.length)).toBe(expected)
  },
)

test('A broadcast marked as not worth compressing is compressed for nobody', async () => {
  const { io, clients } = await stage(true)
  const deflate = vi.spyOn(Deflater.prototype, 'deflate')
  const messages = clients.map(next => next())
  io.compress(false).emit('event', 'x'.repeat(2_000))
  await Promise.all(messages)
  expect(countOf(deflate, 2_000)).toBe(0)
})

/** How many messages of at least so many bytes were compressed, by the server: the clients send none so long. */
function countOf(deflate: { mock: { calls: [Uint8Array, ...unknown[]][] } }, bytes: number): number {
  return deflate.mock.calls.filter(([part]) => part.length >= bytes).length
}

/** Three clients that have joined; each is a function that gives its next message. */
async function stage(
  noContextTakeover: boolean,
): Promise<{ io: Server; clients: (() => Promise<string>)[] }> {
  const http = createServer()
  const io = new Server(http, {
    perMessageDeflate: { threshold: 1_024, serverNoContextTakeover: noContextTakeover },
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  ends.push(() => io.close())
  const { port } = http.address() as AddressInfo
  const clients = await Promise.all(
    [1, 2, 3].map(async () => {
      const client = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`)
      ends.push(() => client.close())
      const next = (): Promise<string> =>
        new Promise(resolve =>
          client.addEventListener('message', event => resolve((event as MessageEvent).data as string), {
            once: true,
          }),
        )
      await next()
      const joined = next()
      client.send('40')
      await joined
      return next
    }),
  )
  return { io, clients }
}
