import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { Server } from 'engine.io'
import { Socket } from 'engine.io-client'
import { WebSocketServer } from 'ws'
import { listen } from './listen.mjs'
import { printWs } from './which-ws.mjs'

printWs(import.meta.resolve('engine.io'))
printWs(import.meta.resolve('engine.io-client'))

const web = createServer()
const server = new Server({
  pingInterval: 20,
  maxHttpBufferSize: 100_000,
  perMessageDeflate: { threshold: 1_000 },
})
server.attach(web)
console.log(`the server's engine is ws: ${server.opts.wsEngine === WebSocketServer}`)
server.on('initial_headers', headers => {
  headers['x-first'] = 'yes'
})
server.on('connection', socket => {
  socket.on('message', message => socket.send(message))
})
const url = `ws://127.0.0.1:${await listen(web)}`

const socket = new Socket(url, { transports: ['websocket'], perMessageDeflate: { threshold: 0 } })
const serverSide = await connectionOf(socket)
console.log(`opened by ${socket.transport.name}, one client: ${server.clientsCount === 1}`)
console.log(`extensions ${serverSide.transport.socket.extensions}`)
console.log(`remote address ${serverSide.remoteAddress}`)

for (const message of ['text', 'ünïcödé', 'x'.repeat(20_000)]) {
  console.log(`text of ${message.length} comes back: ${(await echo(socket, message)) === message}`)
}
for (const length of [0, 1, 126, 65_536]) {
  const bytes = Buffer.alloc(length, 'bytes')
  const echoed = await echo(socket, bytes)
  console.log(`${length} bytes come back: ${Buffer.isBuffer(echoed) && echoed.equals(bytes)}`)
}
socket.binaryType = 'arraybuffer'
console.log(`as ${(await echo(socket, new Uint8Array([1, 2, 3]))).constructor.name}`)

await Promise.all([once(serverSide, 'heartbeat'), new Promise(resolve => socket.once('ping', resolve))])
console.log('the heart beats')

const [reason] = await closeOf(serverSide, () => socket.close())
console.log(`closed by the client: ${reason}`)

const upgrading = new Socket(url, { transports: ['polling', 'websocket'] })
const upgradingSide = await connectionOf(upgrading)
upgrading.send('sent while polling')
console.log(await new Promise(resolve => upgrading.once('message', resolve)))
await new Promise(resolve => {
  if (upgradingSide.upgraded) resolve()
  else upgradingSide.once('upgrade', resolve)
})
console.log(`upgraded to ${upgradingSide.transport.name}: ${await echo(upgrading, 'once more')}`)

const tooLarge = await new Promise(resolve => {
  upgrading.once('close', (why, { context }) => resolve(`${why}, ${context.code}`))
  upgrading.send('x'.repeat(100_001))
})
console.log(`more than the server takes: ${tooLarge}`)

const refused = once(server, 'connection_error')
const { statusCode } = await new Promise((resolve, reject) => {
  const headers = { connection: 'upgrade', upgrade: 'websocket' }
  const request = get(`${url.replace('ws', 'http')}/engine.io/?EIO=4&transport=smoke`, { headers })
  request.once('response', response => resolve(response.resume()))
  request.once('error', reject)
})
console.log(`unknown transport: ${statusCode}, ${(await refused)[0].message}`)

const { headers, socket: raw } = await new Promise(resolve => {
  const key = 'AAAAAAAAAAAAAAAAAAAAAA=='
  const asked = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-key': key }
  const request = get(`${url.replace('ws', 'http')}/engine.io/?EIO=4&transport=websocket`, {
    headers: { ...asked, 'sec-websocket-version': '13' },
  })
  request.once('upgrade', (response, socket) => resolve({ headers: response.headers, socket }))
})
console.log(`headers of the answer: x-first ${headers['x-first']}`)
raw.destroy()

const last = new Socket(url, { transports: ['websocket'] })
await connectionOf(last)
const lastClosed = new Promise(resolve => last.once('close', resolve))
server.close()
console.log(`closed by the server: ${await lastClosed}`)
web.close()

async function connectionOf(client) {
  const connected = once(server, 'connection')
  await new Promise((resolve, reject) => {
    client.once('open', resolve)
    client.once('error', reject)
  })
  return (await connected)[0]
}

function echo(client, message) {
  const answer = new Promise(resolve => client.once('message', resolve))
  client.send(message)
  return answer
}

function closeOf(side, close) {
  const closed = once(side, 'close')
  close()
  return closed
}
