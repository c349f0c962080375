import { isDeflate, isRoom, isText, maxMessageBytes, ready } from './serve.mjs'

/** A program on `ws`, for whichever package goes by that name. */
export function serveWs(WebSocketServer) {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    perMessageDeflate: isDeflate,
    maxPayload: maxMessageBytes,
  })
  server.on('connection', socket => {
    socket.on('message', (data, isBinary) => {
      if (isRoom) for (const client of server.clients) client.send(data, { binary: isBinary })
      else if (isText) socket.send(data.toString())
      else socket.send(data, { binary: isBinary })
    })
  })
  server.on('listening', () => ready(server.address().port))
}
