// Express answers HTTP, Bothways answers WebSocket, on one port.
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'bothways'
import express from 'express'

const app = express()
app.get('/', (_, response) => response.send('HTTP by Express'))

const http = createHttpServer(app)
createServer()
  .route('/echo', { message: (socket, message) => socket.send(message) })
  .attach(http)

http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${http.address().port}/`)
})
