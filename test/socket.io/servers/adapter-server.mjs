// One of several servers of Socket.IO that an adapter of npm's joins: `node adapter-server.mjs IMPLEMENTATION ADAPTER REDIS_URL`, or a
// worker of `adapter-workers.mjs IMPLEMENTATION`. IMPLEMENTATION: `socket.io` or `@bothways/socket.io`. Prints its port when it is
// ready.
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createClient } from 'redis'

const [implementation, adapter, url] = process.argv.slice(2)
const { Server } = await import(implementation)

async function connect() {
  const client = createClient({ url })
  client.on('error', () => {})
  return await client.connect()
}

const adapters = {
  async redis() {
    const { createAdapter } = await import('@socket.io/redis-adapter')
    return createAdapter(await connect(), await connect(), { requestsTimeout: 60_000 })
  },
  async 'redis, sharded'() {
    const { createShardedAdapter } = await import('@socket.io/redis-adapter')
    return createShardedAdapter(await connect(), await connect())
  },
  async 'redis streams'() {
    const { createAdapter } = await import('@socket.io/redis-streams-adapter')
    return createAdapter(await connect())
  },
  async cluster() {
    const { createAdapter } = await import('@socket.io/cluster-adapter')
    return createAdapter()
  },
}

const http = createServer()
const io = new Server(http, {
  adapter: await adapters[adapter](),
  ...(adapter === 'redis streams' && { connectionStateRecovery: {} }),
})
const { pid } = process

io.on('pids', answer => answer(pid))
io.on('connection', socket => {
  socket.on('name', (name, answer) => {
    socket.data.name = name
    answer()
  })
  socket.on('pid', answer => answer(pid))
  socket.on('join', (room, answer) => Promise.resolve(socket.join(room)).then(() => answer()))
  socket.on('rooms', answer => answer([...socket.rooms]))
  socket.on('to all', (...args) => io.emit(...args))
  socket.on('to room', (room, ...args) => io.to(room).emit(...args))
  socket.on('to others', (room, ...args) => socket.to(room).emit(...args))
  socket.on('to all but', (room, ...args) => io.except(room).emit(...args))
  socket.on('sockets', async (room, answer) => {
    const sockets = await io.in(room).timeout(60_000).fetchSockets()
    answer(sockets.map(({ id, data, rooms }) => ({ id, data, rooms: [...rooms] })))
  })
  socket.on('ask', async (room, timeoutMs, answer) => {
    try {
      answer({ answers: await io.to(room).timeout(timeoutMs).emitWithAck('who') })
    } catch (error) {
      answer({ error: error.message, answers: error.responses })
    }
  })
  socket.on('move', (from, to, answer) => {
    io.in(from).socketsJoin(to)
    io.in(from).socketsLeave(from)
    answer()
  })
  socket.on('dismiss', room => io.in(room).disconnectSockets())
  socket.on('servers', async answer => answer(await io.serverSideEmitWithAck('pids').catch(() => [])))
})

if (cluster.isWorker) {
  const { setupWorker } = await import('@socket.io/sticky')
  setupWorker(io)
  process.send('ready')
} else {
  // The process that started it has gone.
  process.stdin.resume().once('end', () => process.exit())
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  console.log(http.address().port)
}
