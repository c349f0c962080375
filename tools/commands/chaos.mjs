// npm run chaos -- [--seed N] [--kills N] [--broker redis|nats|redis://127.0.0.1:6379] [--servers N] [--subscribers N]
//   [--minutes N] [--presence]
//
// Publishers and subscribers over every wire, bad networks, and a server that is killed with -9 and started again on the
// same broker: then every log is compared. A run that fails prints its seed, which replays what it does. With --minutes it
// runs again and again, each time with the next seed. `redis` and `nats` start one of their own, behind a bad network, which is
// killed and started again, too. With --presence the members of a topic are tried at the end. Needs the built packages.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BrokerProcess } from '../../test/chaos/broker-process.mjs'
import { runChaos } from '../../test/chaos/run-chaos.mjs'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    kills: { type: 'string', default: '30' },
    servers: { type: 'string', default: '1' },
    subscribers: { type: 'string', default: '8' },
    broker: { type: 'string' },
    minutes: { type: 'string', default: '0' },
    presence: { type: 'boolean', default: false },
  },
})
const end = Date.now() + Number(values.minutes) * 60_000
let seed = Number(values.seed ?? Date.now() % 1_000_000)
do {
  const folder = mkdtempSync(join(tmpdir(), 'bothways-chaos-'))
  const isOwn = values.broker === 'redis' || values.broker === 'nats'
  const own = isOwn ? await BrokerProcess.start(values.broker, seed) : undefined
  // In somebody's Redis each run has keys of its own, which stay behind there.
  const named = values.broker
    ? `${values.broker}#chaos-${seed}-${Date.now()}`
    : `sqlite:${join(folder, 'topics.db')}`
  const broker = own?.name ?? named
  const [kills, servers, subscribers] = [values.kills, values.servers, values.subscribers].map(Number)
  const start = performance.now()
  const { wrong, counts, presenceSeconds } = await runChaos({
    broker,
    directBroker: own?.directName ?? broker,
    seed,
    servers,
    kills,
    subscribers,
    restartBroker: own && (() => own.restart()),
    withPresence: values.presence,
    deadlineMs: 60_000 + 10_000 * kills,
  })
  if (own) counts.brokerTroubles = own.troubles
  await own?.end()
  rmSync(folder, { recursive: true, force: true })
  if (values.presence) console.log(`members were right after ${presenceSeconds.join(', ')} s`)
  const told = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  console.log(`seed ${seed}: ${told.join(', ')}, ${((performance.now() - start) / 1000).toFixed(1)} s`)
  if (wrong.length > 0) {
    const replay = ['--seed', seed, '--kills', kills, '--servers', servers, '--subscribers', subscribers]
    if (values.broker) replay.push('--broker', values.broker)
    console.error(`${wrong.slice(0, 20).join('\n')}\nReplay it: npm run chaos -- ${replay.join(' ')}`)
    process.exit(1)
  }
  seed++
} while (Date.now() < end)
process.exit()
