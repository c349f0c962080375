// The page beside Express, and the topics on the same port: `vite build` first.
import { createServer as createHttpServer } from 'node:http'
import { createHub, createServer, TopicsHttp, topicsRoute } from 'bothways'
import express from 'express'

const hub = createHub({ topics: { 'room/:id': { history: { count: 500, ageMs: 600_000 }, presence: true } } })
const overHttp = new TopicsHttp(hub)

const app = express()
app.use((request, response, next) => {
  if (!overHttp.handle(request, response)) next()
})
app.use(express.static(new URL('dist', import.meta.url).pathname))

const http = createHttpServer(app)
createServer().route('/bothways', topicsRoute(hub)).attach(http)
http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${http.address().port}/`)
})
