import WebSocket = require('ws')

declare module 'ws' {
  class Plain extends WebSocket {}
  export interface WebSocket extends Plain {
    id?: string
  }
}

const server = new WebSocket.Server({ port: 0 })
server.on('connection', (socket: WebSocket.WebSocket) => {
  socket.id = 'a'
})
