// The server speaks first: the time, every three seconds, beside an Express app that serves the page.
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'bothways'
import express from 'express'

const app = express()
app.get('/', (_, response) => response.sendFile('page.html', { root: import.meta.dirname }))

const http = createHttpServer(app)
const sockets = createServer().route('/clock', { open: socket => socket.subscribe('time') })
sockets.attach(http)

const everyMs = Number(process.env.EVERY_MS ?? 3_000)
setInterval(() => sockets.publish('time', new Date().toISOString()), everyMs)

http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${http.address().port}/`)
})
