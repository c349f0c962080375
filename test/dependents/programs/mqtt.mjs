import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { Aedes } from 'aedes'
import mqtt from 'mqtt'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { listen } from './listen.mjs'
import { printWs } from './which-ws.mjs'

printWs(import.meta.resolve('mqtt'))

const [certPath, keyPath] = process.argv.slice(2)
const cert = readFileSync(certPath)

const broker = await Aedes.createBroker()
const web = createServer()
const server = new WebSocketServer({ server: web })
server.on('connection', serve)
function serve(socket, request) {
  const stream = createWebSocketStream(socket)
  stream.on('error', error => console.log('stream', error.message))
  broker.handle(stream, request)
}
const url = `ws://127.0.0.1:${await listen(web)}`

const subscriber = await mqtt.connectAsync(url, { clientId: 'subscriber', reconnectPeriod: 0 })
const [{ protocol }] = server.clients
console.log('connected', subscriber.connected, protocol)
const publisher = await mqtt.connectAsync(url, {
  clientId: 'publisher',
  reconnectPeriod: 0,
  keepalive: 1,
  will: { topic: 'news/will', payload: 'gone', qos: 1, retain: false },
})

await publisher.publishAsync('news/old', 'retained', { retain: true, qos: 1 })
const retained = once(subscriber, 'message')
const granted = await subscriber.subscribeAsync({ 'news/#': { qos: 2 }, bytes: { qos: 1 } })
console.log('granted', ...granted.map(({ topic, qos }) => `${topic} ${qos}`))
console.log(...described(await retained))

for (const qos of [0, 1, 2]) {
  const came = once(subscriber, 'message')
  await publisher.publishAsync('news/new', `with ${qos}`, { qos })
  console.log(...described(await came))
}

const large = Buffer.alloc(3_000_000, 'large')
const came = once(subscriber, 'message')
await publisher.publishAsync('bytes', large, { qos: 1 })
console.log('three megabytes', large.equals((await came)[1]))

const count = 1_000
const inOrder = new Promise(resolve => {
  let next = 0
  subscriber.on('message', (_, payload) => {
    if (Number(payload) === next) next += 1
    if (Number(payload) === count - 1) resolve(next)
  })
})
const published = []
for (let index = 0; index < count; index += 1) {
  published.push(publisher.publishAsync('news/count', String(index), { qos: 1 }))
}
await Promise.all(published)
console.log('in order', await inOrder)

await new Promise(resolve =>
  publisher.once('packetreceive', function wait({ cmd }) {
    if (cmd === 'pingresp') resolve()
    else publisher.once('packetreceive', wait)
  }),
)
console.log('the broker answers pings')

const will = once(subscriber, 'message')
publisher.stream.destroy()
console.log('its will', ...described(await will))
await publisher.endAsync(true)

const secureWeb = createSecureServer({ cert, key: readFileSync(keyPath) })
new WebSocketServer({ server: secureWeb }).on('connection', serve)
const secureUrl = `wss://127.0.0.1:${await listen(secureWeb)}`
const distrustful = await mqtt.connectAsync(secureUrl, { reconnectPeriod: 0 }, false).catch(error => error)
console.log('not without the certificate:', distrustful.code)
const secure = await mqtt.connectAsync(secureUrl, { reconnectPeriod: 0, ca: cert })
const overTls = once(subscriber, 'message')
await secure.publishAsync('news/tls', 'encrypted', { qos: 1 })
console.log(...described(await overTls))
await secure.endAsync()
secureWeb.close()

const left = once(broker, 'clientDisconnect')
await subscriber.endAsync()
console.log('disconnected', (await left)[0].id)
await Promise.all([...server.clients].map(client => once(client, 'close')))
console.log('connections', server.clients.size)
await new Promise(resolve => broker.close(resolve))
server.close()
web.close()

function described([topic, payload, { qos, retain }]) {
  return [topic, String(payload), qos, retain]
}
