// Our server in whatever runtime starts this: `bun bothways-server.mjs deflate`.
import { createServer } from 'bothways'

const [how] = globalThis.Deno?.args ?? globalThis.process.argv.slice(2)
const server = createServer({ compression: how === 'deflate' })
server.route('/', {
  protocols: ['a'],
  message: async (socket, message) => {
    if (message === 'please ping') {
      await socket.ping('are you there')
      socket.send('ponged')
    } else if (message === 'please fragment') socket.send('fragmented')
    else if (message === 'please close') socket.close(4002, '会合')
    else socket.send(message)
  },
})
const { port } = await server.listen()
console.log(port)
