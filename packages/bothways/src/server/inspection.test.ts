import { once } from 'node:events'
import { inspect } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { createServer, type ServerSocket, WebSocket, WebSocketErrorEvent } from '../index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

test('console.log of a server, a socket and a client shows state, path and what waits', async () => {
  const server = createServer({ authenticate: () => ({ name: '张三' }) })
  cleanups.push(() => server.close({ timeoutMs: 0 }))
  const opened = new Promise<ServerSocket<{ name: string }>>(resolve => {
    server.route('/chat', { open: resolve, protocols: ['talk'] })
  })
  expect(inspect(server)).toMatch(/^Server \{ state: 'not listening', routes: \[ '\/chat' \], sockets: 0 \}$/)
  const { url, port } = await server.listen()
  const client = new WebSocket(`${url}chat`, 'talk')
  expect(inspect(client)).toContain("state: 'CONNECTING'")
  const [socket] = await Promise.all([opened, once(client, 'open')])
  expect(inspect(server)).toContain(`address: '127.0.0.1:${port}'`)
  for (const words of [
    "state: 'OPEN'",
    "path: '/chat'",
    "protocol: 'talk'",
    "user: { name: '张三' }",
    'bufferedAmount: 0',
  ])
    expect(inspect(socket)).toContain(words)
  expect(inspect(client)).toContain(`url: '${url}chat'`)
  expect(inspect({ deep: { deeper: { client } } })).toContain('[WebSocket]')
})

test('console.log of an error event shows its error and its message', () => {
  const text = inspect(new WebSocketErrorEvent(new Error('No connection to localhost')))
  expect(text).toMatch(/^ErrorEvent \{/)
  expect(text).toContain("message: 'No connection to localhost'")
  expect(text).toContain('Error: No connection to localhost')
})
