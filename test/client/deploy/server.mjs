// One of the two servers of a deploy: `node server.mjs BROKER`, with the listening socket, which both share, as descriptor 4.
// Told `serve` it takes what comes there; told `drain` it lets all others go and ends.
import { createServer as createHttpServer } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createHub, createServer, topicsRoute } from 'bothways'
import { openBroker } from '../../chaos/open-broker.mjs'

const topics = { 'room/:id': { history: { count: 10_000, ageMs: 600_000 } } }
const hub = createHub({ topics, broker: await openBroker(process.argv[2]) })
const http = createHttpServer((_, response) => response.writeHead(404).end())
const server = createServer().route('/bothways', topicsRoute(hub))
server.attach(http)
const arrivals = []
http.on('connection', () => arrivals.push(performance.timeOrigin + performance.now()))
const delays = monitorEventLoopDelay({ resolution: 5 })

const calls = {
  serve: () => new Promise(resolve => http.listen({ fd: 4, backlog: 4096 }, resolve)),
  watch: () => delays.enable(),
  look: () => ({ arrivals, longestTurnMs: Math.round(delays.max / 1e6) }),
  drain: async spreadMs => {
    // Connections from here on are the other server's.
    http.close()
    delays.enable()
    await hub.close({ spreadMs })
    await server.close({ timeoutMs: 0 })
  },
}
process.on('message', async ([name, ...given]) => process.send((await calls[name](...given)) ?? null))
process.on('disconnect', () => process.exit())
process.send('ready')
