import { once } from 'node:events'
import { createServer } from 'node:http'
import Web3WsProvider from 'web3-providers-ws'
import websocket from 'websocket'
import { listen } from './listen.mjs'
import { printWebsocket } from './which-websocket.mjs'

printWebsocket(import.meta.resolve('web3-providers-ws'))

// A node of a chain, as far as the provider can see.
const block = { hash: '0xab'.padEnd(66, '0'), extraData: `0x${'ü𝄞'.repeat(50_000)}` }
const methods = {
  eth_blockNumber: () => '0x10',
  eth_getBlockByNumber: () => block,
  eth_subscribe(_, connection) {
    for (const number of ['0x11', '0x12']) notify(connection, number)
    return '0xcd'
  },
  drop(_, connection) {
    connection.drop(1011, 'not today')
  },
  destroy(_, connection) {
    connection.socket.destroy()
  },
  close(_, connection) {
    connection.close(4000, 'enough')
  },
}
const web = createServer()
const server = new websocket.server({ httpServer: web, keepaliveInterval: 20 })
const requests = []
server.on('request', request => {
  const { authorization } = request.httpRequest.headers
  if (authorization !== `Basic ${btoa('ada:secret')}`) {
    request.reject(401, 'who are you?')
    return
  }
  requests.push([request.resource, request.requestedProtocols, request.httpRequest.headers['x-app']])
  const connection = request.accept(request.requestedProtocols[0], request.origin)
  connection.on('message', ({ type, utf8Data }) => {
    const asked = JSON.parse(utf8Data)
    const answers = [asked].flat().map(one => answer(one, connection))
    connection.sendUTF(JSON.stringify(Array.isArray(asked) ? answers : answers[0]))
    if (type !== 'utf8') throw new Error(`a message of type ${type}`)
  })
})
const port = await listen(web)
const url = `ws://ada:secret@127.0.0.1:${port}/chain?id=1`

const provider = new Web3WsProvider(url, {
  protocol: 'rpc',
  headers: { 'x-app': 'tests' },
  // The options that web3's documentation asks for.
  clientConfig: {
    keepalive: true,
    keepaliveInterval: 20,
    maxReceivedFrameSize: 1e8,
    maxReceivedMessageSize: 1e8,
  },
  reconnect: { auto: true, delay: 1, maxAttempts: 3 },
})
console.log('before it is open', provider.connected, await send('eth_blockNumber'))
console.log('connected', provider.connected, provider.connection.protocol)
console.log(...requests[0])
const large = await send('eth_getBlockByNumber', ['0x10', true])
console.log('a large one', large.extraData.length, large.extraData === block.extraData)
const many = await Promise.all(Array.from({ length: 200 }, () => send('eth_blockNumber')))
console.log('200 at once', many.length, new Set(many))
const batch = [request('eth_blockNumber'), request('eth_nothing')]
console.log('a batch', JSON.stringify(await ask(batch)))

const pushed = []
const bothPushed = new Promise(resolve => {
  provider.on('data', ({ params }) => pushed.push(params.result.number) === 2 && resolve())
})
console.log('subscribed', await send('eth_subscribe', ['newHeads']))
await bothPushed
console.log('pushed', ...pushed)

for (const way of ['drop', 'destroy', 'close']) {
  const attempt = next(provider, 'reconnect')
  const ended = ask(request(way)).catch(({ message }) => message)
  console.log(way, 'ends with:', await ended)
  console.log('reconnects', await attempt, 'asks meanwhile', await send('eth_blockNumber'))
}
console.log('requests', requests.length)

const closed = next(provider, 'close')
provider.disconnect(1000, 'thank you')
const { code, reason, wasClean } = await closed
console.log('closed', code, reason, wasClean, provider.connected)
await send('eth_blockNumber').catch(({ message }) => console.log('asks when closed:', message))

await refusal(`ws://ada:wrong@127.0.0.1:${port}/`)
server.shutDown()
web.close()
await once(web, 'close')
await refusal(url)

const last = new Web3WsProvider(url, { reconnect: { auto: true, delay: 1, maxAttempts: 2 } })
console.log('gives up:', (await next(last, 'error')).message)

async function refusal(to) {
  const refused = new Web3WsProvider(to)
  const asked = ask(request('eth_blockNumber'), refused).catch(({ message }) => message)
  const failed = next(refused, 'error')
  const over = next(refused, 'close')
  const { code, description, reason } = await failed
  console.log('refused', code, reason, description.replaceAll(port, 'PORT'), (await over).code)
  console.log(await asked)
}

function answer({ id, method, params }, connection) {
  const call = methods[method]
  if (call === undefined) return { jsonrpc: '2.0', id, error: { code: -32601, message: `no ${method}` } }
  return { jsonrpc: '2.0', id, result: call(params, connection) }
}

function notify(connection, number) {
  const params = { subscription: '0xcd', result: { number } }
  connection.sendUTF(JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params }))
}

function request(method, params = []) {
  request.id = (request.id ?? 0) + 1
  return { jsonrpc: '2.0', id: request.id, method, params }
}

async function send(method, params) {
  return (await ask(request(method, params))).result
}

function ask(payload, by = provider) {
  return new Promise((resolve, reject) => {
    by.send(payload, (error, result) => (error ? reject(error) : resolve(result)))
  })
}

function next(emitter, name) {
  return new Promise(resolve => emitter.once(name, resolve))
}
