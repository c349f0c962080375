// The cost of brokers beside their bare clients: `node bench/brokers.mjs`, after `npm run build`, with redis-server and
// nats-server. Both sides of a pair take turns in one process; acknowledged publications a second are compared.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NatsBroker } from '@bothways/nats'
import { RedisBroker } from '@bothways/redis'
import { SqliteBroker } from '@bothways/sqlite'
import { connect, headers } from '@nats-io/transport-node'
import { MemoryBroker } from 'bothways'
import { createClient } from 'redis'
import { freePort } from '../tools/lib/free-port.mjs'

const measureMs = 1_500
const rounds = 3
const topicCount = 100
const data = JSON.stringify({ text: 'x'.repeat(100) })
const folder = mkdtempSync(join(tmpdir(), 'bothways-bench-'))

const median = values => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]
const newKey = () => randomBytes(16).toString('base64url')

async function start(program, args, ready) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  await new Promise((resolve, reject) => {
    const onData = chunk => {
      if (String(chunk).includes(ready)) resolve()
    }
    child.stdout.on('data', onData)
    child.stderr.on('data', onData)
    child.once('error', reject)
  })
  return child
}

/** How many calls a second come back, and what each costs this process, in microseconds of processor time. */
async function rate(inFlight, call) {
  const cpu = process.cpuUsage()
  const start = performance.now()
  let count = 0
  const worker = async () => {
    while (performance.now() - start < measureMs) {
      await call(count++)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: (count / (performance.now() - start)) * 1000, micros: (user + system) / count }
}

async function compare(name, calls) {
  for (const inFlight of [1, 64]) {
    const seen = Object.fromEntries(Object.keys(calls).map(side => [side, []]))
    for (let round = 0; round < rounds; round++) {
      for (const [side, call] of Object.entries(calls)) seen[side].push(await rate(inFlight, call))
    }
    const told = Object.entries(seen).map(([side, all]) => {
      const perSecond = Math.round(median(all.map(it => it.perSecond)))
      return `${side} ${perSecond}/s (${median(all.map(it => it.micros)).toFixed(0)} µs)`
    })
    const [broker, bare] = Object.values(seen).map(all => median(all.map(it => it.perSecond)))
    const ratio = bare === undefined ? '' : `, ${(broker / bare).toFixed(2)}`
    console.log(`${name}, ${inFlight} in flight: ${told.join(', ')}${ratio}`)
  }
}

const publishTo = broker => at =>
  broker.publish({
    topic: `room/${at % topicCount}`,
    data,
    user: undefined,
    history: { count: 500, ageMs: 600_000 },
    isState: false,
    key: { name: newKey(), scope: 'me' },
    ifPosition: undefined,
  })

const redisPort = await freePort()
const redis = await start(
  'redis-server',
  ['--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--dir', folder],
  'Ready to accept connections',
)
const client = createClient({ url: `redis://127.0.0.1:${redisPort}` })
await client.connect()
let script = []
// The same script with the same arguments, by the client alone.
const seen = {
  duplicate: () => client.duplicate(),
  sendCommand(args) {
    if (args[0] === 'EVALSHA') script = args
    return client.sendCommand(args)
  },
}
const redisBroker = await RedisBroker.open({ client })
await publishTo(await RedisBroker.open({ client: seen }))(0)
const [call, digest, count, ...rest] = script
await compare('Redis', {
  broker: publishTo(redisBroker),
  bare: at => {
    const tag = `{bare${at % topicCount}}`
    const keys = [`${tag}t`, `${tag}s`, `${tag}k${newKey()}`, `${tag}c`]
    return client.sendCommand([call, digest, count, ...keys, ...rest.slice(4)])
  },
})
client.destroy()
redis.kill()

const natsPort = await freePort()
const nats = await start(
  'nats-server',
  ['--addr', '127.0.0.1', '--port', String(natsPort), '--jetstream', '--store_dir', folder],
  'Server is ready',
)
const connection = await connect({ servers: `127.0.0.1:${natsPort}` })
const config = {
  name: 'bare',
  subjects: ['bare.*'],
  storage: 'file',
  retention: 'limits',
  max_msgs_per_subject: 1001,
  duplicate_window: 300e9,
  republish: { src: 'bare.*', dest: 'again.{{wildcard(1)}}' },
}
await connection.request('$JS.API.STREAM.CREATE.bare', JSON.stringify(config))
await compare('NATS', {
  broker: publishTo(await NatsBroker.open({ connection, headers })),
  bare: async at => {
    const own = headers()
    own.set('Nats-Msg-Id', newKey())
    const answer = await connection.request(`bare.${at % topicCount}`, data, { headers: own, timeout: 5_000 })
    return answer.json()
  },
})
await connection.close()
nats.kill()

await compare('Memory', { broker: publishTo(new MemoryBroker({ maxKeys: 10_000_000 })) })
const sqlite = await SqliteBroker.open({ file: join(folder, 'topics.db') })
await compare('SQLite', { broker: publishTo(sqlite) })
await sqlite.close()
rmSync(folder, { recursive: true, force: true })
process.exit()
