import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import { createServer as createHttpsServer, type ServerOptions as TlsOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { checkConnectRequest, checkRequest, UsageError } from '@bothways/protocol'
import { invalidOption, type OptionTable } from '../connection/option-checks.ts'
import { closeIdleSessions } from '../opening/http2-connects.ts'
import { isSocketIoRequest, noSocketIo } from '../opening/refusals.ts'
import { serveInTurn } from '../opening/requests-in-turn.ts'
import { lingerMs } from '../opening/upgrade-socket.ts'

export interface ListenOptions {
  /** Default 0: any free port. */
  port?: number
  /** Default 127.0.0.1, which only this machine can reach; 0.0.0.0 or :: for every network. */
  host?: string
  /** Certificate and key for `wss:`, as `node:https` takes them. */
  tls?: TlsOptions
  /** HTTP/2 beside HTTP/1.1 on the same port, for many WebSockets on one TCP connection (RFC 8441). Needs `tls`. */
  http2?: boolean
}

export const listenOptions: OptionTable<ListenOptions> = { port: true, host: true, tls: true, http2: true }

export interface OwnHttpServerInit {
  readonly tls: TlsOptions | undefined
  /** HTTP/2 beside HTTP/1.1; needs `tls`. */
  readonly http2: boolean
  /** How long a request may take to come, and a connection without one may idle, in ms. */
  readonly handshakeTimeoutMs: number
}

/** Streams of one session. Browsers open at most 255 WebSockets to a host. */
const maxConcurrentStreams = 256

/** The HTTP server behind `listen`: it knows all its connections, and ends them. Ordinary requests get 426. */
export class OwnHttpServer {
  readonly server: HttpServer
  /** Also those that are no WebSocket. */
  readonly #connections = new Set<Socket>()
  readonly #sessions = new Set<ServerHttp2Session>()

  /** @throws UsageError `BW_INVALID_OPTION`, or Node's error for a certificate that is none */
  constructor({ tls, http2, handshakeTimeoutMs }: OwnHttpServerInit) {
    if (http2 && tls === undefined) {
      throw new UsageError(
        'BW_INVALID_OPTION',
        'Option http2 needs tls: browsers speak HTTP/2 over TLS only.',
      )
    }
    const timeouts = {
      headersTimeout: handshakeTimeoutMs,
      requestTimeout: handshakeTimeoutMs,
      keepAliveTimeout: Math.min(5_000, handshakeTimeoutMs),
      connectionsCheckingInterval: Math.max(50, Math.min(1_000, handshakeTimeoutMs / 2)),
    }
    const tlsOptions = { ...timeouts, handshakeTimeout: handshakeTimeoutMs, ...tls }
    if (http2) this.server = this.#createHttp2Server(tlsOptions, handshakeTimeoutMs)
    else this.server = tls === undefined ? createHttpServer(timeouts) : createHttpsServer(tlsOptions)
    serveInTurn(this.server, explainUpgrade)
    this.server.on('connection', connection => {
      this.#connections.add(connection)
      connection.once('close', () => this.#connections.delete(connection))
    })
  }

  /** Rejects with Node's error (`EADDRINUSE` …), and when it is closed before it listens. */
  listen(port: number, host: string): Promise<void> {
    const { server } = this
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      // A server that is closed while the host's name is looked up never listens.
      server.once('close', reject)
      server.listen(port, host, () => {
        server.off('error', reject)
        server.off('close', reject)
        resolve()
      })
    })
  }

  /** Undefined before it listens, and after. */
  get address(): AddressInfo | undefined {
    return (this.server.address() as AddressInfo | null) ?? undefined
  }

  /** Takes no new connection, and ends those that idle. Resolves when all have ended. */
  stopListening(): Promise<void> {
    return new Promise(resolve => {
      this.server.close(() => resolve())
      this.server.closeIdleConnections()
      for (const session of this.#sessions) session.close()
    })
  }

  /** Cuts every connection. */
  cutConnections(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  /** Ends the connections that are no WebSocket. The last bytes written on HTTP/2 go out, if the clients take them soon. */
  async endConnections(): Promise<void> {
    if (this.#sessions.size > 0) await allClosed(this.#sessions)
    for (const session of this.#sessions) session.destroy()
    // A server of HTTP/2 has no such method.
    this.server.closeAllConnections?.()
  }

  /** It has what is used here of a server of `node:http`. */
  #createHttp2Server(tls: TlsOptions, idleMs: number): HttpServer {
    // Loaded by those who use it: it takes as much memory as a third of this library.
    const { createSecureServer } = process.getBuiltinModule('node:http2')
    const server = createSecureServer({ ...tls, allowHTTP1: true, settings: { maxConcurrentStreams } })
    server.on('session', session => {
      this.#sessions.add(session)
      session.once('close', () => this.#sessions.delete(session))
      closeIdleSessions(session, idleMs)
    })
    return server as unknown as HttpServer
  }
}

function allClosed(sessions: ReadonlySet<ServerHttp2Session>): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, lingerMs)
    for (const session of sessions) {
      session.once('close', () => {
        if (sessions.size > 0) return
        clearTimeout(timer)
        resolve()
      })
    }
  })
}

/** An ordinary request, or one whose upgrade a proxy has removed: the handshake's own rules say what is missing. */
function explainUpgrade(request: IncomingMessage, response: ServerResponse): void {
  const checked = request.httpVersionMajor < 2 ? checkRequest(request) : checkConnectRequest(request.headers)
  if (checked.ok) return
  const { status, headers, text } = checked.refusal
  const says = isSocketIoRequest(request.url) ? noSocketIo : text
  response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(`${says}\n`)
}

/** Node listens without a certificate, and every client fails. */
export function checkTls(tls: unknown): void {
  if (tls === undefined) return
  const sources = ['cert', 'pfx', 'SNICallback', 'secureContext', 'pskCallback']
  if (typeof tls === 'object' && tls !== null && sources.some(name => name in tls)) return
  throw invalidOption('tls', 'an object with a certificate and its key: { cert, key }, or { pfx }', tls)
}

/**
 * Says in words why a server could not listen. The error stays the one of Node, with its code; only its message says more.
 */
export function explainListenFailure(error: unknown, host: string, port: number): unknown {
  if (!(error instanceof Error)) return error
  const why = reasonOf((error as NodeJS.ErrnoException).code, host, port)
  if (why !== undefined) error.message = `${why} (${error.message})`
  return error
}

function reasonOf(code: string | undefined, host: string, port: number): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is in use by another program: end that one, or choose another port (0 takes any that is free).`
    case 'EACCES':
      return `Port ${port} needs more rights than this user has: choose one above 1023.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      if (/[/?]|^[^:]+:\d+$/.test(host)) {
        return `The host of listen is a name or an address alone, without scheme, path and port: listen({ host: '127.0.0.1', port: 8080 }), got '${host}'.`
      }
      return `This machine has no address ${host}: use 127.0.0.1 for itself alone, 0.0.0.0 or :: for every network.`
    default:
      return undefined
  }
}
