import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import WebSocket, {
  type ClientOptions,
  type CloseEvent,
  createWebSocketStream,
  type Data,
  type ErrorEvent,
  type MessageEvent,
  type PerMessageDeflateOptions,
  type RawData,
  type ServerOptions,
  WebSocketServer,
  type WebSocket as WebSocketType,
} from 'ws'

interface Alive extends WebSocket {
  isAlive: boolean
}

class Mine extends WebSocket {
  id = 0
  tell(text: string): void {
    this.send(JSON.stringify({ text }), { compress: true, binary: false, fin: true }, error => error?.message)
  }
}

const deflate: PerMessageDeflateOptions = {
  zlibDeflateOptions: { chunkSize: 1024, memLevel: 7, level: 3 },
  zlibInflateOptions: { chunkSize: 10 * 1024 },
  clientNoContextTakeover: true,
  serverMaxWindowBits: 10,
  concurrencyLimit: 10,
  threshold: 1024,
}
const options: ServerOptions = { port: 0, host: '127.0.0.1', perMessageDeflate: deflate, maxPayload: 1024 }
const plain = new WebSocketServer(options, () => console.log('listening'))
export const checked = new WebSocketServer({
  noServer: true,
  verifyClient: (info: { origin: string; secure: boolean; req: IncomingMessage }) => info.origin !== '',
  handleProtocols: (protocols: Set<string>, request) =>
    protocols.has('chat') ? 'chat' : !request.url && false,
})
export const checkedLater = new WebSocketServer({
  noServer: true,
  verifyClient: ({ origin, req, secure }, callback) => {
    callback(secure && origin === req.headers.host, 401, 'who are you?', { 'x-first': 'yes' })
  },
})

const web = createServer()
const server = new WebSocketServer<typeof Mine>({ server: web, WebSocket: Mine, clientTracking: true })
server.on('connection', (socket, request) => {
  socket.id = Number(request.url?.slice(1) ?? 0)
  socket.tell('welcome')
  socket.on('message', (data: RawData, isBinary: boolean) => {
    for (const client of server.clients) {
      if (client !== socket && client.readyState === WebSocket.OPEN) client.send(data, { binary: isBinary })
    }
  })
  socket.on('close', (code, reason) => `${code.toFixed()} ${reason.toString('utf8')}`)
  socket.on('pong', data => data.length)
  socket.on('error', console.error)
})
server.on('headers', (headers: string[]) => headers.push('x-first: yes'))
server.on('wsClientError', (error, socket) => socket.end(error.message))

plain.on('connection', (socket: Alive, request: IncomingMessage) => {
  socket.isAlive = request.method === 'GET'
  socket.on('pong', function heartbeat(this: WebSocket) {
    this.ping()
  })
})
plain.clients.forEach(each => {
  const socket = each as Alive
  if (!socket.isAlive) socket.terminate()
  else socket.ping(() => {})
})
web.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  if (!plain.shouldHandle(request)) socket.destroy()
  plain.handleUpgrade(request, socket, head, client => plain.emit('connection', client, request))
})
export const port: number = (plain.address() as AddressInfo).port

const clientOptions: ClientOptions = {
  headers: { authorization: 'Bearer token' },
  handshakeTimeout: 1000,
  rejectUnauthorized: false,
  origin: 'https://example.com',
  followRedirects: true,
}
const client: WebSocket = new WebSocket(new URL('ws://localhost'), ['chat', 'other'], clientOptions)
export const without: WebSocketType = new WebSocket('ws://localhost', clientOptions)
client.binaryType = 'arraybuffer'
client.onopen = ({ target }) => target.send(new Uint8Array([1, 2, 3]).buffer)
client.onmessage = ({ data, type }: MessageEvent) => `${type} ${data}`
client.onerror = (event: ErrorEvent) => event.message
client.onclose = ({ wasClean, code, reason }: CloseEvent) => wasClean && code.toFixed() + reason.trim()
client.addEventListener('message', event => text(event.data), { once: true })
client.removeEventListener('message', event => event.data)
client.on('unexpected-response', (request, response) => response.statusCode === 401 && request.destroy())
client.on('upgrade', ({ headers }) => headers.upgrade)
client.once('open', () => client.send(Buffer.from('bytes'), (error?: Error) => error))
client.on('redirect', (url: string) => url)
client.on('mine', (...args) => args.length)
client.off('message', text).removeListener('message', text).addListener('message', text)
client.close(1000, 'enough')
createWebSocketStream(client, { encoding: 'utf8', decodeStrings: false }).pipe(process.stdout)
export const opened: Promise<unknown[]> = once(client, 'open')
export const state: 0 | 1 | 2 | 3 = client.readyState
export const names: Record<number, string> = {
  [WebSocket.CONNECTING]: 'CONNECTING',
  [client.CLOSED]: 'CLOSED',
}
export type Sendable = Parameters<WebSocket['send']>[0]
export const sendable: Sendable[] = [
  'text',
  Buffer.alloc(1),
  new ArrayBuffer(1),
  new DataView(new ArrayBuffer(1)),
]

export function text(data: Data): string {
  if (typeof data === 'string') return data
  return Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data as ArrayBuffer).toString()
}

export function isOpen(socket: WebSocket | undefined): socket is WebSocket {
  return socket instanceof WebSocket && socket.readyState === socket.OPEN
}
