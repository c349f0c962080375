import { WebSocket as NodeWebSocket } from 'bothways'

// Code that was written for browsers takes our class, and what it makes, where it asks for the DOM's.
const Class: typeof WebSocket = NodeWebSocket
const made: WebSocket = new NodeWebSocket('ws://127.0.0.1')
const global: globalThis.WebSocket = new Class('ws://127.0.0.1', ['chat'])

function connect(open: (url: string) => WebSocket): WebSocket {
  const socket = open('ws://127.0.0.1')
  socket.onmessage = event => console.log(event.data)
  socket.onerror = event => console.error(event.type)
  socket.addEventListener('close', event => console.log(event.code))
  return socket
}
connect(url => new NodeWebSocket(url, [], { headers: { Cookie: 'a=b' } })).close()
for (const socket of [made, global]) socket.send(new Uint8Array(1))
