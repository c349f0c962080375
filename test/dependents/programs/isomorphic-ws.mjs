import { once } from 'node:events'
import WebSocket from 'isomorphic-ws'
import { printWs } from './which-ws.mjs'

printWs(import.meta.resolve('isomorphic-ws'))

const server = new WebSocket.Server({ port: 0, host: '127.0.0.1' })
await once(server, 'listening')
server.on('connection', socket => {
  const stream = WebSocket.createWebSocketStream(socket)
  stream.pipe(stream)
})

const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}`)
socket.binaryType = 'arraybuffer'
await new Promise(resolve => {
  socket.onopen = resolve
})
console.log(socket.readyState === WebSocket.OPEN, socket.url.startsWith('ws://127.0.0.1'))
for (const message of ['text', Buffer.from('bytes')]) {
  socket.send(message)
  const { data, type, target } = await new Promise(resolve => {
    socket.onmessage = resolve
  })
  console.log(type, target === socket, data instanceof ArrayBuffer, String(Buffer.from(data)))
}
const closed = new Promise(resolve => {
  socket.onclose = resolve
})
socket.close(4_000, 'enough')
const { code, reason, wasClean } = await closed
console.log(code, reason, wasClean, socket.readyState === WebSocket.CLOSED)
server.close()
await once(server, 'close')
console.log('closed')
