// Zhang San sends to the server, the server pushes to Li Si. Every message is JSON: type, text, id, date.
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'bothways'

const page = await readFile(new URL('page.html', import.meta.url))
const http = createHttpServer((_, response) => response.setHeader('Content-Type', 'text/html').end(page))

/** The connected clients: sockets by their id. */
const clients = new Map()

const server = createServer({
  authenticate: request => ({ name: request.url.searchParams.get('name')?.slice(0, 40) || 'somebody' }),
})

server.route('/chat', {
  open(socket) {
    clients.set(socket.id, socket)
    socket.subscribe('everybody')
    socket.send(write({ type: 'welcome', id: socket.id }))
    tellWhoIsHere()
  },
  message(socket, data) {
    const { text, to } = read(data)
    if (text === undefined) return socket.close(1008, 'Send {"type":"message","text":"…"}')
    // The id is the connection's: a client's claims about itself prove nothing.
    const message = write({ type: 'message', text, id: socket.id, name: socket.user.name })
    if (to === undefined) socket.publish('everybody', message)
    else clients.get(to)?.send(message)
  },
  close(socket) {
    clients.delete(socket.id)
    tellWhoIsHere()
  },
})

function tellWhoIsHere() {
  const people = [...clients.values()].map(({ id, user }) => ({ id, name: user.name }))
  server.publish('everybody', write({ type: 'people', people }))
}

function write(message) {
  return JSON.stringify({ ...message, date: Date.now() })
}

function read(data) {
  try {
    const { type, text, to } = JSON.parse(data)
    if (type === 'message' && typeof text === 'string') return { text, to }
  } catch {}
  return {}
}

server.attach(http)
http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${http.address().port}/ in two tabs`)
})
