// A conversation by each drop-in, server and client, in whatever runtime starts this.
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import nodejsWebsocket from '@bothways/nodejs-websocket'
import { Server as SocketIoServer } from '@bothways/socket.io'
import websocket from '@bothways/websocket'
import { WebSocket, WebSocketServer } from '@bothways/ws'
import { io } from 'socket.io-client'

const long = '文'.repeat(70_000)
const told = {}

{
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true })
  server.on('connection', socket =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  )
  await once(server, 'listening')
  const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}`)
  await once(socket, 'open')
  socket.send(long)
  const [text] = await once(socket, 'message')
  socket.send(Buffer.from([1, 2, 3]))
  const [bytes, isBinary] = await once(socket, 'message')
  socket.close(4001, 'bye')
  const [code, reason] = await once(socket, 'close')
  told.ws = [String(text) === long, [...bytes], isBinary, code, String(reason)]
  server.close()
}
{
  const http = createHttpServer().listen(0, '127.0.0.1')
  await once(http, 'listening')
  const server = new websocket.server({ httpServer: http })
  server.on('request', request => {
    const connection = request.accept('echo', request.origin)
    connection.on('message', ({ utf8Data }) => connection.sendUTF(utf8Data))
  })
  const client = new websocket.client()
  client.connect(`ws://127.0.0.1:${http.address().port}/`, 'echo')
  const [connection] = await once(client, 'connect')
  connection.sendUTF('hello')
  const [{ utf8Data }] = await once(connection, 'message')
  connection.close()
  const [code] = await once(connection, 'close')
  told.websocket = [utf8Data, connection.protocol, code]
  http.close()
}
{
  const server = nodejsWebsocket.createServer(connection => {
    connection.on('text', text => connection.sendText(text))
    connection.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server.socket, 'listening')
  const connection = nodejsWebsocket.connect(`ws://127.0.0.1:${server.socket.address().port}/`)
  await once(connection, 'connect')
  connection.sendText('hello')
  const [text] = await once(connection, 'text')
  told['nodejs-websocket'] = text
  connection.close()
  server.close()
}
for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
  const http = createHttpServer()
  const server = new SocketIoServer(http)
  server.on('connection', socket => socket.on('say', (text, answer) => answer(`${text}!`)))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const socket = io(`http://127.0.0.1:${http.address().port}`, { transports })
  told[`socket.io ${transports}`] = await new Promise(resolve => socket.emit('say', 'hello', resolve))
  socket.close()
  server.close()
}
console.log(JSON.stringify(told))
globalThis.process.exit(0)
