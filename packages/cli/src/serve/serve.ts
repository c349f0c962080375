import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Broker, createServer } from 'bothways'
import { serveInTurn } from 'bothways/exchange'
import { Chat } from './chat/chat.ts'
import { chatRoute } from './chat/chat-route.ts'
import { chatOnSocketIo, chatTopics } from './chat/chat-socket-io.ts'
import { CompareHttp } from './compare/compare-http.ts'
import { compareControlRoute, compareSocketRoute } from './compare/compare-sockets.ts'
import type { Viewer } from './compare/viewer.ts'
import { WireMeter } from './compare/wire-meter.ts'
import { Inspector } from './inspect/inspector.ts'
import { KnownHosts } from './known-hosts.ts'
import { monitorRoute } from './monitor/monitor-route.ts'
import { PageFiles } from './page-files.ts'
import { Probe } from './probe.ts'
import { ServeHttp } from './serve-http.ts'
import { ServeSocketIo } from './serve-socket-io.ts'
import { ServeTopics, topicsPath } from './topics/serve-topics.ts'

export interface ServeOptions {
  /** 0 takes any free port. */
  readonly port: number
  readonly host: string
  /** Pages that may connect besides the served one. */
  readonly origins: readonly string[]
  /** Names and addresses that requests may ask for, besides the loopback's, `host` and the address connected to. */
  readonly allowedHosts?: readonly string[]
  /** Whether the page is served, or only what it talks to. */
  readonly page: boolean
  /** Whether the page may have any address tried, from anywhere; else only readers on this machine, and addresses of it. */
  readonly probesAnywhere?: boolean
  /** Keeps the topics; closed with the server. Default: in memory. */
  readonly broker?: Broker
  /** How long a long poll without a change is held, in ms. Default 25,000. */
  readonly longPollMs?: number
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

/** What one address may have: generous, since many people may share one, and since a proxy's is one. */
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
    longPollMs = 25_000,
  } = options
  const viewers = new Map<string, Viewer>()
  const meter = new WireMeter()
  const delays = monitorEventLoopDelay({ resolution: 10 })
  delays.enable()

  const sockets = createServer({ origins, maxConnectionsPerAddress, maxHandshakesPerSecond })
  const socketIo = new ServeSocketIo({ origins, topics: chatTopics(sockets) })
  const topics = new ServeTopics(origins, sockets, broker)
  const inspector = new Inspector(sockets, origins)
  const hosts = new KnownHosts([host, ...allowedHosts])
  const plain = new ServeHttp({
    hosts,
    page: page ? new PageFiles() : undefined,
    probe: new Probe({ isAnywhereAllowed: probesAnywhere }),
    compare: new CompareHttp({ viewers, meter, longPollMs }),
    server: sockets,
    socketIo,
    topics,
    delays,
    meter,
  })
  const http = createHttpServer(timeouts)
  serveInTurn(http, (request, response) => plain.handle(request, response))
  const chat = new Chat((topic, text) => sockets.publish(topic, text))
  chatOnSocketIo(chat, socketIo.io)
  http.on('upgrade', (request, socket, head) => {
    if (plain.refuseUpgrade(request, socket)) return
    if (socketIo.owns(request)) socketIo.handleUpgrade(request, socket, head)
    else if (inspector.owns(request)) inspector.handleUpgrade(request, socket, head)
  })
  sockets
    .route('/echo', { message: (socket, message) => socket.send(message) })
    .route('/chat', chatRoute(chat))
    .route('/monitor', monitorRoute(sockets))
    .route('/inspect', inspector.route)
    .route('/compare/control', compareControlRoute(viewers))
    .route('/compare/socket', compareSocketRoute(viewers))
    .route(topicsPath, topics.route)
    .attach(http, {
      leaves: request =>
        hosts.refusalOf(request) !== undefined || socketIo.owns(request) || inspector.owns(request),
    })

  try {
    await listening(http, port, host)
  } catch (error) {
    delays.disable()
    await topics.close(0)
    throw error
  }

  async function close(): Promise<void> {
    plain.drain()
    socketIo.drain()
    const spreadMs = Math.min(maxSpreadMs, sockets.sockets.size * spreadMsPerConnection)
    await topics.close(maxSpreadMs)
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
