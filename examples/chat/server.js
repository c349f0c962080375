// Zhang San sends to the server, the server pushes to Li Si. Messages are JSON: type, text, id, date.

import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'bothways'

const page = await readFile(new URL('page.html', import.meta.url))
const http = createHttpServer((_, response) => response.setHeader('Content-Type', 'text/html').end(page))

/** Who is here, by the id of their connection. */
const people = new Map()

const server = createServer({
  authenticate: request => ({ name: request.url.searchParams.get('name')?.slice(0, 40) || 'somebody' }),
})

server.route('/chat', {
  open(socket) {
    people.set(socket.id, socket.user.name)
    socket.subscribe('chat')
    tellWhoIsHere()
  },
  message(socket, text) {
    const { id, user } = socket
    socket.publish(
      'chat',
      JSON.stringify({ type: 'message', text: String(text), id, name: user.name, date: Date.now() }),
    )
  },
  close(socket) {
    people.delete(socket.id)
    tellWhoIsHere()
  },
})

function tellWhoIsHere() {
  server.publish(
    'chat',
    JSON.stringify({ type: 'people', people: Object.fromEntries(people), date: Date.now() }),
  )
}

server.attach(http)
http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${http.address().port}/ in two tabs`)
})
