import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from '../client/websocket.ts'
import { formatMetrics, serverMetrics } from './metrics.ts'
import { createServer } from './server.ts'

test('A server says to Prometheus what it has done and who is there', async () => {
  const server = createServer({ authenticate: request => request.url.search === '' })
  server.route('/', { message: (socket, message) => socket.send(message) })
  const { url } = await server.listen()
  const socket = new WebSocket(url)
  await once(socket, 'open')
  socket.send('four')
  await once(socket, 'message')
  await once(new WebSocket(`${url}?stranger`), 'error')
  const text = formatMetrics([
    ...serverMetrics(server),
    { name: 'own', type: 'gauge', help: 'My own.', value: 7 },
  ])
  for (const line of [
    'bothways_connections 1',
    '# TYPE bothways_connections_total counter',
    'bothways_messages_total{direction="in"} 1',
    'bothways_bytes_total{direction="out"} 4',
    'bothways_buffered_bytes 0',
    '# HELP own My own.',
    'own 7',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
  expect(text).toMatch(/^bothways_refusals_by_reason_total\{reason="BW_\w+"\} 1$/m)
  socket.terminate()
  await server.close()
})
