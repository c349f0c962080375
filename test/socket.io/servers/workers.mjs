// Two workers on one port, with the broker of the primary: `node workers.mjs`. Prints the port when they are ready.
import cluster from 'node:cluster'
import { startWorkers } from 'bothways'

let port
cluster.on('message', (_worker, message) => {
  port ??= message.port
})
await startWorkers({ module: new URL('server.mjs', import.meta.url).pathname, count: 2 })
console.log(port)
process.stdin.resume().once('end', () => process.exit())
