// An echo for the pages of one site, in two dialects: the client offers subprotocols, the server picks the best.
import { createServer } from 'bothways'

const server = createServer({ origins: [process.env.ORIGIN ?? 'https://example.com'] })

server.route('/echo', {
  protocols: {
    'shout.v1': { message: (socket, text) => socket.send(String(text).toUpperCase()) },
    'echo.v1': { message: (socket, message) => socket.send(message) },
  },
})

const { url } = await server.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`Connect to ${url}echo`)
