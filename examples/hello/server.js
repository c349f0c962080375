// Both ways: the server greets whoever comes, and answers whatever they say.
import { createServer } from 'bothways'

const server = createServer().route('/', {
  open: socket => {
    socket.send('Hello from the server. What is your name?')
  },
  message: (socket, name) => {
    socket.send(`Hello, ${name}!`)
  },
})

const { url } = await server.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`Connect to ${url}`)
