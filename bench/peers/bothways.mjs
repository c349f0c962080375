import { createServer } from 'bothways'
import { isDeflate, isRoom, maxMessageBytes, ready } from './serve.mjs'

const server = createServer({ compression: isDeflate, maxMessageBytes })
server.route(
  '/',
  isRoom
    ? {
        open: socket => socket.subscribe('room'),
        message: (_, message) => void server.publish('room', message),
      }
    : { message: (socket, message) => void socket.send(message) },
)
const { port } = await server.listen()
ready(port)
