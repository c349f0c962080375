// A chat with history and who is here, its page included, in forty lines.
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createHub, createServer, TopicsHttp, topicsRoute } from 'bothways'

const client = await readFile(new URL(import.meta.resolve('@bothways/client/client.js')))
const page = `<!doctype html><meta charset="utf-8"><title>Chat</title>
<p id="members"></p><ul></ul><form><input autofocus></form>
<script type="module">
  import { createClient } from '/client.js'
  const [members, list, form] = document.querySelectorAll('#members, ul, form')
  const name = decodeURIComponent(location.hash.slice(1)) || 'somebody'
  const room = createClient('/bothways').topic('room/42', { last: 100, presence: { name } })
  room.on('members', all => members.replaceChildren(all.map(({ data }) => data.name).join(', ')))
  room.on('publication', ({ data }) => {
    list.append(Object.assign(document.createElement('li'), { textContent: data.name + ': ' + data.text }))
  })
  form.onsubmit = event => {
    event.preventDefault()
    room.publish({ name, text: form[0].value })
    form.reset()
  }
</script>`

const hub = createHub({
  topics: { 'room/:id': { history: { count: 500, ageMs: 86_400_000 }, presence: true } },
})
const overHttp = new TopicsHttp(hub)
const http = createHttpServer((request, response) => {
  if (overHttp.handle(request, response)) return
  const isClient = request.url === '/client.js'
  response.setHeader('Content-Type', isClient ? 'text/javascript' : 'text/html; charset=utf-8')
  response.end(isClient ? client : page)
})
createServer().route('/bothways', topicsRoute(hub)).attach(http)

http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${http.address().port}/#Zhang`)
})
