import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IntervalHistogram } from 'node:perf_hooks'
import type { Duplex } from 'node:stream'
import { formatMetrics, type MeasuredServer, type Metric } from 'bothways'
import type { KnownHosts } from './known-hosts.ts'
import { figuresPath } from './messages.ts'
import { metricsContentType, readMetrics } from './metrics.ts'
import type { Figures } from './monitor/figures.ts'
import type { PageFiles } from './page-files.ts'
import type { Probe } from './probe.ts'
import type { ServeSocketIo } from './serve-socket-io.ts'
import { type ServeTopics, topicsPath } from './topics/serve-topics.ts'
import { shareMetrics } from './workers/metrics-of-all.ts'

export interface ServeHttpOptions {
  readonly hosts: KnownHosts
  readonly page: PageFiles | undefined
  readonly probe: Probe
  readonly server: MeasuredServer
  readonly socketIo: ServeSocketIo
  readonly topics: ServeTopics
  readonly figures: Figures
  readonly delays: IntervalHistogram
  readonly isWorker: boolean
}

const webSocketPaths = new Set(['/echo', '/inspect', figuresPath, topicsPath])

const notBuilt =
  'The page was not built: run `npm run build`, then start again. The WebSocket paths work without it.'

/** Everything that is answered over plain HTTP. */
export class ServeHttp {
  readonly #options: ServeHttpOptions
  readonly #readMetrics: () => readonly Metric[] | Promise<readonly Metric[]>
  #isDraining = false
  #foreignHostCount = 0

  constructor(options: ServeHttpOptions) {
    this.#options = options
    const { server, socketIo, delays, isWorker } = options
    const own = (): readonly Metric[] =>
      readMetrics({ server, socketIo, foreignHostCount: this.#foreignHostCount, delays })
    this.#readMetrics = isWorker ? shareMetrics(own) : own
  }

  /** From now on this server is not ready: load balancers look elsewhere, and connections are not kept. */
  drain(): void {
    this.#isDraining = true
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const { figures, socketIo, topics } = this.#options
    figures.traffic.onRequest(request, response)
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Referrer-Policy', 'no-referrer')
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
    if (this.#isDraining) response.setHeader('Connection', 'close')
    const foreignHost = this.#options.hosts.refusalOf(request)
    if (foreignHost !== undefined) {
      this.#foreignHostCount++
      // The rest of a body would be read as the next request.
      response.setHeader('Connection', 'close')
      answerText(response, 421, foreignHost)
      return
    }
    if (socketIo.owns(request)) {
      socketIo.handle(request, response)
      return
    }
    if (topics.handle(request, response) || figures.handle(request, response)) return
    if (this.#options.probe.handle(urlOf(request) ?? new URL('http://localhost'), request, response)) return
    this.#answer(request, response).catch((error: unknown) => {
      console.error(error)
      if (response.headersSent) response.destroy()
      else answerText(response, 500, 'The server failed.')
    })
  }

  /** Refuses an upgrade for a host that is not known; false when it is. */
  refuseUpgrade(request: IncomingMessage, socket: Duplex): boolean {
    const foreignHost = this.#options.hosts.refusalOf(request)
    if (foreignHost === undefined) return false
    this.#foreignHostCount++
    socket.on('error', () => {})
    socket.once('finish', () => socket.destroy())
    const head =
      'HTTP/1.1 421 Misdirected Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8'
    socket.end(`${head}\r\nContent-Length: ${foreignHost.length + 1}\r\n\r\n${foreignHost}\n`)
    return true
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      // The rest of a body would be read as the next request.
      response.setHeader('Connection', 'close')
      response.setHeader('Allow', 'GET, HEAD')
      return answerText(response, 405, 'Only GET and HEAD are answered here.')
    }
    const url = urlOf(request)
    if (url === undefined) return answerText(response, 400, 'The address cannot be read.')
    const { page } = this.#options
    if (url.pathname === '/healthz') {
      response.setHeader('Cache-Control', 'no-store')
      // Where a worker leaves, others are ready on the same port.
      const isLeaving = this.#isDraining && !this.#options.isWorker
      return isLeaving ? answerText(response, 503, 'draining') : answerText(response, 200, 'ok')
    }
    if (url.pathname === '/metrics') {
      const body = formatMetrics(await this.#readMetrics())
      response.writeHead(200, { 'Content-Type': metricsContentType, 'Cache-Control': 'no-store' })
      response.end(body)
      return
    }
    if (webSocketPaths.has(url.pathname)) {
      response.setHeader('Upgrade', 'websocket')
      response.setHeader('Connection', 'Upgrade')
      return answerText(
        response,
        426,
        'This is a WebSocket: connect with new WebSocket(…), or a proxy ate the upgrade.',
      )
    }
    if (page !== undefined && (await page.handle(url.pathname, request, response))) return
    if (page !== undefined && url.pathname === '/' && !page.isBuilt)
      return answerText(response, 503, notBuilt)
    answerText(response, 404, `Nothing is at ${url.pathname.slice(0, 200)}.`)
  }
}

/** Undefined when it cannot be read. */
function urlOf({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : undefined
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(`${text}\n`)
}
