import { once } from 'node:events'
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { listen } from './listen.mjs'
import { printWs } from './which-ws.mjs'

// With the argument `deflate`, messages are compressed; without it a broadcast is encoded once for all its receivers,
// by a part of ws that its documentation does not name.
const isDeflated = process.argv.includes('deflate')

printWs(import.meta.resolve('socket.io'))
printWs(import.meta.resolve('socket.io-client'))

const web = createServer()
const server = new Server(web, {
  perMessageDeflate: isDeflated ? { threshold: 0 } : false,
  maxHttpBufferSize: 2_000_000,
})
server.on('connection', socket => {
  socket.on('echo', (...args) => args.pop()(...args))
  socket.on('join', (room, done) => {
    socket.join(room)
    done([...socket.rooms].filter(name => name !== socket.id))
  })
})
server.of('/members').use((socket, next) => {
  next(socket.handshake.auth.token === 'secret' ? undefined : new Error('only for members'))
})
const url = `http://127.0.0.1:${await listen(web)}`

const direct = await connect({ transports: ['websocket'], perMessageDeflate: { threshold: 0 } })
console.log(`direct over ${direct.io.engine.transport.name}`)
const [side] = server.sockets.sockets.values()
console.log(`extensions ${JSON.stringify(side.conn.transport.socket.extensions)}`)

const upgraded = await connect({ transports: ['polling', 'websocket'] })
const { engine } = upgraded.io
if (engine.transport.name !== 'websocket') await new Promise(resolve => engine.once('upgrade', resolve))
const { conn } = server.sockets.sockets.get(upgraded.id)
if (!conn.upgraded) await once(conn, 'upgrade')
console.log(`upgraded from polling to ${engine.transport.name}`)
const outsider = await connect({ transports: ['websocket'] })

for (const [name, client] of Object.entries({ direct, upgraded })) {
  console.log(name, 'text', await client.emitWithAck('echo', 'grüße'))
  console.log(name, 'object', JSON.stringify(await client.emitWithAck('echo', { a: [1, null, 'b'] })))
  console.log(name, 'binary', await client.emitWithAck('echo', Buffer.from([1, 2, 3])))
  const nested = await client.emitWithAck('echo', { first: Buffer.from('one'), second: [Buffer.from('two')] })
  console.log(name, 'binary in an object', String(nested.first), String(nested.second[0]))
  const large = Buffer.alloc(1_000_000, 'large')
  console.log(name, 'a megabyte', large.equals(await client.emitWithAck('echo', large)))
}

console.log('rooms', await direct.emitWithAck('join', 'red'), await upgraded.emitWithAck('join', 'red'))
let encodedCount = 0
for (const { conn } of server.sockets.sockets.values()) {
  conn.on('packetCreate', ({ options }) => {
    if (Buffer.isBuffer(options?.wsPreEncodedFrame?.[0])) encodedCount += 1
  })
}
const heard = [direct, upgraded].map(client => next(client, 'news'))
const outside = next(outsider, 'news')
server.to('red').emit('news', 'for the red ones', 'ä'.repeat(70))
server.emit('news', 'for all')
for (const news of await Promise.all([...heard, outside])) console.log('news', news[0])
console.log('encoded beforehand', encodedCount, typeof side.conn.transport.socket._sender.sendFrame)

const bytes = [direct, upgraded].map(client => next(client, 'bytes'))
server.to('red').emit('bytes', Buffer.from([255, 0, 128]), 'with bytes')
for (const [data, text] of await Promise.all(bytes)) console.log('bytes', data, text)

const many = 200
const received = [direct, upgraded, outsider].map(client => count(client, 'many', many))
for (let index = 0; index < many; index += 1) server.emit('many', index, 'x'.repeat(index * 10))
console.log('in order', await Promise.all(received))

for (const [index, client] of [direct, upgraded].entries())
  client.once('question', done => done(`answer ${index}`))
console.log('answers', (await server.to('red').timeout(20_000).emitWithAck('question')).sort())

const member = await connect({ transports: ['websocket'], auth: { token: 'secret' } }, '/members')
console.log('a member connects', member.connected)
const stranger = io(`${url}/members`, { transports: ['websocket'], reconnection: false })
console.log(
  'a stranger does not:',
  (await new Promise(resolve => stranger.once('connect_error', resolve))).message,
)

const left = once(side, 'disconnect')
direct.disconnect()
console.log('left by itself:', (await left)[0])

const lost = next(upgraded, 'disconnect')
upgraded.emit('echo', 'x'.repeat(2_000_001))
console.log('said too much:', (await lost)[0])

const ended = next(outsider, 'disconnect')
server.disconnectSockets()
console.log('sent away:', (await ended)[0])

await server.close()
for (const client of [direct, upgraded, outsider, member, stranger]) client.disconnect()
console.log('the web server is closed:', !web.listening)

function connect(options, namespace = '/') {
  const client = io(`${url}${namespace}`, { forceNew: true, reconnection: false, ...options })
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve(client))
    client.once('connect_error', reject)
  })
}

function next(client, name) {
  return new Promise(resolve => client.once(name, (...args) => resolve(args)))
}

/** How many of the events come in their order, until the last one. */
function count(client, name, expected) {
  return new Promise(resolve => {
    let inOrder = 0
    client.on(name, (index, text) => {
      if (index === inOrder && text.length === index * 10) inOrder += 1
      if (index === expected - 1) resolve(inOrder)
    })
  })
}
