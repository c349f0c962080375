// Koa answers HTTP, Bothways answers WebSocket, on one port.
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'bothways'
import Koa from 'koa'

const app = new Koa()
app.use(async (context, next) => {
  if (context.method === 'GET' && context.path === '/') context.body = 'HTTP by Koa'
  else await next()
})

const http = createHttpServer(app.callback())
createServer()
  .route('/echo', { message: (socket, message) => socket.send(message) })
  .attach(http)

http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${http.address().port}/`)
})
