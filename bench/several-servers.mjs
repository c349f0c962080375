// The cost of several servers: `node bench/several-servers.mjs`, after `npm run build`, with redis-server. Rooms of
// Socket.IO over two processes, with our drop-in and with npm's socket.io and @socket.io/redis-streams-adapter; and a topic with a
// thousand subscribers, at one process and at two. The processor time of all the servers is compared, which depends on
// nobody else on the machine; sides take turns.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { freePort } from '../tools/lib/free-port.mjs'
import { systemPrograms } from '../tools/lib/system-programs.mjs'
import { median } from './measure/statistics.mjs'

const program = new URL('peers/several-servers.mjs', import.meta.url)
const data = { text: 'x'.repeat(100) }
const rounds = 3

async function startRedis(folder) {
  const port = await freePort()
  const child = spawn(
    systemPrograms().redis,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('Ready to accept connections')) break
  }
  return { port, child }
}

async function startServer(kind, redisPort) {
  const child = fork(program, [kind, String(redisPort)])
  const [{ port }] = await once(child, 'message')
  return { child, port }
}

async function ask({ child }, question) {
  child.send(question)
  const [answer] = await once(child, 'message')
  return answer
}

/** A client in the room; `onMessage` is told each publication that reaches it. */
async function join_(kind, port, onMessage) {
  const isTopics = kind === 'topics'
  const path = isTopics ? '/' : '/socket.io/?EIO=4&transport=websocket'
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, isTopics ? ['bothways.v1'] : [], {
    perMessageDeflate: false,
  })
  await new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.on('message', bytes => {
      const start = bytes.toString('latin1', 0, 22)
      if (start.startsWith('42') || start.startsWith('{"type":"publication"')) onMessage()
      else if (start.startsWith('0')) socket.send('40')
      else if (start === '2') socket.send('3')
      else if (start.startsWith('40') || start.startsWith('{"type":"subscribed"')) resolve()
      else if (start.startsWith('{"type":"welcome"')) {
        socket.send(JSON.stringify({ type: 'subscribe', id: 1, topic: 'room' }))
      }
    })
  })
  return socket
}

/** Processor time of all servers together for each publication that has reached everybody, in µs; and publications a second. */
async function measure({ kind, processes, clients, count, inFlight, redisPort }) {
  const servers = []
  for (let at = 0; at < processes; at++) servers.push(await startServer(kind, redisPort))
  let heard = 0
  let wanted = Number.POSITIVE_INFINITY
  let wake = () => {}
  const onMessage = () => {
    if (++heard >= wanted) wake()
  }
  const sockets = []
  for (let at = 0; at < clients; at++) {
    sockets.push(await join_(kind, servers[at % processes].port, onMessage))
  }
  /** In small steps: npm's `emit` does not say when it is done, and what waits for the clients is not to grow. */
  const publish = async count => {
    for (let left = count; left > 0; left -= inFlight) {
      const all = new Promise(resolve => {
        wake = resolve
      })
      wanted = heard + clients * Math.min(left, inFlight)
      await ask(servers[0], { count: Math.min(left, inFlight), inFlight, data })
      if (heard < wanted) await all
    }
  }
  // npm's adapter begins to read where the stream stands by then.
  await new Promise(resolve => setTimeout(resolve, 500))
  await publish(inFlight * 4)
  const cpu = async () => {
    const all = await Promise.all(servers.map(server => ask(server, 'cpu')))
    return all.reduce((sum, { user, system }) => sum + user + system, 0)
  }
  const before = await cpu()
  const start = performance.now()
  await publish(count)
  const perSecond = (count / (performance.now() - start)) * 1000
  const micros = ((await cpu()) - before) / count
  for (const socket of sockets) socket.terminate()
  for (const { child } of servers) {
    child.disconnect()
    await once(child, 'exit')
  }
  return { micros, perSecond }
}

async function compare(title, sides) {
  const seen = sides.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [at, { options }] of sides.entries()) seen[at].push(await measure(options))
  }
  const micros = seen.map(all => median(all.map(it => it.micros)))
  const perSecond = seen.map(all => median(all.map(it => it.perSecond)))
  console.log(title)
  for (const [at, { name }] of sides.entries()) {
    console.log(`  ${name}: ${micros[at].toFixed(0)} µs a publication, ${perSecond[at].toFixed(0)} a second`)
  }
  console.log(`  processor time: ${(micros[0] / micros[1]).toFixed(2)}`)
}

const folder = mkdtempSync(join(tmpdir(), 'bothways-bench-'))
const { port: redisPort, child: redis } = await startRedis(folder)
const room = { processes: 2, clients: 100, count: 2_000, inFlight: 16, redisPort }
await compare('A room of Socket.IO, 50 clients at each of two processes', [
  { name: 'Bothways, RedisBroker', options: { kind: 'bothways-socket.io', ...room } },
  { name: 'npm, redis-streams-adapter', options: { kind: 'npm-socket.io', ...room } },
])
const topic = { kind: 'topics', clients: 1_000, count: 500, inFlight: 16, redisPort }
await compare('A topic with 1,000 subscribers', [
  { name: 'at two processes', options: { processes: 2, ...topic } },
  { name: 'at one', options: { processes: 1, ...topic } },
])
redis.kill()
rmSync(folder, { recursive: true, force: true })
