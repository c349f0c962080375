// npm run soak -- [--minutes N] [--seconds N] [--seed S] [--clients N] [--attackers N] [--only TEXT]
//   [--transport auto|stream]
//
// A crowd against our servers, which have a process of their own: random clients that connect, send messages of random
// sizes, fragment, ping, publish, read slowly, vanish and break rules; and attackers that flood, stall, leave things
// unfinished and send bombs; `--only` picks those whose name has that in it. Beside them one honest client, whose echoes are timed. Prints every ten seconds what the
// servers hold; fails when they hold more than their bounds allow, when the honest client is cut, or when, after all
// have gone, anything is left: a connection, a session, a handle, growing memory, an unhandled error. From a minute on
// the crowd goes and comes again: the memory held while nobody is there is compared, since while they are there it depends
// on what they have open.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mostHeldBytes } from '../lib/soak-bounds.mjs'
import { HonestClient, percentile } from '../lib/soak-honest.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    clients: { type: 'string', default: '40' },
    attackers: { type: 'string', default: '6' },
    only: { type: 'string', default: '' },
    transport: { type: 'string', default: 'auto' },
  },
})
const durationMs = values.minutes ? Number(values.minutes) * 60_000 : Number(values.seconds) * 1_000
const { clients, attackers, only, seed, transport } = values
console.log(
  `Soak: ${durationMs / 1_000} s, ${clients} clients and ${attackers} attackers at a time, seed ${seed}, transport ${transport}`,
)

const inLibrary = name => fileURLToPath(new URL(`../lib/${name}`, import.meta.url))
const server = fork(inLibrary('soak-server.mjs'), [transport], { execArgv: ['--expose-gc'] })
const exited = once(server, 'exit')
const [ports] = await once(server, 'message')

/** Asks the server's process what it holds after a garbage collection. */
async function look() {
  server.send('look')
  const [report] = await once(server, 'message')
  return { ...report, held: report.heap + report.arrayBuffers }
}

const MiB = bytes => `${(bytes / 1_048_576).toFixed(1)} MiB`
const ms = time => `${time.toFixed(1)} ms`
const echoes = times => `echoes p50 ${ms(percentile(times, 0.5))} p99 ${ms(percentile(times, 0.99))}`

const idle = await look()
const honest = new HonestClient()
honest.start(ports.port)

const roundCount = durationMs >= 60_000 ? 4 : 1
/** Of all rounds that are over, and of the one under way. */
const finished = { clients: 0, attacks: {} }
let running = { clients: 0, attacks: {} }
const clientCount = () => finished.clients + running.clients
const sumOf = attacks => Object.values(attacks).reduce((sum, count) => sum + count, 0)
const attackCount = () => sumOf(finished.attacks) + sumOf(running.attacks)

const startMs = performance.now()
/** The server's figures between the rounds, with the honest client alone. */
const rests = []
const failedCrowds = []
let mostHeld = idle.held
let timed = 0
for (let round = 0; round < roundCount; round++) {
  await runCrowd(Number(seed) + round)
  rests.push(await restBehind())
}
honest.stop()

/** A crowd comes, and goes. */
async function runCrowd(ofSeed) {
  const crowd = fork(inLibrary('soak-crowd.mjs'))
  const exited = once(crowd, 'exit')
  crowd.on('message', report => {
    running = report
  })
  crowd.send({
    ports,
    seed: ofSeed,
    durationMs: durationMs / roundCount,
    clients: Number(clients),
    attackers: Number(attackers),
    only,
  })
  const watching = watch(crowd, exited)
  const [code] = await exited
  await watching
  if (code !== 0) failedCrowds.push(`a crowd's process ended with ${code}`)
  finished.clients += running.clients
  for (const [name, count] of Object.entries(running.attacks)) {
    finished.attacks[name] = (finished.attacks[name] ?? 0) + count
  }
  running = { clients: 0, attacks: {} }
}

/** Short of ten seconds there is one look in the middle. */
async function watch(crowd, crowdExited) {
  const everyMs = Math.min(10_000, durationMs / roundCount / 2)
  while (!running.isOver && crowd.exitCode === null) {
    await Promise.race([crowdExited, new Promise(resolve => setTimeout(resolve, everyMs))])
    if (crowd.exitCode !== null) return
    print(await look())
  }
}

function print({ heap, arrayBuffers, held, rss, connections, sessions, messages }) {
  mostHeld = Math.max(mostHeld, held)
  const times = honest.times.slice(timed)
  timed = honest.times.length
  console.log(
    `${String(Math.round((performance.now() - startMs) / 1_000)).padStart(4)} s  clients ${clientCount()}  ` +
      `attacks ${attackCount()}  open ${connections}  sessions ${sessions}  messages ${messages}  ` +
      `heap ${MiB(heap)}  array buffers ${MiB(arrayBuffers)}  rss ${MiB(rss)}  ${echoes(times)}`,
  )
}

/**
 * The server's figures once all but the honest client have gone. A client that has vanished is noticed by the keepalive,
 * behind the messages that it has sent.
 */
async function restBehind() {
  let rest = await look()
  let quietSinceMs = performance.now()
  // Handlers may still have messages of connections that are gone.
  let isBusy = true
  while ((isBusy || rest.connections > 1 || rest.sessions > 0) && performance.now() - quietSinceMs < 30_000) {
    await new Promise(resolve => setTimeout(resolve, 200))
    const earlier = rest
    rest = await look()
    isBusy = rest.messages - earlier.messages > 100 || rest.connections < earlier.connections
    if (isBusy) quietSinceMs = performance.now()
  }
  // Memory of buffers that were collected is given back a while later.
  let least = rest
  for (let count = 0; count < 10; count++) {
    await new Promise(resolve => setTimeout(resolve, 200))
    rest = await look()
    if (rest.held < least.held) least = rest
  }
  print(least)
  return least
}

// A client that has vanished is noticed by the keepalive; the last look comes after that.
/** From the end of a round to that of the last one: code that was compiled, caches that are not full. */
const mostGrownBytes = 4 * 1_048_576
/** The memory that stays: code that was compiled, caches of Node's. */
const mostLeftBytes = 24 * 1_048_576
const deadline = performance.now() + 30_000
let last = await look()
const isLeft = () =>
  last.connections > 0 ||
  last.sessions > 0 ||
  last.handles > idle.handles ||
  last.held - idle.held > mostLeftBytes
while (isLeft() && performance.now() < deadline) {
  await new Promise(resolve => setTimeout(resolve, 200))
  last = await look()
}
server.send('end')
const [exitCode] = await exited

const grown = rests.at(-1).held - Math.min(...rests.map(({ held }) => held))
const problems = [
  last.connections > 0 && `${last.connections} connections are left`,
  last.sessions > 0 && `${last.sessions} sessions of Socket.IO are left`,
  last.handles > idle.handles && `${last.handles} handles are left, there were ${idle.handles} before`,
  last.held - idle.held > mostLeftBytes &&
    `${MiB(last.held - idle.held)} are left, ${MiB(mostLeftBytes)} may be`,
  mostHeld - idle.held > mostHeldBytes &&
    `${MiB(mostHeld - idle.held)} were held at a time, the bounds allow ${MiB(mostHeldBytes)}`,
  last.peakRss - idle.rss > mostHeldBytes &&
    `the process grew by ${MiB(last.peakRss - idle.rss)}, the bounds allow ${MiB(mostHeldBytes)}`,
  grown > mostGrownBytes &&
    `${MiB(grown)} more are held behind the last round than behind an earlier one, ${MiB(mostGrownBytes)} may be`,
  honest.problem !== undefined && `the honest client did not get through: ${honest.problem}`,
  honest.times.length === 0 && 'the honest client got no echo',
  last.errors.length > 0 && `unhandled errors: ${last.errors.slice(0, 10).join('; ')}`,
  exitCode !== 0 && `the server's process ended with ${exitCode}`,
  ...failedCrowds,
].filter(Boolean)

for (const [name, count] of Object.entries(finished.attacks).toSorted()) {
  console.log(`${String(count).padStart(6)} × ${name}`)
}
console.log(
  `Held: idle ${MiB(idle.held)}, at most ${MiB(mostHeld)} (allowed ${MiB(idle.held + mostHeldBytes)}), at the end ` +
    `${MiB(last.held)}; rss idle ${MiB(idle.rss)}, at most ${MiB(last.peakRss)}, at the end ${MiB(last.rss)}.`,
)
console.log(`Honest client: ${honest.times.length} ${echoes(honest.times)}.`)
console.log(
  `${finished.clients} clients, ${attackCount()} attacks, ${last.opened} connections, ${last.refusals} refusals, ` +
    `${last.messages} messages; heap ${MiB(last.heap)} at the end, ${MiB(idle.heap)} at the start; held behind ` +
    `each round: ${rests.map(({ held }) => MiB(held)).join(', ')}`,
)
for (const problem of problems) console.error(`Problem: ${problem}`)
process.exitCode = problems.length > 0 ? 1 : 0
