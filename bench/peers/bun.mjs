import { isDeflate, isRoom, maxMessageBytes, ready } from './serve.mjs'

const server = globalThis.Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request, self) => (self.upgrade(request) ? undefined : new Response('', { status: 426 })),
  websocket: {
    maxPayloadLength: maxMessageBytes,
    backpressureLimit: maxMessageBytes,
    idleTimeout: 0,
    perMessageDeflate: isDeflate,
    open: socket => {
      if (isRoom) socket.subscribe('room')
    },
    message: (socket, message) => {
      if (isRoom) server.publish('room', message, isDeflate)
      else socket.send(message, isDeflate)
    },
  },
})
ready(server.port)
