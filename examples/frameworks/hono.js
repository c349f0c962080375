// Hono answers HTTP, Bothways answers WebSocket, on one port.
import { serve } from '@hono/node-server'
import { createServer } from 'bothways'
import { Hono } from 'hono'

const app = new Hono()
app.get('/', context => context.text('HTTP by Hono'))

const where = { fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' }
const http = serve(where, ({ port }) => console.log(`Open http://127.0.0.1:${port}/`))

createServer()
  .route('/echo', { message: (socket, message) => socket.send(message) })
  .attach(http)
