// A server of the chaos: `node server.mjs BROKER`. Prints its port when it is ready.
import { createServer as createHttpServer } from 'node:http'
import { createHub, createServer, TopicsHttp, topicsRoute } from 'bothways'
import { openBroker } from './open-broker.mjs'
import { declarations } from './topics.mjs'

const hub = createHub({ broker: await openBroker(process.argv[2]), topics: declarations })
const overHttp = new TopicsHttp(hub)
const http = createHttpServer((request, response) => {
  if (!overHttp.handle(request, response)) response.writeHead(404).end()
})
createServer().route('/bothways', topicsRoute(hub)).attach(http)
http.listen(0, '127.0.0.1', () => console.log(http.address().port))
// The process that started it has gone.
process.stdin.resume().once('end', () => process.exit())
