import nodejsWebsocket from 'nodejs-websocket'
import { isRoom, maxMessageBytes, ready } from './serve.mjs'

nodejsWebsocket.setMaxBufferLength(maxMessageBytes)
// It writes binary messages in pieces of this length, each a frame of its own.
nodejsWebsocket.setBinaryFragmentation(maxMessageBytes)
const server = nodejsWebsocket.createServer(connection => {
  const to = () => (isRoom ? server.connections : [connection])
  connection.on('error', () => {})
  connection.on('text', text => {
    for (const each of to()) each.sendText(text)
  })
  connection.on('binary', stream => {
    const chunks = []
    stream.on('data', chunk => chunks.push(chunk))
    stream.on('end', () => {
      const message = Buffer.concat(chunks)
      for (const each of to()) each.sendBinary(message)
    })
  })
})
server.listen(0, '127.0.0.1', () => ready(server.socket.address().port))
