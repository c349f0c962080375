// npm run soak -- [--minutes N] [--seconds N] [--seed S] [--clients N] [--transport auto|stream]
//
// Random clients against our server in a process of its own: they connect, send messages of random sizes, fragment,
// ping, publish, read slowly, vanish, and break rules. Prints what the server's process holds every ten seconds; fails
// when, after all clients have gone, anything is left: a connection, a handle, growing memory, an unhandled error.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { randomClient, seededRandom } from './soak-client.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    clients: { type: 'string', default: '40' },
    transport: { type: 'string', default: 'auto' },
  },
})
const durationMs = values.minutes ? Number(values.minutes) * 60_000 : Number(values.seconds) * 1_000
const clientCount = Number(values.clients)
const random = seededRandom(Number(values.seed))
console.log(
  `Soak: ${durationMs / 1_000} s, ${clientCount} clients at a time, seed ${values.seed}, transport ${values.transport}`,
)

const server = fork(fileURLToPath(new URL('soak-server.mjs', import.meta.url)), [values.transport], {
  execArgv: ['--expose-gc'],
})
const exited = once(server, 'exit')
const [{ port }] = await once(server, 'message')

/** Asks the server's process what it holds after a garbage collection. */
async function look() {
  server.send('look')
  const [report] = await once(server, 'message')
  return report
}

let finished = 0
const endAtMs = performance.now() + durationMs
const heaps = []

async function keepComing() {
  while (performance.now() < endAtMs) {
    await randomClient(port, random)
    finished++
  }
}

const clients = Array.from({ length: clientCount }, keepComing)
const idle = await look()
const timer = setInterval(async () => {
  const { heap, rss, connections, opened, messages } = await look()
  heaps.push(heap)
  const MiB = bytes => `${(bytes / 1_048_576).toFixed(1)} MiB`
  const seconds = Math.round((performance.now() - endAtMs + durationMs) / 1_000)
  console.log(
    `${String(seconds).padStart(4)} s  clients ${finished}  opened ${opened}  open ${connections}  ` +
      `messages ${messages}  heap ${MiB(heap)}  rss ${MiB(rss)}`,
  )
}, 10_000)
await Promise.all(clients)
clearInterval(timer)

// What has vanished is noticed by the keepalive; the last look comes after that.
const deadline = performance.now() + 30_000
let last = await look()
while ((last.connections > 0 || last.handles > idle.handles) && performance.now() < deadline) {
  await new Promise(resolve => setTimeout(resolve, 200))
  last = await look()
}
server.send('end')
const [exitCode] = await exited

const third = Math.floor(heaps.length / 3)
const mean = list => list.reduce((sum, value) => sum + value, 0) / list.length
const growth = third > 0 ? mean(heaps.slice(-third)) / mean(heaps.slice(0, third)) : 1
const problems = [
  last.connections > 0 && `${last.connections} connections are left`,
  last.handles > idle.handles && `${last.handles} handles are left, there were ${idle.handles} before`,
  growth > 1.25 && `the heap grew by the factor ${growth.toFixed(2)} from the first third to the last`,
  last.errors.length > 0 && `unhandled errors: ${last.errors.join('; ')}`,
  exitCode !== 0 && `the server's process ended with ${exitCode}`,
].filter(Boolean)

console.log(
  `${finished} clients, ${last.opened} connections, ${last.refusals} refusals, ${last.messages} messages; heap ` +
    `${(last.heap / 1_048_576).toFixed(1)} MiB at the end, ${(idle.heap / 1_048_576).toFixed(1)} MiB at the start; ` +
    `last third of the heap to the first: ${growth.toFixed(2)}`,
)
for (const problem of problems) console.error(`Problem: ${problem}`)
process.exitCode = problems.length > 0 ? 1 : 0
