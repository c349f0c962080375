import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createHub, createServer, TopicsHttp, topicsRoute } from 'bothways'

const read = specifier => readFile(new URL(import.meta.resolve(specifier)))
const files = {
  '/': ['text/html', await read('./page.html')],
  '/app.js': ['text/javascript', await read('./app.js')],
  '/topic.js': ['text/javascript', await read('./topic.js')],
  '/client.js': ['text/javascript', await read('@bothways/client/client.js')],
  // No bundler: the build of Vue that reads templates in the page.
  '/vue.js': ['text/javascript', await read('vue/dist/vue.esm-browser.prod.js')],
}

const hub = createHub({ topics: { 'room/:id': { history: { count: 500, ageMs: 600_000 }, presence: true } } })
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
