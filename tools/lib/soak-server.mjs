// The server under soak, in a process of its own: started by soak.mjs, tells it what it holds.
import { createServer as createHttpServer } from 'node:http'
import { Server as SocketIo } from '@bothways/socket.io'
import { createServer } from 'bothways'
import { bounds } from './soak-bounds.mjs'

const errors = []
process.on('uncaughtException', error => errors.push(String(error?.stack ?? error)))
process.on('unhandledRejection', error => errors.push(String(error?.stack ?? error)))
process.on('warning', warning => errors.push(String(warning.stack)))

const server = createServer({
  origins: '*',
  transport: process.argv[2],
  compression: true,
  ...bounds.server,
  closeTimeoutMs: 500,
  handshakeTimeoutMs: 1_000,
  keepalive: { intervalMs: 1_000, timeoutMs: 1_000 },
  onError: error => errors.push(String(error?.stack ?? error)),
})
server.route('/echo', { protocols: 'any', message: (socket, message) => void socket.send(message) })
server.route('/room', {
  open: socket => socket.subscribe('room'),
  message: (socket, message) => void socket.publish('room', message),
})
server.route('/loop', {
  async open(socket) {
    for await (const message of socket) {
      await new Promise(resolve => setImmediate(resolve))
      socket.send(message)
    }
  },
})

const socketIoHttp = createHttpServer({ keepAliveTimeout: 500 })
const socketIo = new SocketIo(socketIoHttp, {
  ...bounds.socketIo,
  allowEIO3: true,
  serveClient: false,
  pingInterval: 500,
  pingTimeout: 500,
  connectTimeout: 1_000,
})
socketIo.on('connection', socket => socket.onAny((...event) => socket.emit(...event)))

const { port } = await server.listen()
await new Promise(resolve => socketIoHttp.listen(0, '127.0.0.1', resolve))
process.send({ port, socketIoPort: socketIoHttp.address().port })

// The most memory held, garbage included.
let peakRss = 0
setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage.rss())
}, 100).unref()

process.on('message', async request => {
  if (request === 'end') {
    await server.close({ timeoutMs: 2_000 })
    socketIo.close()
    process.disconnect()
    return
  }
  globalThis.gc()
  const { counts, sockets } = server
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  process.send({
    heap: heapUsed,
    arrayBuffers,
    rss,
    peakRss: Math.max(peakRss, rss),
    handles: process.getActiveResourcesInfo().filter(name => name.startsWith('TCPSocket')).length,
    connections: sockets.size,
    sessions: socketIo.engine.clientsCount,
    opened: counts.connections,
    refusals: counts.refusals,
    messages: counts.messagesReceived,
    errors,
  })
})
