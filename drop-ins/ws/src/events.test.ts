import { once } from 'node:events'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from './index.ts'

test('console.log of an event shows what it says, of an error event above all the error', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.on('connection', socket => {
    socket.send('text')
    socket.close(4000, 'why')
  })
  const shown: string[] = []
  const show = (event: unknown) => shown.push(inspect(event))
  const socket = new WebSocket(`ws://127.0.0.1:${port}`)
  socket.onopen = show
  socket.onmessage = show
  const closed = once(socket, 'close')
  socket.onclose = show
  await closed
  server.close()
  await once(server, 'close')
  const failing = new WebSocket(`ws://127.0.0.1:${port}`)
  const failed = new Promise(resolve => failing.addEventListener('error', resolve))
  show(await failed)
  expect(shown.slice(0, 3)).toEqual([
    "Event { type: 'open' }",
    "MessageEvent { type: 'message', data: 'text' }",
    "CloseEvent { type: 'close', code: 4000, reason: 'why', wasClean: true }",
  ])
  expect(shown[3]).toMatch(
    /^ErrorEvent \{\s+type: 'error',\s+message: 'connect ECONNREFUSED [^']+',\s+error: .*ECONNREFUSED/s,
  )
})
