import { createServer, type IncomingMessage } from 'node:http'
import * as ws from 'ws'
import { type Data, Server, type ServerOptions, WebSocket } from 'ws'

class Rooms extends Server {
  rooms = new Map<string, Set<WebSocket>>()
  override close(cb?: (error?: Error) => void): void {
    super.close(cb)
  }
  override shouldHandle(request: IncomingMessage): boolean {
    return request.url === '/' && this.rooms.size < 10
  }
}
class Counting extends WebSocket {
  count = 0
  override send(...args: unknown[]): void {
    this.count += 1
    super.send(args[0] as string)
  }
}
type Handler = (this: WebSocket, data: Data) => void

const one: Server = new Server({ server: createServer() } satisfies ServerOptions)
const other: ws.Server<typeof Counting> = new ws.WebSocketServer({ WebSocket: Counting, noServer: true })
other.clients.forEach(client => {
  client.count = 0
})
export const connect: (url: string) => { send(data: string): void } = url => new WebSocket(url)
export function listen(socket: ws.WebSocket, handler: Handler): number {
  for (const event of ['message', 'close'] as const) socket.on(event, () => new Rooms())
  socket.on('message', handler)
  socket.emit('message', Buffer.alloc(1), false)
  one.emit('connection', socket)
  return socket.removeAllListeners('message').listeners('message').length
}
