// One port, one room, two kinds of clients in it: plain WebSockets, and those of Socket.IO.
import { createServer as createHttpServer } from 'node:http'
import { Server } from '@bothways/socket.io'
import { createServer } from 'bothways'

const http = createHttpServer((_, response) => response.end('Come as a WebSocket, or with Socket.IO.\n'))

const server = createServer({
  authenticate: request => ({ name: request.url.searchParams.get('name') ?? 'somebody' }),
})
server.route('/room', {
  open: socket => socket.subscribe('room'),
  message: (socket, text) => say(socket.user.name, text),
})
server.attach(http)

// The rooms of Socket.IO are the topics of the other: a client that joins a room subscribes to a topic.
const io = new Server(http, { topics: server })
io.on('connection', socket => {
  socket.join('room')
  socket.on('message', text => say(socket.handshake.auth.name ?? 'somebody', text))
})

// A message to plain clients, the event `message` to the others.
function say(name, text) {
  server.publish('room', `${name}: ${text}`)
}

// An event to clients of Socket.IO, the text ["time","…"] to plain ones.
setInterval(() => io.to('room').emit('time', new Date().toLocaleTimeString()), 3_000)

http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Socket.IO is on http://127.0.0.1:${http.address().port}/ and plain WebSocket on its /room`)
})
