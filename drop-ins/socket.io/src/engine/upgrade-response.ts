import { EventEmitter } from 'node:events'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** As much of a `ServerResponse` as middlewares need while a request to upgrade has none. Its headers go into the 101. */
export class UpgradeResponse extends EventEmitter {
  readonly req: IncomingMessage
  readonly socket: Duplex
  statusCode = 101
  headersSent = false
  writableEnded = false
  readonly headers: OutgoingHttpHeaders = {}

  constructor(request: IncomingMessage, socket: Duplex) {
    super()
    this.req = request
    this.socket = socket
    // Some middlewares wait for the end; without them the connection would keep this for nothing.
    this.on('newListener', event => {
      if (event === 'close' && this.listenerCount('close') === 0)
        socket.once('close', () => this.emit('close'))
    })
  }

  /** As a middleware takes it. */
  get asResponse(): ServerResponse {
    return this as unknown as ServerResponse
  }

  setHeader(name: string, value: number | string | readonly string[]): this {
    this.removeHeader(name)
    this.headers[name] = typeof value === 'object' ? [...value] : value
    return this
  }

  getHeader(name: string): OutgoingHttpHeaders[string] {
    return this.headers[this.#spellingOf(name)]
  }

  hasHeader(name: string): boolean {
    return this.getHeader(name) !== undefined
  }

  getHeaders(): OutgoingHttpHeaders {
    return Object.fromEntries(
      Object.entries(this.headers).map(([name, value]) => [name.toLowerCase(), value]),
    )
  }

  getHeaderNames(): string[] {
    return Object.keys(this.getHeaders())
  }

  removeHeader(name: string): void {
    delete this.headers[this.#spellingOf(name)]
  }

  flushHeaders(): void {}

  write(): boolean {
    return true
  }

  /** Some middlewares replace it, to set their headers at the last moment. */
  writeHead(_status?: number, _headers?: unknown): this {
    return this
  }

  /** A middleware refuses: there is no way to say why that a WebSocket client would show. */
  end(): this {
    this.writableEnded = true
    this.emit('finish')
    this.socket.destroy()
    return this
  }

  #spellingOf(name: string): string {
    const lower = name.toLowerCase()
    return Object.keys(this.headers).find(it => it.toLowerCase() === lower) ?? name
  }
}
