// No WebSocket server: the least that one on Node's streams can cost. It answers any request with a 101 and from then
// on sends every byte back as it came, masked.
import { createServer } from 'node:net'
import { ready } from './serve.mjs'

const answer =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n'
const server = createServer({ noDelay: true }, socket => {
  socket.on('error', () => {})
  socket.once('data', () => {
    socket.write(answer)
    socket.on('data', chunk => void socket.write(chunk))
  })
})
server.listen(0, '127.0.0.1', () => ready(server.address().port))
