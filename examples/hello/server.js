// Both ways: the server greets whoever comes, and answers whatever they say.
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'bothways'

const page = await readFile(new URL('page.html', import.meta.url))
const http = createHttpServer((_, response) => response.setHeader('Content-Type', 'text/html').end(page))

const server = createServer()
server.route('/hello', {
  open: socket => socket.send('Hello from the server. What is your name?'),
  message: (socket, name) => socket.send(`Hello, ${name}!`),
})
server.attach(http)

http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${http.address().port}/`)
})
