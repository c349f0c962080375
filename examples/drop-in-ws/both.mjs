// Server and client in one program, as an ES module: the server shouts back what the client says, until it says "bye".
import { once } from 'node:events'
import WebSocket, { WebSocketServer } from 'ws'

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) })
await once(server, 'listening')

server.on('connection', socket => {
  socket.on('message', data => {
    if (data.toString() === 'bye') socket.close(1000, 'Good bye')
    else socket.send(data.toString().toUpperCase())
  })
})

const client = new WebSocket(`ws://127.0.0.1:${server.address().port}/`)
client.onopen = () => {
  client.send('hello')
  client.send('bye')
}
client.onmessage = event => console.log(`Server: ${event.data}`)
client.onclose = event => {
  console.log(`Closed: ${event.code} ${event.reason}`)
  server.close()
}
