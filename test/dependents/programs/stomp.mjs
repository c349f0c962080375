import { once } from 'node:events'
import { createServer } from 'node:http'
import Stomp from 'stompjs'
import websocket from 'websocket'
import { listen } from './listen.mjs'
import { printWebsocket } from './which-websocket.mjs'

printWebsocket(import.meta.resolve('stompjs'))

// A broker: a client that subscribes to a destination gets the messages sent there.
const subscriptions = []
const web = createServer()
const server = new websocket.server({ httpServer: web })
server.on('request', request => {
  const [protocol] = request.requestedProtocols
  const connection = request.accept(protocol, request.origin)
  const reply = (...frame) => connection.sendUTF(Stomp.Frame.marshall(...frame))
  // The client cuts what is long into several messages.
  let text = ''
  connection.on('message', ({ utf8Data }) => {
    if (utf8Data === '\n') server.emit('beat')
    text += utf8Data === '\n' ? '' : utf8Data
    if (!text.endsWith('\0')) return
    const [frame] = Stomp.Frame.unmarshall(text)
    text = ''
    onFrame(frame, connection, reply)
  })
  connection.on('close', (code, description) => server.emit(`${connection.login} left`, code, description))
})
const port = await listen(web)
const url = `ws://127.0.0.1:${port}/broker`

const client = Stomp.overWS(url)
client.heartbeat = { outgoing: 10, incoming: 0 }
const lost = new Promise(resolve => {
  client.lost = resolve
})
const connected = await connect(client, 'ada', 'secret', client.lost)
console.log(connected.command, connected.headers.version, client.connected)
await once(server, 'beat')
console.log('the heart beats')

const heard = messages(client, '/topic/news')
client.send('/topic/news', { priority: 9 }, 'grüße 𝄞')
const first = await heard.next()
console.log(first.headers.destination, first.headers.priority, first.body)
const long = 'x'.repeat(300_000)
client.send('/topic/news', {}, long)
console.log('a long one', (await heard.next()).body === long)
for (let index = 0; index < 200; index += 1) client.send('/topic/news', {}, `${index}`)
let inOrder = 0
while (inOrder < 200 && (await heard.next()).body === `${inOrder}`) inOrder += 1
console.log('in order', inOrder)

// In the way of browsers, with a subprotocol.
Stomp.WebSocketClass = websocket.w3cwebsocket
const other = Stomp.client(url)
other.heartbeat = { outgoing: 0, incoming: 0 }
await connect(other, 'grace', 'secret', () => {})
console.log('protocol', other.ws.protocol, other.ws.binaryType)
const otherHeard = messages(other, '/topic/news')
const receipt = new Promise(resolve => {
  other.onreceipt = resolve
})
other.send('/topic/news', { receipt: 'sent' }, 'to both')
console.log('both hear it:', (await heard.next()).body, (await otherHeard.next()).body)
const { command, headers } = await receipt
console.log(command, `receipt-id:${headers['receipt-id']}`)
heard.unsubscribe()
other.send('/topic/news', {}, 'to one')
console.log('one hears it:', (await otherHeard.next()).body, subscriptions.length)

const otherLeft = once(server, 'grace left')
other.disconnect()
console.log('left with', ...(await otherLeft), other.connected, subscriptions.length)
for (const connection of server.connections) connection.drop(1011, 'not today')
console.log((await lost).replaceAll(port, 'PORT'), client.connected)

const stranger = Stomp.overWS(url)
const error = await new Promise(resolve => stranger.connect('eve', 'wrong', () => {}, resolve))
console.log(error.command, error.headers.message)

const last = Stomp.overWS(url)
await connect(last, 'alan', 'secret', () => {})
const left = once(server, 'alan left')
last.disconnect(() => console.log('disconnected'))
console.log('left with', ...(await left))
server.shutDown()
web.close()
await once(web, 'close')
console.log('closed')

function connect(by, login, passcode, onError) {
  return new Promise(resolve => by.connect(login, passcode, resolve, onError))
}

function onFrame({ command, headers, body }, connection, reply) {
  if (command === 'CONNECT') {
    connection.login = headers.login
    if (headers.passcode === 'secret') reply('CONNECTED', { version: '1.1', 'heart-beat': '0,10' })
    else {
      reply('ERROR', { message: 'who are you?' })
      connection.close(4003)
    }
  } else if (command === 'SUBSCRIBE') {
    subscriptions.push({ connection, ...headers })
    connection.on('close', () => unsubscribe(headers.id, connection))
  } else if (command === 'UNSUBSCRIBE') unsubscribe(headers.id, connection)
  else if (command === 'SEND') {
    for (const { connection: to, destination, id } of subscriptions) {
      if (destination !== headers.destination) continue
      to.sendUTF(Stomp.Frame.marshall('MESSAGE', { ...headers, subscription: id, 'message-id': 1 }, body))
    }
    if (headers.receipt !== undefined) reply('RECEIPT', { 'receipt-id': headers.receipt })
  }
}

function unsubscribe(id, connection) {
  const index = subscriptions.findIndex(one => one.id === id && one.connection === connection)
  if (index >= 0) subscriptions.splice(index, 1)
}

/** The messages of a destination, one after the other. */
function messages(by, destination) {
  const waiting = []
  const come = []
  const { unsubscribe } = by.subscribe(destination, message => {
    if (waiting.length > 0) waiting.shift()(message)
    else come.push(message)
  })
  return {
    unsubscribe,
    next: () => (come.length > 0 ? come.shift() : new Promise(resolve => waiting.push(resolve))),
  }
}
