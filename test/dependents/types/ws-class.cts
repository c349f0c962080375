import http = require('node:http')
import WebSocket = require('ws')

class Mine extends WebSocket {
  isAlive = true
}

const web = http.createServer()
const options: WebSocket.ServerOptions = { server: web, path: '/chat', maxPayload: 1024 }
const server = new WebSocket.Server(options)
const other: WebSocket.WebSocketServer = new WebSocket.WebSocketServer({ noServer: true })
export const mine = new WebSocket.Server<typeof Mine>({ WebSocket: Mine, port: 0 })
mine.clients.forEach(client => {
  client.isAlive = false
})
mine.on('connection', (client, request) => request.url && client.isAlive)

server.on('connection', (ws: WebSocket, request: http.IncomingMessage) => {
  ws.on('message', (message: WebSocket.RawData, isBinary: boolean) => ws.send(message, { binary: isBinary }))
  ws.on('message', (message: WebSocket.Data) => heard(message))
  ws.on('message', (message: string) => message.trim())
  ws.on('close', () => other.emit('connection', ws, request))
})
server.clients.forEach((client: WebSocket) => {
  if (client.readyState === WebSocket.OPEN) client.send('everybody')
})
const sockets = new Map<string, WebSocket>()
sockets.set('a', new WebSocket('ws://localhost', { perMessageDeflate: false }))
sockets.get('a')?.on('open', function open(this: WebSocket) {
  this.send('hello')
})

export const verifySync: WebSocket.VerifyClientCallbackSync = ({ origin, req }) => origin === req.headers.host
export const verify: WebSocket.VerifyClientCallbackAsync = (info, callback) => callback(info.secure, 401)
export const onMessage = (event: WebSocket.MessageEvent): WebSocket.Data => event.data
export const onClose = (event: WebSocket.CloseEvent): number => event.code
export const onError = (event: WebSocket.ErrorEvent): string => event.message
export const onOpen = (event: WebSocket.Event): WebSocket => event.target
export const clientOptions: WebSocket.ClientOptions = { headers: { cookie: 'a=b' } }
export const deflate: WebSocket.PerMessageDeflateOptions = { threshold: 10 }
export const address: WebSocket.AddressInfo | string | null = server.address()
export const socket: WebSocket.WebSocket = new WebSocket.WebSocket('ws://localhost')
export const stream = WebSocket.createWebSocketStream(socket, { encoding: 'utf8' })

function heard(data: WebSocket.Data): number {
  if (data instanceof ArrayBuffer) return data.byteLength
  return data.length
}
