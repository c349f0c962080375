import { once } from 'node:events'
import { messagesOf } from '@bothways/test-support/messages'
import { WebSocket } from 'bothways'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InspectEvent } from '../messages.ts'
import { type Serving, startServe } from '../serve.ts'
import { inspectLimits } from './inspector.ts'

let serving: Serving
beforeAll(async () => {
  serving = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: false })
})
afterAll(() => serving.close())

const socketUrl = (path: string) => new URL(path, serving.url.replace('http', 'ws'))

async function watch() {
  const viewer = new WebSocket(socketUrl('/inspect'))
  const nextText = messagesOf(viewer)
  const next = async () => JSON.parse(String(await nextText())) as InspectEvent
  const first = await next()
  return { viewer, next, ticket: first.type === 'ticket' ? first.ticket : '' }
}

test('A page sees the handshake and the frames of the connection that has its ticket', async () => {
  const { viewer, next, ticket } = await watch()
  const headers = { Cookie: 'session=secret', Authorization: 'Bearer secret' }
  const socket = new WebSocket(socketUrl(`/echo?inspect=${ticket}`), [], { headers })
  await once(socket, 'open')
  expect(socket.extensions).toContain('permessage-deflate')
  const request = await next()
  expect(request).toMatchObject({ type: 'head', direction: 'up' })
  const { text } = request as { text: string }
  expect(text).toMatch(/^GET \/echo\?inspect=\w+ HTTP\/1\.1\r\n[\s\S]*Sec-WebSocket-Key: [\s\S]*\r\n\r\n$/)
  expect(text).not.toContain('secret')
  expect(await next()).toMatchObject({
    direction: 'down',
    text: expect.stringMatching(/^HTTP\/1\.1 101 Switching Protocols\r\n[\s\S]*Sec-WebSocket-Accept/),
  })

  socket.send('short 文')
  expect(await next()).toMatchObject({ direction: 'up', opcode: 1, bytes: 9, preview: 'short 文', fin: true })
  const echo = await next()
  expect(echo).toMatchObject({ direction: 'down', opcode: 1, header: '8109', preview: 'short 文' })
  expect(echo).not.toHaveProperty('maskingKey')

  socket.send('long '.repeat(1_000))
  for (const direction of ['up', 'down']) {
    const frame = await next()
    expect(frame).toMatchObject({ direction, rsv: [true, false, false], inflatedBytes: 5_000 })
    expect((frame as { bytes: number }).bytes).toBeLessThan(100)
  }
  const ping = socket.ping('are you there')
  expect(await next()).toMatchObject({ direction: 'up', opcode: 9 })
  expect(await next()).toMatchObject({ direction: 'down', opcode: 10 })
  await ping

  socket.close(4000, 'bye')
  expect(await next()).toMatchObject({ direction: 'up', opcode: 8, closeCode: 4000, preview: 'bye' })
  expect(await next()).toMatchObject({ direction: 'down', opcode: 8, closeCode: 4000 })
  expect(await next()).toMatchObject({ type: 'end' })
  viewer.terminate()
})

test('A refusal is shown with its reason, and a ticket is good for one connection', async () => {
  const { viewer, next, ticket } = await watch()
  const url = socketUrl(`/nowhere?inspect=${ticket}`)
  await once(new WebSocket(url), 'error')
  expect(await next()).toMatchObject({ type: 'head', direction: 'up' })
  expect(await next()).toMatchObject({
    type: 'head',
    direction: 'down',
    text: expect.stringMatching(/^HTTP\/1\.1 404 [\s\S]*No WebSocket is served at this path/),
  })
  expect(await next()).toMatchObject({ type: 'end' })
  const again = new WebSocket(socketUrl(`/echo?inspect=${ticket}`))
  await once(again, 'open')
  again.terminate()
  const sentinel = new WebSocket(socketUrl(`/echo?inspect=${'0'.repeat(32)}`))
  await once(sentinel, 'open')
  sentinel.terminate()
  viewer.close()
  await once(viewer, 'close')
})

test('A page of another site gets neither a ticket nor a look', async () => {
  const viewer = new WebSocket(socketUrl('/inspect'), [], { origin: 'https://evil.example' })
  await once(viewer, 'error')
  const { viewer: own, ticket } = await watch()
  const socket = new WebSocket(socketUrl(`/echo?inspect=${ticket}`), [], { origin: 'https://evil.example' })
  await once(socket, 'error')
  own.terminate()
})

test('A page that reads too slowly hears how many frames were left out', async () => {
  const { viewer, next, ticket } = await watch()
  const socket = new WebSocket(socketUrl(`/echo?inspect=${ticket}`), [], { compression: false })
  await once(socket, 'open')
  const count = 5 * inspectLimits.eventsInTurn
  for (let at = 0; at < count; at++) socket.send('x')
  await socket.ping()
  socket.close()
  let [shown, skipped] = [0, 0]
  for (;;) {
    const event = await next()
    if (event.type === 'frame') shown++
    if (event.type === 'skipped') skipped += event.count
    if (event.type === 'end') break
  }
  expect(skipped).toBeGreaterThan(0)
  // All messages and their echoes, a ping, a pong and two close frames.
  expect(shown + skipped).toBe(2 * count + 4)
  viewer.terminate()
})

test('The viewers have a bound', async () => {
  const viewers = await Promise.all(Array.from({ length: inspectLimits.viewers }, watch))
  const [refused] = await once(new WebSocket(socketUrl('/inspect')), 'close')
  expect(refused.code).toBe(1013)
  for (const { viewer } of viewers) viewer.terminate()
})
