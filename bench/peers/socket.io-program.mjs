import { createServer } from 'node:http'
import { isRoom, maxMessageBytes, ready } from './serve.mjs'

/** A program on `socket.io`, for whichever package goes by that name. A message is an event `m`. */
export function serveSocketIo(Server) {
  const server = createServer()
  const io = new Server(server, { maxHttpBufferSize: maxMessageBytes, serveClient: false })
  io.on('connection', socket => {
    if (isRoom) socket.join('room')
    socket.on('m', message => {
      if (isRoom) io.to('room').emit('m', message)
      else socket.emit('m', message)
    })
  })
  server.listen(0, '127.0.0.1', () => ready(server.address().port))
}
