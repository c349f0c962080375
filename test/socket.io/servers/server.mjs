// One of several servers of Socket.IO: `node server.mjs REDIS_URL`. Prints its port when it is ready.
import { createServer } from 'node:http'
import { RedisBroker } from '@bothways/redis'
import { Server } from '@bothways/socket.io'
import { createClient } from 'redis'

const client = createClient({ url: process.argv[2] })
client.on('error', () => {})
await client.connect()
const http = createServer()
const cluster = await RedisBroker.open({ client })
const io = new Server(http, {
  cluster,
  connectionStateRecovery: {},
  pingInterval: 2_000,
  pingTimeout: 30_000,
})
const { pid } = process

io.on('pids', answer => answer(pid))
io.on('connection', socket => {
  socket.join('all')
  socket.on('echo', (data, answer) => answer(data))
  socket.on('pid', answer => answer(pid))
  socket.on('tell', (event, ...args) => io.to('all').emit(event, ...args))
  socket.on('join', (room, answer) => answer(socket.join(room)))
  socket.on('sockets', async (room, answer) => answer((await io.in(room).fetchSockets()).map(({ id }) => id)))
  socket.on('everybody', async (room, answer) => answer(await io.to(room).timeout(30_000).emitWithAck('who')))
  socket.on('servers', async answer => answer([pid, ...(await io.serverSideEmitWithAck('pids'))]))
  socket.on('call', async (id, answer) => {
    const [remote] = await io.in(id).fetchSockets()
    answer(await remote.timeout(30_000).emitWithAck('who'))
  })
})
process.once('SIGTERM', async () => {
  await io.close()
  process.exit()
})
// The process that started it has gone.
process.stdin.resume().once('end', () => process.exit())

http.listen(0, '127.0.0.1', () => console.log(http.address().port))
