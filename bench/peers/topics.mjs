// One process of the benchmark of topics; its argument says which.
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteBroker } from '@bothways/sqlite'
import { createHub, createServer, MemoryBroker, topicsRoute } from 'bothways'
import { median } from '../measure/statistics.mjs'

const history = { count: 500, ageMs: 600_000 }
const unlimited = 1_000_000_000

async function serve(route) {
  const { port } = await createServer().route('/', route).listen()
  process.send({ port })
}

function heap() {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

async function publishesPerSecond(file, data, inFlight) {
  const broker = await SqliteBroker.open({ file })
  const end = performance.now() + 1000
  let count = 0
  const publishOn = async () => {
    while (performance.now() < end) {
      await broker.publish({ topic: 'room', data, history, isState: false })
      count++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, publishOn))
  await broker.close()
  return count
}

/** A table of the same data with the same settings, and nothing else: as many rows in a transaction as are in flight. */
function insertsPerSecond(file, data, inFlight) {
  const require = createRequire(import.meta.url)
  const Database = process.getBuiltinModule?.('node:sqlite')?.DatabaseSync ?? require('better-sqlite3')
  const database = new Database(file)
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE it (at INTEGER PRIMARY KEY, data TEXT)',
  )
  const insert = database.prepare('INSERT INTO it (data) VALUES (?)')
  const end = performance.now() + 1000
  let count = 0
  while (performance.now() < end) {
    database.exec('BEGIN')
    for (let at = 0; at < inFlight; at++) insert.run(data)
    database.exec('COMMIT')
    count += inFlight
  }
  database.close()
  return count
}

const idleSink = { sendShared: () => 'sent' }

const kinds = {
  async plain() {
    const server = createServer()
    server.route('/', {
      open: socket => socket.subscribe('room'),
      message: (_, message) => void server.publish('room', message),
    })
    const { port } = await server.listen()
    process.send({ port })
  },

  async topics() {
    const hub = createHub({
      topics: { room: { history } },
      maxPublishesPerSecond: unlimited,
      maxTotalPublishesPerSecond: unlimited,
    })
    await serve(topicsRoute(hub))
  },

  async sqlite(inFlight) {
    const folder = mkdtempSync(join(tmpdir(), 'bothways-bench-'))
    const data = JSON.stringify('x'.repeat(62))
    const rates = { publishes: [], inserts: [] }
    for (let round = 0; round < 3; round++) {
      rates.publishes.push(await publishesPerSecond(join(folder, `topics-${round}.db`), data, inFlight))
      rates.inserts.push(insertsPerSecond(join(folder, `bare-${round}.db`), data, inFlight))
    }
    rmSync(folder, { recursive: true })
    const [publishes, inserts] = [median(rates.publishes), median(rates.inserts)]
    process.send({ 'publishes/s': publishes, 'bare inserts/s': inserts, ratio: publishes / inserts })
  },

  async resumes() {
    let reads = 0
    class CountingBroker extends MemoryBroker {
      // As far away as another process.
      async history(request) {
        reads++
        await new Promise(resolve => setTimeout(resolve, 1))
        return await super.history(request)
      }
    }
    const hub = createHub({ topics: { room: { history } }, broker: new CountingBroker() })
    const room = hub.topic('room')
    const since = await room.publish(0)
    for (let at = 1; at <= 100; at++) await room.publish(at)
    const readers = 10_000
    let left = readers
    let told
    const all = new Promise(resolve => {
      told = resolve
    })
    const started = performance.now()
    for (let at = 0; at < readers; at++) {
      let count = 0
      const sink = {
        sendShared() {
          if (++count === 100 && --left === 0) told()
          return 'sent'
        },
      }
      hub.subscribeAs(undefined, 'room', sink, { since }).then(({ subscription }) => subscription.start())
      // As many as one turn of a server takes.
      if (at % 100 === 99) await new Promise(resolve => setImmediate(resolve))
    }
    await all
    process.send({ ms: Math.round(performance.now() - started), reads })
  },

  async subscriptions() {
    const hub = createHub({ topics: { room: { history } } })
    await hub.topic('room').publish(1)
    const kept = []
    const count = 100_000
    const before = heap()
    for (let at = 0; at < count; at++) {
      const { subscription } = await hub.subscribeAs(undefined, 'room', idleSink)
      subscription.start()
      kept.push(subscription)
    }
    await new Promise(resolve => setTimeout(resolve, 100))
    process.send(Math.round((heap() - before) / kept.length))
  },

  async 'idle-topics'() {
    let now = Date.now()
    const broker = new MemoryBroker({ now: () => now })
    const hub = createHub({
      topics: { 'room/*': { history } },
      broker,
      maxTotalPublishesPerSecond: unlimited,
    })
    const count = 50_000
    const before = heap()
    for (let at = 0; at < count; at++) await hub.topic(`room/${at}`).publish('x'.repeat(62))
    const full = (heap() - before) / count
    now += history.ageMs + 1
    for (let at = 0; at < count; at++) await hub.topic(`room/${at}`).history()
    process.send({ afterOnePublication: Math.round(full), idle: Math.round((heap() - before) / count) })
  },

  async 'slow-readers'() {
    const hub = createHub({ topics: { room: { history } }, maxTotalPublishesPerSecond: unlimited })
    const room = hub.topic('room')
    const text = 'x'.repeat(1000)
    const readers = []
    for (let at = 0; at < 10_000; at++) {
      let hasRoom = true
      const sink = {
        sendShared() {
          if (!hasRoom) return 'refused'
          hasRoom = false
          return 'queued'
        },
      }
      const { subscription } = await hub.subscribeAs(undefined, 'room', sink)
      subscription.start()
      readers.push(subscription)
    }
    for (let at = 0; at < history.count; at++) await room.publish(text)
    const before = heap()
    // Five seconds' worth.
    for (let at = 0; at < 5_000; at++) await room.publish(text)
    process.send({ grownBytesPerReader: Math.round((heap() - before) / readers.length) })
  },
}

process.on('message', () => process.send(process.cpuUsage()))
await kinds[process.argv[2]](Number(process.argv[3]))
