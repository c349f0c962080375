import { isRoom, ready } from './serve.mjs'

const sockets = new Set()
globalThis.Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => ready(port) }, request => {
  const { socket, response } = globalThis.Deno.upgradeWebSocket(request)
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => sockets.add(socket)
  socket.onclose = () => sockets.delete(socket)
  socket.onmessage = ({ data }) => {
    if (isRoom) for (const each of sockets) each.send(data)
    else socket.send(data)
  }
  return response
})
