// Our server in whatever runtime starts this: `bun bothways-server.mjs deflate`.
import { createServer } from 'bothways'
import { answer } from './conversation.mjs'

const [how] = globalThis.Deno?.args ?? globalThis.process.argv.slice(2)
const server = createServer({ compression: how === 'deflate' })
server.route('/', {
  protocols: ['a'],
  message: answer,
})
const { port } = await server.listen()
console.log(port)
