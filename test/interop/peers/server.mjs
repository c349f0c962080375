// The server of the conversation by Bun.serve or Deno.serve: `bun server.mjs deflate|plain [CERTIFICATE KEY]`, the same
// with `deno run`. Prints its port.
import { readFileSync } from 'node:fs'

const [compression, certPath, keyPath] = globalThis.Deno?.args ?? globalThis.process.argv.slice(2)
const tls =
  certPath === undefined
    ? undefined
    : { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') }

if (globalThis.Bun) {
  const server = globalThis.Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    ...(tls && { tls }),
    fetch: (request, it) =>
      it.upgrade(request, { headers: { 'Sec-WebSocket-Protocol': 'a' } })
        ? undefined
        : new Response('no upgrade', { status: 400 }),
    websocket: {
      perMessageDeflate: compression === 'deflate',
      maxPayloadLength: 2 ** 25,
      backpressureLimit: 2 ** 26,
      pong: socket => void socket.send('ponged'),
      message(socket, message) {
        if (message === 'please ping') socket.ping('are you there')
        else if (message === 'please fragment') socket.send('fragmented')
        else if (message === 'please close') socket.close(4002, '会合')
        else socket.send(message, compression === 'deflate')
      },
    },
  })
  console.log(server.port)
} else {
  globalThis.Deno.serve(
    { port: 0, hostname: '127.0.0.1', ...tls, onListen: ({ port }) => console.log(port) },
    request => {
      const { socket, response } = globalThis.Deno.upgradeWebSocket(request, { protocol: 'a' })
      socket.binaryType = 'arraybuffer'
      socket.onmessage = ({ data }) => {
        if (data === 'please ping') socket.send('cannot ping')
        else if (data === 'please fragment') socket.send('fragmented')
        else if (data === 'please close') socket.close(4002, '会合')
        else socket.send(data)
      }
      return response
    },
  )
}
