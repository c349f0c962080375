const { once } = require('node:events')
const websocket = require('nodejs-websocket')
const { expected, which } = require('./which.cjs')

test('nodejs-websocket is what this run is about', () => {
  expect(which(require.resolve('nodejs-websocket'))).toBe(expected('nodejs-websocket', 'index.cjs'))
})

test('nodejs-websocket echoes', async () => {
  const server = websocket.createServer(connection => {
    connection.on('text', text => connection.sendText(text))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = websocket.connect(`ws://127.0.0.1:${server.socket.address().port}/`)
  await once(client, 'connect')
  const echo = once(client, 'text')
  client.sendText('hello')
  expect((await echo)[0]).toBe('hello')
  const closed = once(client, 'close')
  client.close(1000, 'enough')
  expect(await closed).toEqual([1000, 'enough'])
  const ended = once(server, 'close')
  server.close()
  await ended
})
