import cluster from 'node:cluster'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type Broker, startWorkers, type Workers } from 'bothways'
import { relayQuestions } from './ask-all.ts'

/** By which the first process tells its workers the port, which `--port 0` does not. */
const portVariable = 'BOTHWAYS_SERVE_PORT'

/** Longer than a server takes to drain. */
const drainMs = 20_000

/** The port that a worker of `serve --workers` listens on; undefined in any other process. */
export function portOfWorker(): number | undefined {
  const port = process.env[portVariable]
  return cluster.isWorker && port !== undefined ? Number(port) : undefined
}

export interface ServingWorkers {
  readonly url: string
  close(): Promise<void>
}

/** Runs this very command in so many processes on one port. Rejects with Node's error (`EADDRINUSE` …). */
export async function serveWorkers({
  count,
  port,
  host,
  broker,
}: {
  readonly count: number
  readonly port: number
  readonly host: string
  /** Undefined: in memory, or each worker has its own. */
  readonly broker: Broker | undefined
}): Promise<ServingWorkers> {
  const free = await tryPort(port, host)
  process.env[portVariable] = String(free)
  relayQuestions()
  const workers: Workers = await startWorkers({
    module: process.argv[1] as string,
    count,
    drainMs,
    ...(broker !== undefined && { broker }),
  })
  const name = host.includes(':') ? `[${host}]` : host
  return { url: `http://${name}:${free}/`, close: () => workers.close() }
}

/** That it can be listened on is found out here, where it can be told; the workers would end one after the other. */
async function tryPort(port: number, host: string): Promise<number> {
  const server = createServer()
  server.listen(port, host)
  await once(server, 'listening')
  const { port: free } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return free
}
