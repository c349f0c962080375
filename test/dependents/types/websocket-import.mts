import { createServer } from 'node:http'
import {
  connection,
  type frame,
  type IClientConfig,
  type ICloseEvent,
  type ICookie,
  type IMessageEvent,
  type IServerConfig,
  type IStringified,
  type Message,
  type request,
  w3cwebsocket as W3CWebSocket,
  client as WebSocketClient,
  router as WebSocketRouter,
  server as WebSocketServer,
} from 'websocket'

const httpServer = createServer()
const config: IServerConfig = { httpServer, autoAcceptConnections: false, keepaliveInterval: 1000 }
const wsServer = new WebSocketServer(config)
const clients: connection[] = []
const cookie: ICookie = { name: 'a', value: 'b', path: '/', maxage: 5, httponly: true }

wsServer.on('request', asked => {
  if (asked.origin === '' || !asked.requestedProtocols.includes('chat')) {
    asked.reject(403, 'not you', { 'x-first': 'yes' })
    return
  }
  const accepted = asked.accept('chat', asked.origin, [cookie])
  const index = clients.push(accepted) - 1
  accepted.on('message', message => {
    if (message.type === 'utf8') accepted.sendUTF(message.utf8Data)
    else accepted.sendBytes(message.binaryData, error => error?.message)
  })
  accepted.on('close', (reasonCode, description) => {
    clients.splice(index, 1)
    return `${reasonCode.toFixed()} ${description.trim()} ${accepted.remoteAddress}`
  })
  accepted.on('frame', (each: frame) => each.binaryPayload.length)
  accepted.on('ping', (cancel, payload) => payload.length > 10 && cancel())
  accepted.on('pong', payload => payload.length)
  accepted.on('error', (error: Error) => error.message)
  accepted.on('drain', () => accepted.resume())
})
wsServer.on('connect', (open: connection) => open.ping('still there?'))
wsServer.on('close', (closed, reason, description) => [closed.connected, reason, description])
wsServer.addListener('request', (asked: request) => asked.resourceURL.query.room)
wsServer.broadcast('everybody')
wsServer.broadcastUTF({ toString: () => 'everybody' })
for (const one of wsServer.connections) one.drop(connection.CLOSE_REASON_NORMAL)
wsServer.shutDown()

const router = new WebSocketRouter()
router.attachServer(wsServer)
router.mount('/chat', 'chat', asked => {
  asked.accept(asked.origin).send(asked.httpRequest.url ?? '')
})
router.mount(/^\/.*$/, null, asked => asked.reject(404, 'nothing here'))

const clientConfig: IClientConfig = { maxReceivedFrameSize: 1024, tlsOptions: { rejectUnauthorized: false } }
const client = new WebSocketClient(clientConfig)
client.on('connectFailed', error => error.toString())
client.on('httpResponse', (response, it) => response.statusCode === 401 && it.abort())
client.on('connect', open => {
  open.on('message', (message: Message) => message.type === 'utf8' && message.utf8Data.length)
  if (open.connected) open.sendUTF((Math.random() * 10).toString(), (error?: Error) => error)
  open.close(1000, 'enough')
})
client.connect('ws://localhost:8080/', 'chat', 'https://example.com', { cookie: 'a=b' }, { timeout: 1000 })
client.connect('ws://localhost:8080/', ['chat', 'other'])

const socket = new W3CWebSocket(
  'ws://localhost/',
  ['chat'],
  'https://example.com',
  { cookie: 'a=b' },
  {},
  clientConfig,
)
socket.onopen = () => socket.readyState === W3CWebSocket.OPEN && socket.send('hello')
socket.onmessage = (message: IMessageEvent) => typeof message.data === 'string' && message.data.trim()
socket.onclose = ({ code, reason, wasClean }: ICloseEvent) => wasClean && code.toFixed() + reason
socket.onerror = error => error.message
socket.send(new Uint8Array([1, 2, 3]).buffer)
socket.close(1000, 'enough')

export class Room {
  readonly members = new Set<connection>()
  readonly server: WebSocketServer
  client: WebSocketClient | undefined
  socket: W3CWebSocket | undefined
  constructor(server: WebSocketServer = wsServer) {
    this.server = server
  }
  tell(what: Buffer | IStringified): void {
    for (const member of this.members) member.send(what)
  }
  only(one: connection | undefined): one is connection {
    return one instanceof connection
  }
}
