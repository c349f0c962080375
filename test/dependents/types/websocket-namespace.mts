import * as http from 'node:http'
import * as websocket from 'websocket'

const server: websocket.server = new websocket.server({ httpServer: http.createServer() })
server.on('request', (request: websocket.request) => {
  const connection: websocket.connection = request.accept(undefined, request.origin)
  connection.on('message', (message: websocket.Message) => {
    if (message.type === 'binary') connection.sendBytes(message.binaryData)
  })
})
export const config: websocket.IServerConfig = { httpServer: [http.createServer()] }
export const router: websocket.router = new websocket.router({ server })
export const client: websocket.client = new websocket.client()
export const socket: websocket.w3cwebsocket = new websocket.w3cwebsocket('ws://localhost/')
export const isOpen = (one: unknown): one is websocket.connection => one instanceof websocket.connection
