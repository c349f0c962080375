// One of several servers of Socket.IO: `node server.mjs BROKER`, or a worker of `workers.mjs`. Prints its port when it is ready.
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { Server } from '@bothways/socket.io'
import { workerBroker } from 'bothways'
import { openBroker } from '../../chaos/open-broker.mjs'

const http = createServer()
const io = new Server(http, {
  cluster: cluster.isWorker ? workerBroker() : await openBroker(process.argv[2], 5_000),
  connectionStateRecovery: {},
  // Also pings pass between the servers; more of them than that keep a busy machine from all else.
  pingInterval: 10_000,
  pingTimeout: 60_000,
  // All clients of a test are one process, which may be slow behind so many handshakes.
  firstRequestTimeout: 60_000,
})
const { pid } = process

io.on('pids', answer => answer(pid))
io.on('connection', socket => {
  socket.join('all')
  socket.on('echo', (data, answer) => answer(data))
  socket.on('pid', answer => answer(pid))
  socket.on('name', (name, answer) => {
    socket.data.name = name
    answer()
  })
  socket.on('state', answer => answer({ pid, data: socket.data, rooms: [...socket.rooms] }))
  socket.on('say', (...args) => socket.emit(...args))
  socket.on('tell', (event, ...args) => io.to('all').emit(event, ...args))
  socket.on('join', (room, answer) => answer(socket.join(room)))
  socket.on('sockets', async (room, answer) => {
    const sockets = await io.in(room).timeout(60_000).fetchSockets()
    answer(sockets.map(({ id }) => id))
  })
  socket.on('everybody', async (room, answer) => answer(await io.to(room).timeout(60_000).emitWithAck('who')))
  socket.on('servers', async answer => {
    // A server that has not answered in time is asked again.
    const { responses: others } = await io.serverSideEmitWithAck('pids').then(
      responses => ({ responses }),
      error => error,
    )
    answer([pid, ...others])
  })
  socket.on('call', async (id, answer) => {
    const [remote] = await io.in(id).timeout(60_000).fetchSockets()
    answer(await remote.timeout(60_000).emitWithAck('who'))
  })
})
process.once('SIGTERM', async () => {
  await io.close()
  process.exit()
})
if (cluster.isWorker) {
  http.listen(0, () => process.send({ port: http.address().port }))
} else {
  // The process that started it has gone.
  process.stdin.resume().once('end', () => process.exit())
  http.listen(0, '127.0.0.1', () => console.log(http.address().port))
}
