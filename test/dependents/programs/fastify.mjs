import { once } from 'node:events'
import { connect } from 'node:net'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { WebSocket } from 'ws'
import { printWs } from './which-ws.mjs'

printWs(import.meta.resolve('@fastify/websocket'))

const errors = []
const app = Fastify()
await app.register(websocket, {
  options: {
    maxPayload: 1_000,
    clientTracking: true,
    handleProtocols: protocols => (protocols.has('chat') ? 'chat' : false),
    verifyClient: ({ req }, done) => done(req.headers['x-banned'] === undefined, 403, 'Banned'),
  },
  errorHandler(error, socket) {
    errors.push(error.message)
    socket.close(4_000, 'the handler failed')
  },
})
app.addHook('onRequest', async (request, reply) => {
  if (request.query.token === 'wrong') return reply.code(401).send({ error: 'who are you?' })
})
app.addHook('preValidation', async request => {
  request.checked = true
})
const problems = new Promise(resolve => {
  app.get('/rooms/:room', { websocket: true }, (socket, request) => {
    const { room } = request.params
    socket.send(JSON.stringify({ room, as: request.query.as, protocol: socket.protocol, ws: request.ws }))
    socket.on('error', error => resolve(`${error.code}: ${error.message}`))
    socket.on('message', (data, isBinary) => {
      for (const client of app.websocketServer.clients) client.send(data, { binary: isBinary })
    })
  })
})
app.get('/fails', { websocket: true }, () => {
  throw new Error('not today')
})
app.route({
  method: 'GET',
  url: '/both',
  handler: (_, reply) => reply.send('over HTTP'),
  wsHandler: socket => socket.send('over a WebSocket'),
})
const address = await app.listen({ port: 0, host: '127.0.0.1' })
const url = address.replace('http', 'ws')

const first = await open('/rooms/red?as=a', ['other', 'chat'])
console.log(first.hello, first.client.protocol)
const second = await open('/rooms/blue?as=b')
console.log(second.hello)
console.log('clients', app.websocketServer.clients.size)
const heard = [first, second].map(({ client }) => once(client, 'message'))
first.client.send('for everybody')
for (const [data, isBinary] of await Promise.all(heard)) console.log(String(data), isBinary)
const bytes = once(second.client, 'message')
first.client.send(Buffer.from([0, 255]))
console.log(...(await bytes))

console.log('over HTTP:', await (await fetch(`${address}/both`)).text())
console.log((await open('/both')).hello)
console.log('without upgrade:', (await fetch(`${address}/rooms/red`)).status)
console.log('no such route:', ...(await refusal('/nowhere')))
console.log('refused by a hook:', ...(await refusal('/rooms/red?token=wrong')))
console.log('refused by verifyClient:', ...(await refusal('/rooms/red', { 'x-banned': 'yes' })))

const failing = new WebSocket(`${url}/fails`)
const [code, reason] = await once(failing, 'close')
console.log('closed by the error handler:', code, String(reason), errors)

const closed = once(second.client, 'close')
second.client.send('x'.repeat(1_001))
console.log('too much:', (await closed)[0], await problems)

// A client that does not mask, as bytes.
const raw = connect(Number(new URL(address).port), '127.0.0.1')
raw.write(
  [
    'GET /rooms/raw HTTP/1.1',
    'Host: here',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    '',
    '',
  ].join('\r\n'),
)
raw.write(Buffer.from([0x81, 0x02, 0x68, 0x69]))
const answer = Buffer.concat(await raw.toArray())
console.log(answer.subarray(0, answer.indexOf('\r')).toString(), 'ends with', answer.subarray(-4))

const ended = once(first.client, 'close')
await app.close()
console.log('closed with the server:', (await ended)[0])

// A connection without a network, as tests of applications use it.
const tested = Fastify()
await tested.register(websocket)
tested.get('/', { websocket: true }, socket => socket.on('message', data => socket.send(`heard ${data}`)))
await tested.ready()
const injected = await tested.injectWS('/')
const heardIt = once(injected, 'message')
injected.send('by injection')
console.log(String((await heardIt)[0]))
injected.terminate()
await tested.close()

/** Opens, and waits for the first message, which may come right behind the handshake. */
async function open(path, protocols = []) {
  const client = new WebSocket(`${url}${path}`, protocols)
  const [[data]] = await Promise.all([once(client, 'message'), once(client, 'open')])
  return { client, hello: String(data) }
}

async function refusal(path, headers = {}) {
  const client = new WebSocket(`${url}${path}`, { headers })
  const [request, response] = await once(client, 'unexpected-response')
  const body = Buffer.concat(await response.toArray()).toString()
  request.destroy()
  return [response.statusCode, body]
}
