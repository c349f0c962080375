// A chat that remembers, with who is there, for a plain page and for programs.
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createHub, createServer, TopicsHttp, topicsRoute } from 'bothways'

const files = {
  '/': ['text/html', await readFile(new URL('page.html', import.meta.url))],
  // The client as one module: no bundler.
  '/client.js': [
    'text/javascript',
    await readFile(new URL(import.meta.resolve('@bothways/client/client.js'))),
  ],
}

const hub = createHub({ topics: { 'room/:id': { history: { count: 500, ageMs: 600_000 }, presence: true } } })
hub.handle('time', () => new Date().toISOString())

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
