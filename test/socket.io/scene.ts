import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type ServerOptions } from '../../drop-ins/socket.io/src/index.ts'

export interface Scene {
  readonly io: Server
  readonly port: number
  close(): Promise<void>
}

/** A server for `conversation.ts` and `peers/client.py`; `pages` answers what is not Socket.IO. */
export async function openScene(
  options: Partial<ServerOptions> = {},
  pages?: RequestListener,
): Promise<Scene> {
  const http = createServer(pages)
  const io = new Server(http, { allowEIO3: true, ...options })
  for (const namespace of [io, io.of('/other')]) {
    namespace.on('connection', socket => {
      socket.emit('welcome', 'hello', { from: 'server' })
      socket.on('ask', (...args) => args.pop()(args))
      socket.on('bytes', (...args) => socket.emit('bytes', ...args))
      socket.on('join', async (room, ack) => {
        await socket.join(room)
        ack()
      })
      socket.on('tell', (room, text) => namespace.to(room).emit('told', text))
      socket.on('tell all the end', () => namespace.emit('end'))
      socket.on('transport', ack => ack(socket.conn.transport.name))
      socket.on('throw me out', () => socket.disconnect())
    })
  }
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    io,
    port: (http.address() as AddressInfo).port,
    async close() {
      http.close()
      // Browsers keep connections to spare, on which nothing was asked: they would be waited for.
      http.closeAllConnections()
      await io.close()
    },
  }
}
