import { createServer, WebSocket } from 'bothways'

// As one writes it without a look at the types: each handler returns what its last call does.
const server = createServer({
  authenticate: request => ({ name: request.headers.cookie?.split('=')[1] ?? 'guest' }),
})
server.route('/chat', {
  open: socket => socket.subscribe('lobby'),
  message: (socket, message) => server.publish('lobby', message, { except: socket }),
  drain: socket => socket.send('go on'),
  close: async (socket, code) => [socket.user.name.toUpperCase(), code.toFixed()],
})
const { url } = await server.listen({ port: 8080 })

const socket = new WebSocket(url)
socket.addEventListener('open', () => socket.send('hello'), { once: true })
socket.addEventListener('message', event => console.log(event.data.length))
socket.addEventListener('error', ({ error, message }) => console.error(error.stack, message.length))
socket.addEventListener('close', ({ code, reason, wasClean }) =>
  console.log(code + 1, reason.length, wasClean),
)
socket.addEventListener('pong', ({ data }) => console.log(data))
socket.onerror = event => console.error(event.message.length)
const listener = (event: Event): void => console.log(event.type)
socket.addEventListener('whatever', listener)
socket.removeEventListener('whatever', listener)
