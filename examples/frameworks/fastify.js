// Fastify answers HTTP, Bothways answers WebSocket, on one port.
import { createServer } from 'bothways'
import Fastify from 'fastify'

const app = Fastify()
app.get('/', () => 'HTTP by Fastify')

const sockets = createServer().route('/echo', {
  message: (socket, message) => socket.send(message),
})
sockets.attach(app.server)
// app.close() does not know open WebSockets, and would wait for them.
app.addHook('preClose', () => sockets.close())

console.log(`Open ${await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })}/`)
