import { createServer } from 'node:http'
import websocket from 'websocket'
import { isRoom, maxMessageBytes, ready } from './serve.mjs'

const httpServer = createServer()
const server = new websocket.server({
  httpServer,
  autoAcceptConnections: true,
  maxReceivedFrameSize: maxMessageBytes,
  maxReceivedMessageSize: maxMessageBytes,
  // The load looks at whole frames.
  fragmentOutgoingMessages: false,
})
server.on('connect', connection => {
  connection.on('message', message => {
    const to = isRoom ? server.connections : [connection]
    for (const each of to) {
      if (message.type === 'utf8') each.sendUTF(message.utf8Data)
      else each.sendBytes(message.binaryData)
    }
  })
})
httpServer.listen(0, '127.0.0.1', () => ready(httpServer.address().port))
