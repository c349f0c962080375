const { once } = require('node:events')
const { createServer } = require('node:http')
const websocket = require('websocket')
const { expected, which } = require('./which.cjs')

test('websocket is what this run is about', () => {
  expect(which(require.resolve('websocket'))).toBe(expected('websocket', 'index.cjs'))
})

test('websocket echoes, to its client and to its W3C client, and its classes are one each', async () => {
  const web = createServer()
  const server = new websocket.server({ httpServer: web, autoAcceptConnections: true })
  server.on('connect', connection => {
    connection.on('message', ({ utf8Data }) => connection.sendUTF(utf8Data))
  })
  web.listen(0, '127.0.0.1')
  await once(web, 'listening')
  const url = `ws://127.0.0.1:${web.address().port}/`

  const client = new websocket.client()
  const connected = once(server, 'connect')
  client.connect(url)
  const [connection] = await once(client, 'connect')
  expect(connection).toBeInstanceOf(websocket.connection)
  expect((await connected)[0]).toBeInstanceOf(websocket.connection)
  const echo = once(connection, 'message')
  connection.sendUTF('hello')
  expect((await echo)[0]).toEqual({ type: 'utf8', utf8Data: 'hello' })
  connection.close()
  expect((await once(connection, 'close'))[0]).toBe(1000)

  const socket = new websocket.w3cwebsocket(url)
  await new Promise(resolve => {
    socket.onopen = resolve
  })
  const event = await new Promise(resolve => {
    socket.onmessage = resolve
    socket.send('hello again')
  })
  expect(event.data).toBe('hello again')
  const closed = new Promise(resolve => {
    socket.onclose = resolve
  })
  server.shutDown()
  expect((await closed).code).toBe(1000)
  web.close()
  await once(web, 'close')
})
