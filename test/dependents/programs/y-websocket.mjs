import { once } from 'node:events'
import { createServer } from 'node:http'
import { docs, setupWSConnection } from '@y/websocket-server/utils'
import { WebSocket, WebSocketServer } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { listen } from './listen.mjs'
import { printWs } from './which-ws.mjs'

printWs(import.meta.resolve('@y/websocket-server/utils'))

// As the package's own server does it, on a port of our own.
const web = createServer()
const server = new WebSocketServer({ noServer: true })
server.on('connection', setupWSConnection)
web.on('upgrade', (request, socket, head) => {
  server.handleUpgrade(request, socket, head, client => server.emit('connection', client, request))
})
const url = `ws://127.0.0.1:${await listen(web)}`

const [first, second] = [open('first'), open('second')]
await Promise.all([synced(first), synced(second)])
console.log('synced', [...docs.keys()])

first.doc.getText('text').insert(0, 'from the first')
await until(second.doc, () => second.doc.getText('text').toString() === 'from the first')
second.doc.getText('text').insert(0, 'and second ')
second.doc.getMap('map').set('bytes', new Uint8Array([1, 2, 3]))
await until(first.doc, () => first.doc.getMap('map').has('bytes'))
console.log(first.doc.getText('text').toString(), first.doc.getMap('map').get('bytes'))

const size = 200_000
first.doc.getText('large').insert(0, 'x'.repeat(size))
await until(second.doc, () => second.doc.getText('large').length === size)
console.log('a large one', second.doc.getText('large').length)

first.awareness.setLocalState({ name: 'Ada' })
await until(second.awareness, () => second.awareness.getStates().get(first.doc.clientID)?.name === 'Ada')
console.log('aware of', second.awareness.getStates().get(first.doc.clientID))

// The provider connects again, and the text written meanwhile gets through.
const lost = new Promise(resolve => first.once('connection-close', resolve))
const again = synced(first)
for (const client of server.clients) client.terminate()
const { code } = await lost
first.doc.getText('text').insert(0, 'offline ')
await again
await until(second.doc, () => second.doc.getText('text').toString().startsWith('offline'))
console.log('lost with', code, 'and back:', second.doc.getText('text').toString())

const left = [...server.clients].map(client => once(client, 'close'))
for (const provider of [first, second]) provider.destroy()
for (const [closed] of await Promise.all(left)) console.log('left with', closed)
console.log('connections', server.clients.size, docs.size)
// There is a timer for each document.
for (const doc of [...docs.values(), first.doc, second.doc]) doc.destroy()
server.close()
web.close()

function open(name) {
  const doc = new Y.Doc()
  doc.getText('text')
  const options = { WebSocketPolyfill: WebSocket, disableBc: true, params: { name }, maxBackoffTime: 100 }
  return new WebsocketProvider(url, 'room', doc, options)
}

function synced(provider) {
  return new Promise(resolve => {
    provider.on('sync', function listener(isSynced) {
      if (!isSynced) return
      provider.off('sync', listener)
      resolve()
    })
  })
}

/** Waits for the update that makes it true. */
function until(source, isTrue) {
  if (isTrue()) return undefined
  return new Promise(resolve => {
    source.on('update', function listener() {
      if (!isTrue()) return
      source.off('update', listener)
      resolve()
    })
  })
}
