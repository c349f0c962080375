import { once } from 'node:events'
import WebSocket, { WebSocketServer } from 'ws'

test('ws echoes as an ES module', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', client => client.on('message', data => client.send(data)))
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${server.address().port}`)
  expect(client).toBeInstanceOf(WebSocket.WebSocket)
  await once(client, 'open')
  const echo = once(client, 'message')
  client.send('hello')
  expect(String((await echo)[0])).toBe('hello')
  client.terminate()
  server.close()
  await once(server, 'close')
})
