import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Broker, createServer } from 'bothways'
import { serveInTurn } from 'bothways/exchange'
import { Inspector } from './inspect/inspector.ts'
import { KnownHosts } from './known-hosts.ts'
import { figuresPath } from './messages.ts'
import { Figures } from './monitor/figures.ts'
import { PageFiles } from './page-files.ts'
import { Probe } from './probe.ts'
import { ServeHttp } from './serve-http.ts'
import { ServeSocketIo } from './serve-socket-io.ts'
import { ServeTopics, topicsPath } from './topics/serve-topics.ts'
import { topicsOnSocketIo } from './topics/topics-socket-io.ts'

export interface ServeOptions {
  /** 0 takes any free port. */
  readonly port: number
  readonly host: string
  /** Pages that may connect besides the served one. */
  readonly origins: readonly string[]
  /** Names and addresses that requests may ask for, besides the loopback's, `host` and the address connected to. */
  readonly allowedHosts?: readonly string[]
  /** Whether the page is served, or only the paths that it talks to. */
  readonly page: boolean
  /** Whether the page may have any address tried, from anywhere; else only readers on this machine, and addresses of it. */
  readonly probesAnywhere?: boolean
  /** Keeps the topics; closed with the server. Default: in memory. */
  readonly broker?: Broker
  /** Whether it is one of several processes on the port, whose metrics are shown together. Default false. */
  readonly isWorker?: boolean
  /** Whether other processes have the same broker: then Socket.IO is one over all of them. Default false. */
  readonly isBrokerShared?: boolean
}

export interface Serving {
  /** `http://127.0.0.1:8080/` */
  readonly url: string
  /** Drains: `/healthz` says 503, every connection is closed, WebSockets with 1001, then the port is given back. */
  close(): Promise<void>
}

/** As the library's own port has them; a body may take longer, as that of a Socket.IO poll does on a slow line. */
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
}

/** The limits of one address: generous, since many people may share one, and since a proxy's is one. */
const maxConnectionsPerAddress = 10_000
const maxHandshakesPerSecond = 1_000

/** Closes are spread by this much per connection, so that the clients do not all come back at once. */
const spreadMsPerConnection = 1
const maxSpreadMs = 5_000
const closeTimeoutMs = 3_000

/** Starts the page with everything it talks to, on one port. Rejects with Node's error (`EADDRINUSE` …). */
export async function startServe(options: ServeOptions): Promise<Serving> {
  const {
    port,
    host,
    origins,
    allowedHosts = [],
    page,
    probesAnywhere = false,
    broker,
    isWorker = false,
    isBrokerShared = false,
  } = options
  const delays = monitorEventLoopDelay({ resolution: 10 })
  delays.enable()

  const sockets = createServer({ origins, maxConnectionsPerAddress, maxHandshakesPerSecond })
  const socketIo = new ServeSocketIo({ origins, cluster: isBrokerShared ? broker : undefined })
  const topics = new ServeTopics(origins, sockets, broker)
  const figures = new Figures(origins, sockets, () => topics.latest, isWorker)
  const inspector = new Inspector(sockets, origins)
  const hosts = new KnownHosts([host, ...allowedHosts])
  const plain = new ServeHttp({
    hosts,
    page: page ? new PageFiles() : undefined,
    probe: new Probe({ isAnywhereAllowed: probesAnywhere }),
    server: sockets,
    socketIo,
    topics,
    figures,
    delays,
    isWorker,
  })
  const http = createHttpServer(timeouts)
  serveInTurn(http, (request, response) => plain.handle(request, response))
  topicsOnSocketIo(topics.hub, socketIo.io)
  http.on('upgrade', (request, socket, head) => {
    if (plain.refuseUpgrade(request, socket)) return
    if (socketIo.owns(request)) socketIo.handleUpgrade(request, socket, head)
    else if (inspector.owns(request)) inspector.handleUpgrade(request, socket, head)
  })
  sockets
    .route('/echo', { message: (socket, message) => socket.send(message) })
    .route('/inspect', inspector.route)
    .route(topicsPath, topics.route)
    .route(figuresPath, figures.route)
    .attach(http, {
      leaves: request =>
        hosts.refusalOf(request) !== undefined || socketIo.owns(request) || inspector.owns(request),
    })

  try {
    await listening(http, port, host)
  } catch (error) {
    delays.disable()
    // Over a broker it says goodbye, which goes with the topics.
    if (isBrokerShared) await socketIo.close()
    await Promise.all([topics.close(0), figures.close(0)])
    throw error
  }

  async function close(): Promise<void> {
    // Other workers take the connections that come from here on; alone it goes on saying that it is leaving.
    if (isWorker) http.close()
    plain.drain()
    socketIo.drain()
    const spreadMs = Math.min(maxSpreadMs, sockets.sockets.size * spreadMsPerConnection)
    await Promise.all([topics.close(maxSpreadMs), figures.close(maxSpreadMs)])
    const goodbye = { code: 1001, reason: 'The server is going away.', spreadMs, timeoutMs: closeTimeoutMs }
    await Promise.all([sockets.close(goodbye), inspector.close(goodbye)])
    await socketIo.close()
    await stopped(http)
    delays.disable()
  }

  let closed: Promise<void> | undefined
  return {
    url: urlOf(http, host),
    close() {
      closed ??= close()
      return closed
    },
  }
}

function listening(http: HttpServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, () => {
      http.off('error', reject)
      http.on('error', error => console.error(error))
      resolve()
    })
  })
}

function stopped(http: HttpServer): Promise<void> {
  return new Promise(resolve => {
    http.close(() => resolve())
    http.closeIdleConnections()
    setTimeout(() => http.closeAllConnections(), closeTimeoutMs).unref()
  })
}

function urlOf(http: HttpServer, host: string): string {
  const { port } = http.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`
}
