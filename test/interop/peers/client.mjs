// The conversation by a runtime's own WebSocket: `bun client.mjs URL` or `deno run client.mjs URL`.
import { converse } from './conversation.mjs'

const [url] = globalThis.Deno?.args ?? globalThis.process.argv.slice(2)
// Bun takes options where browsers take protocols; Deno is told about certificates on its command line.
const protocols = globalThis.Bun ? { protocols: ['b', 'a'], tls: { rejectUnauthorized: false } } : ['b', 'a']

/** Bun's clients can ping; those of browsers and Deno cannot. */
function ping(socket) {
  return new Promise(resolve => {
    socket.addEventListener('pong', () => resolve(), { once: true })
    socket.ping('are you there')
  })
}

const report = await converse(() => new WebSocket(url, protocols), globalThis.Bun ? { ping } : {})
console.log(JSON.stringify(report))
