// The server under soak, in a process of its own: started by soak.mjs, tells it what it holds.
import { createServer } from 'bothways'

const errors = []
process.on('uncaughtException', error => errors.push(String(error?.stack ?? error)))
process.on('unhandledRejection', error => errors.push(String(error?.stack ?? error)))
process.on('warning', warning => errors.push(String(warning.stack)))

const server = createServer({
  origins: '*',
  transport: process.argv[2],
  compression: true,
  maxMessageBytes: 1024 * 1024,
  maxBufferedBytes: 4 * 1024 * 1024,
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
const { port } = await server.listen()
process.send({ port })

process.on('message', async request => {
  if (request === 'end') {
    await server.close({ timeoutMs: 2_000 })
    process.disconnect()
    return
  }
  globalThis.gc()
  const { counts, sockets } = server
  process.send({
    heap: process.memoryUsage().heapUsed,
    rss: process.memoryUsage().rss,
    handles: process.getActiveResourcesInfo().filter(name => name.startsWith('TCPSocket')).length,
    connections: sockets.size,
    opened: counts.connections,
    refusals: counts.refusals,
    messages: counts.messagesReceived,
    errors,
  })
})
