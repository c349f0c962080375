// The page is Express's, and on the same port every client that connects is pushed the time every three seconds.
const { createServer } = require('node:http')
const express = require('express')
const { WebSocket, WebSocketServer } = require('ws')

const app = express()
app.get('/', (_, response) => response.sendFile('page.html', { root: __dirname }))

const http = createServer(app)
const sockets = new WebSocketServer({ server: http, path: '/time' })

sockets.on('connection', (_, request) => {
  const { remoteAddress, remotePort } = request.socket
  console.log(`${remoteAddress}:${remotePort} came, ${sockets.clients.size} connected`)
})

const everyMs = Number(process.env.EVERY_MS ?? 3_000)
const timer = setInterval(() => {
  const time = new Date().toISOString()
  for (const socket of sockets.clients) {
    if (socket.readyState === WebSocket.OPEN) socket.send(time)
  }
}, everyMs)

http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${http.address().port}/`)
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    clearInterval(timer)
    for (const socket of sockets.clients) socket.close(1001, 'Good night')
    sockets.close()
    http.close(() => console.log('Stopped'))
    http.closeAllConnections() // Browsers keep some open, for later.
  })
}
