// Two workers that npm's @socket.io/cluster-adapter joins, behind its @socket.io/sticky: `node adapter-workers.mjs IMPLEMENTATION`.
// Prints the port when they are ready.
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setupPrimary } from '@socket.io/cluster-adapter'
import { setupMaster } from '@socket.io/sticky'

const http = createServer()
setupMaster(http, { loadBalancingMethod: 'round-robin' })
setupPrimary()
cluster.setupPrimary({
  exec: new URL('adapter-server.mjs', import.meta.url).pathname,
  args: [process.argv[2], 'cluster'],
  serialization: 'advanced',
})
const workers = [cluster.fork(), cluster.fork()]
await Promise.all(workers.map(worker => once(worker, 'message')))
http.listen(0, '127.0.0.1')
await once(http, 'listening')
console.log(http.address().port)
process.stdin.resume().once('end', () => process.exit())
