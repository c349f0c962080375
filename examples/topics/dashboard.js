// A dashboard: the load of this machine, as one value that every viewer sees the newest of.
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { cpus, freemem, loadavg, totalmem } from 'node:os'
import { createHub, createServer, TopicsHttp, topicsRoute } from 'bothways'

const files = {
  '/': ['text/html', await readFile(new URL('dashboard.html', import.meta.url))],
  '/client.js': [
    'text/javascript',
    await readFile(new URL(import.meta.resolve('@bothways/client/client.js'))),
  ],
}

// Viewers read; only this program writes.
const hub = createHub({
  topics: { load: { state: true, authorize: (_user, action) => action !== 'publish' } },
})
const load = hub.topic('load')
setInterval(() => {
  // A load that nobody watches need not be measured.
  if (load.subscriberCount === 0) return
  void load.set({
    busy: (loadavg()[0] ?? 0) / cpus().length,
    memory: 1 - freemem() / totalmem(),
    at: Date.now(),
  })
}, 1_000)

const overHttp = new TopicsHttp(hub)
const http = createHttpServer((request, response) => {
  if (overHttp.handle(request, response)) return
  const [type, body] = files[request.url] ?? []
  if (type === undefined) response.writeHead(404).end()
  else response.setHeader('Content-Type', `${type}; charset=utf-8`).end(body)
})
createServer().route('/bothways', topicsRoute(hub)).attach(http)

http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${http.address().port}/`)
})
