// One of several servers that share a Redis: `several-servers.mjs KIND REDIS_PORT`, forked. KIND: `topics`, `bothways-socket.io` or
// `npm-socket.io`. Says its port; told `{ count, inFlight, data }` it publishes so often to the room, and says when all is taken; told
// `cpu`, what it has computed.
import { createServer } from 'node:http'
import { Redis } from 'ioredis'

const [kind, redisPort] = process.argv.slice(2)
const client = new Redis(Number(redisPort))
const http = createServer()

async function openTopics() {
  const { createHub, createServer: createWebSocketServer, topicsRoute } = await import('bothways')
  const { RedisBroker } = await import('@bothways/redis')
  const broker = await RedisBroker.open({ client })
  const hub = createHub({ broker, topics: { room: { history: { count: 500, ageMs: 600_000 } } } })
  createWebSocketServer({ maxConnectionsPerAddress: 100_000 }).route('/', topicsRoute(hub)).attach(http)
  return data => hub.topic('room').publish(data)
}

async function openSocketIo() {
  let options
  let Server
  if (kind === 'npm-socket.io') {
    ;({ Server } = await import('socket.io'))
    const { createAdapter } = await import('@socket.io/redis-streams-adapter')
    options = { adapter: createAdapter(client) }
  } else {
    ;({ Server } = await import('@bothways/socket.io'))
    const { RedisBroker } = await import('@bothways/redis')
    options = { cluster: await RedisBroker.open({ client }) }
  }
  const io = new Server(http, { serveClient: false, ...options })
  io.on('connection', socket => socket.join('room'))
  return data => void io.to('room').emit('m', data)
}

const publish = await (kind === 'topics' ? openTopics() : openSocketIo())
process.on('message', async told => {
  if (told === 'cpu') {
    process.send(process.cpuUsage())
    return
  }
  const { count, inFlight, data } = told
  let left = count
  const work = async () => {
    while (left-- > 0) await publish(data)
  }
  await Promise.all(Array.from({ length: inFlight }, work))
  process.send('published')
})
process.once('disconnect', () => process.exit())
http.listen(0, '127.0.0.1', () => process.send({ port: http.address().port }))
