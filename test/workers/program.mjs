// A server in several processes: the first starts the others, each of them serves the same topics.
import cluster from 'node:cluster'
import { createHub, createServer, startWorkers, topicsRoute, workerBroker } from 'bothways'

if (cluster.isPrimary) {
  cluster.on('message', (_worker, { port }) => port !== undefined && console.log(JSON.stringify({ port })))
  const workers = await startWorkers({
    module: import.meta.filename,
    count: Number(process.argv[2]),
    drainMs: 20_000,
    onExit: ({ signal, code }) => console.log(JSON.stringify({ ended: signal ?? code })),
  })
  console.log(JSON.stringify({ pids: workers.pids }))
  process.on('SIGHUP', async () => {
    await workers.reload()
    console.log(JSON.stringify({ pids: workers.pids }))
  })
} else {
  if (process.argv[3] === 'broken') process.exit(3)
  const hub = createHub({
    topics: { 'room/*': { history: { count: 100, ageMs: 60_000 }, presence: true } },
    broker: workerBroker(),
  })
  hub.handle('pid', () => process.pid)
  const server = createServer().route('/bothways', topicsRoute(hub))
  process.once('SIGTERM', async () => {
    await server.close({ code: 1012 })
    await hub.close()
  })
  const { port } = await server.listen({ port: 0 })
  process.send({ port })
}
