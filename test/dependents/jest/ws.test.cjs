const { once } = require('node:events')
const WebSocket = require('ws')
const { expected, which } = require('./which.cjs')
const { WebSocket: OtherWebSocket, startServer } = require('./ws-server.cjs')

test('ws is what this run is about', () => {
  expect(which(require.resolve('ws'))).toBe(expected('ws', 'index.cjs'))
})

test('ws echoes, and its classes are the same in two files', async () => {
  expect(OtherWebSocket).toBe(WebSocket)
  const server = await startServer()
  expect(server).toBeInstanceOf(WebSocket.WebSocketServer)
  const client = new WebSocket(`ws://127.0.0.1:${server.address().port}`)
  const connected = once(server, 'connection')
  await once(client, 'open')
  expect((await connected)[0]).toBeInstanceOf(WebSocket)
  expect(server.clients.has((await connected)[0])).toBe(true)
  const sent = jest.spyOn(WebSocket.prototype, 'send')
  for (const message of ['hello', Buffer.from([0, 255])]) {
    const echo = once(client, 'message')
    client.send(message)
    const [data, isBinary] = await echo
    expect(isBinary ? data : String(data)).toEqual(message)
  }
  expect(sent).toHaveBeenCalledTimes(4)
  sent.mockRestore()
  const closed = once(client, 'close')
  client.close(1000, 'enough')
  expect(String((await closed)[1])).toBe('enough')
  server.close()
  await once(server, 'close')
})

test('ws echoes while the clock stands still', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
  try {
    const server = await startServer()
    const client = new WebSocket(`ws://127.0.0.1:${server.address().port}`)
    await once(client, 'open')
    const echo = once(client, 'message')
    client.send('hello')
    expect(String((await echo)[0])).toBe('hello')
    const closed = once(server, 'close')
    client.terminate()
    server.close()
    await closed
  } finally {
    jest.useRealTimers()
  }
})
