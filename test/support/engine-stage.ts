import { type EventEmitter, once } from 'node:events'
import {
  type Agent,
  createServer,
  type Server as HttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
} from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

const require = createRequire(import.meta.url)

/** The part of an Engine.IO server, ours or npm's, that the stage needs. */
export interface StagedEngine extends EventEmitter {
  close(): unknown
}

export interface EngineAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly bytes: Buffer
}

export interface EngineRequestInit {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Agents keep connections; by default there are none to keep. */
  readonly agent?: Agent
}

/** An Engine.IO server with its HTTP server, on a port of 127.0.0.1, until the test ends. */
export class EngineStage<Engine extends StagedEngine> {
  readonly engine: Engine
  readonly http: HttpServer
  readonly #waiting: unknown[] = []

  constructor(attach: (http: HttpServer) => Engine) {
    this.http = createServer((_request, response) => response.writeHead(404).end('not the engine'))
    this.engine = attach(this.http)
    this.engine.on('connection', socket => this.#waiting.push(socket))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`
  }

  async listen(): Promise<this> {
    this.http.listen(0, '127.0.0.1')
    await once(this.http, 'listening')
    onTestFinished(() => {
      this.engine.close()
      this.http.closeAllConnections()
      this.http.close()
    })
    return this
  }

  /** The next session that the server has opened. */
  async session<Session>(): Promise<Session> {
    while (this.#waiting.length === 0) await once(this.engine, 'connection')
    return this.#waiting.shift() as Session
  }

  /** One HTTP request; rejects when its connection breaks. */
  async ask(query: string, init: EngineRequestInit = {}): Promise<EngineAnswer> {
    const sent = this.send(query, init)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    return { status: response.statusCode ?? 0, headers: response.headers, body: bytes.toString(), bytes }
  }

  /** The same, to be aborted by the caller. */
  send(
    query: string,
    { method = 'GET', headers = {}, body, agent }: EngineRequestInit = {},
  ): ReturnType<typeof request> {
    const path = query.startsWith('/') ? query : `/engine.io/?${query}`
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const sent = request(`${this.url}${path}`, {
      method,
      headers: { ...length, ...headers },
      agent: agent ?? false,
    })
    sent.end(body)
    return sent
  }

  /** A POST whose body is the caller's to write. */
  post(query: string): ReturnType<typeof request> {
    return request(`${this.url}/engine.io/?${query}`, { method: 'POST', agent: false })
  }

  /** Opens a session by long polling, and reads its handshake. */
  async open(query = 'EIO=4'): Promise<Readonly<Record<string, unknown>> & { readonly sid: string }> {
    const { body } = await this.ask(`${query}&transport=polling`)
    return JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1))
  }

  /** A WebSocket client without a library around it. */
  socket(query: string, headers: Readonly<Record<string, string>> = {}): RawSocket {
    return new RawSocket(`${this.url.replace('http', 'ws')}/engine.io/?${query}`, headers)
  }
}

/** A WebSocket client that keeps what came until somebody asks for it. */
export class RawSocket {
  readonly socket: WebSocket
  /** The close code. */
  readonly closed: Promise<number>
  readonly #messages: (string | Buffer)[] = []

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.socket = new WebSocket(url, { headers })
    this.socket.on('message', (data: Buffer, isBinary) => this.#messages.push(isBinary ? data : String(data)))
    // `close` follows.
    this.socket.on('error', () => {})
    this.closed = new Promise(resolve => this.socket.on('close', resolve))
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open')
    return this
  }

  send(data: string | Buffer): void {
    this.socket.send(data)
  }

  async next(): Promise<string | Buffer> {
    while (this.#messages.length === 0) await once(this.socket, 'message')
    return this.#messages.shift()!
  }
}

/** The client of npm's `engine.io-client`, as far as tests need it; versions 3 and 6 have this in common. */
export interface EngineClient extends EventEmitter {
  readonly id: string
  readonly readyState: string
  readonly transport: { readonly name: string }
  send(data: string | Uint8Array, options?: object, callback?: () => void): void
  close(): void
}

/** A client of the protocol's version 4 or 3, which is closed when the test ends. */
export function engineClient(version: 3 | 4, url: string, options: object): EngineClient {
  const client: EngineClient =
    version === 4
      ? new (require('engine.io-client').Socket)(url, options)
      : require('engine.io-client-3')(url, options)
  onTestFinished(() => client.close())
  return client
}

const { attach } = require('engine.io')

/** Attaches npm's `engine.io`. By itself it would find the ES modules of `ws` here, which lack the name it wants. */
export function attachOriginalEngine(http: HttpServer, options: object): StagedEngine {
  return attach(http, { wsEngine: WebSocketServer, ...options })
}
