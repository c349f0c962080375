// A server of topics whose key window is short, so that one does not wait long until it counts as stopped.
import { createServer as createHttpServer } from 'node:http'
import { createHub, createServer, MemoryBroker, TopicsHttp, topicsRoute } from 'bothways'

const hub = createHub({
  topics: { 'room/*': { history: { count: 100, ageMs: 600_000 } } },
  broker: Object.assign(new MemoryBroker(), { keyWindowMs: Number(process.argv[2]) }),
})
const topics = new TopicsHttp(hub)
const http = createHttpServer((request, response) => void topics.handle(request, response))
createServer().route('/bothways', topicsRoute(hub)).attach(http)
http.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${http.address().port}/bothways`))
