// A page opened from a file has the origin "null". Any file on the machine has it, so it must be let in by name.
import { createServer } from 'bothways'

const server = createServer({ origins: ['null'] }).route('/', {
  message: (socket, text) => socket.send(`You said: ${text}`),
})

const { url } = await server.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`Connect to ${url}`)
