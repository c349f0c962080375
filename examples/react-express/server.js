// Express serves the page; a plain WebSocket and Socket.IO are on the same port. Each greets, answers, and tells the time.
import { createServer as createHttpServer } from 'node:http'
import { Server } from '@bothways/socket.io'
import { createServer } from 'bothways'
import express from 'express'

const everyMs = Number(process.env.EVERY_MS ?? 5_000)

const app = express()
app.use(express.static(process.env.DIST ?? 'dist', { root: import.meta.dirname }))
const http = createHttpServer(app)

const sockets = createServer()
sockets.route('/ws', {
  open: socket => {
    socket.send('你好 from the server')
    socket.subscribe('time')
  },
  message: (socket, text) => socket.send(`got: ${text}`),
})
sockets.attach(http)

const io = new Server(http)
io.on('connection', socket => {
  socket.send('你好 from the server')
  socket.on('message', text => socket.send(`got: ${text}`))
})

// Nobody asked.
setInterval(() => {
  const time = new Date().toLocaleTimeString()
  sockets.publish('time', time)
  io.send(time)
}, everyMs)

http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${http.address().port}/`)
})
