import { createServer, WebSocket as NodeWebSocket } from 'bothways'

const server = createServer()
server.route('/echo', { message: (socket, message) => socket.send(message) })
server.route('/room', {
  open: socket => socket.subscribe('room'),
  message: async (socket, message) => server.publish('room', message, { except: socket }),
  close: (_socket, code) => code,
})
server.route('/headers', {
  open(socket) {
    const cookie: string | undefined = socket.request.headers.cookie
    const agent: string | undefined = socket.request.headers['user-agent']
    console.log(cookie, agent)
  },
})

const client = new NodeWebSocket('ws://127.0.0.1:8080/echo')
client.addEventListener('open', () => client.send('hello'))
client.addEventListener('message', event => {
  const text: string = event.data
  console.log(text)
})
client.addEventListener('close', event =>
  console.log(event.code.toFixed(), event.reason.length, event.wasClean),
)
client.addEventListener('error', event => console.log(event.error.message))
client.onmessage = event => console.log(event.data)
client.onerror = event => console.log(event.error.message)

// Where the DOM's type is expected, ours does.
const asInBrowsers: WebSocket = client
function listen(socket: WebSocket): void {
  socket.onclose = event => console.log(event.code)
}
listen(new NodeWebSocket('ws://127.0.0.1:8080/echo'))
const Class: { new (url: string | URL, protocols?: string | string[]): WebSocket } = NodeWebSocket
console.log(asInBrowsers, Class)
