import { once } from 'node:events'
import { JSDOM } from 'jsdom'
import { WebSocketServer } from 'ws'
import { printWs } from './which-ws.mjs'

printWs(import.meta.resolve('jsdom'))

const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  handleProtocols: protocols => (protocols.has('two') ? 'two' : false),
})
await once(server, 'listening')
const { port } = server.address()
server.on('headers', headers => headers.push('Set-Cookie: from=server'))
server.on('connection', (socket, { headers }) => {
  console.log('cookie', headers.cookie, 'origin', headers.origin === `http://127.0.0.1:${port}`)
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  socket.on('close', (code, reason) => console.log('server:', code, String(reason)))
})

// The script is that of a page, in a browser's words only.
const page = `<script>
  document.cookie = 'page=1'
  const socket = new WebSocket(endpoint, ['one', 'two'])
  tell('state', socket.readyState, socket.binaryType)
  const messages = ['text', new Uint8Array([1, 2]).buffer, new Blob(['blob'])]
  socket.addEventListener('open', event => {
    tell(event.type, event instanceof Event, socket.protocol, socket.readyState, document.cookie)
    socket.send(messages.shift())
  })
  socket.onmessage = async ({ data, origin }) => {
    if (typeof data === 'string') tell(data, origin === endpoint.slice(0, -1))
    else if (data instanceof Blob) tell('a Blob of', data.size)
    else tell(data instanceof ArrayBuffer, new Uint8Array(data).join())
    if (messages.length === 1) socket.binaryType = 'arraybuffer'
    if (messages.length > 0) socket.send(messages.shift())
    else socket.close(4000, 'enough')
  }
  socket.onclose = ({ code, reason, wasClean }) => {
    tell('page:', code, reason, wasClean)
    const refused = new WebSocket(endpoint.replace(/:\\d+/, ':1'))
    refused.onerror = ({ type }) => tell(type)
    refused.onclose = ({ code, wasClean }) => {
      tell('refused', code, wasClean)
      finish()
    }
  }
</script>`
await new Promise(resolve => {
  new JSDOM(page, {
    url: `http://127.0.0.1:${port}/`,
    runScripts: 'dangerously',
    beforeParse(window) {
      window.endpoint = `ws://127.0.0.1:${port}/`
      window.tell = (...words) => console.log(...words)
      window.finish = resolve
    },
  })
})
server.close()
await once(server, 'close')
console.log('closed')
