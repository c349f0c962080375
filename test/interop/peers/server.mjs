// An echo server by Bun.serve or Deno.serve; prints its port.
if (globalThis.Bun) {
  const server = globalThis.Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request, it) => (it.upgrade(request) ? undefined : new Response('no upgrade', { status: 400 })),
    websocket: {
      perMessageDeflate: true,
      maxPayloadLength: 2 ** 25,
      message: (socket, message) => void socket.send(message, true),
    },
  })
  console.log(server.port)
} else {
  globalThis.Deno.serve(
    { port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log(port) },
    request => {
      const { socket, response } = globalThis.Deno.upgradeWebSocket(request)
      socket.binaryType = 'arraybuffer'
      socket.onmessage = ({ data }) => socket.send(data)
      return response
    },
  )
}
