import { Buffer } from 'node:buffer'
import {
  type IncomingHttpHeaders,
  IncomingMessage,
  type OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http'
import { Socket } from 'node:net'
import { type EngineRequest, engineRequest } from './engine-request.ts'

/** A request that another server has received. */
export interface ForwardedHead {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Of the client. */
  readonly address: string
  readonly body?: Uint8Array | undefined
}

export function forwardedRequest({ method, url, headers, address, body }: ForwardedHead): EngineRequest {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: address })
  const request = new IncomingMessage(socket)
  Object.assign(request, { method, url, httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1 })
  request.headers = headers
  request.rawHeaders = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().flatMap(it => [name, it]),
  )
  if (body !== undefined) request.push(body)
  request.push(null)
  return engineRequest(request)
}

type OnAnswer = (status: number, headers: OutgoingHttpHeaders, body: Buffer) => void

/** Keeps the answer, instead of writing it to a connection. */
export class ForwardedResponse extends ServerResponse {
  readonly #onAnswer: OnAnswer
  readonly #pieces: Buffer[] = []

  constructor(request: IncomingMessage, onAnswer: OnAnswer) {
    super(request)
    this.#onAnswer = onAnswer
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    const headers = rest.find(it => typeof it === 'object' && it !== null) ?? {}
    for (const [name, value] of Object.entries(headers as OutgoingHttpHeaders)) {
      if (value !== undefined) this.setHeader(name, value)
    }
    this.statusCode = status
    this.#markSent()
    return this
  }

  override write(piece: string | Uint8Array): boolean {
    this.#pieces.push(Buffer.from(piece as string))
    return true
  }

  override end(piece?: unknown): this {
    if (this.finished || this.destroyed) return this
    if (typeof piece === 'string' || piece instanceof Uint8Array) this.write(piece)
    this.finished = true
    this.#markSent()
    this.#onAnswer(this.statusCode, this.getHeaders(), Buffer.concat(this.#pieces))
    process.nextTick(() => {
      this.emit('finish')
      this.#close()
    })
    return this
  }

  /** The client has gone; or it cannot be answered, which it is told. */
  override destroy(): this {
    if (this.destroyed) return this
    if (!this.finished) {
      this.finished = true
      this.#onAnswer(500, {}, Buffer.alloc(0))
    }
    this.#close()
    return this
  }

  #markSent(): void {
    Object.defineProperty(this, 'headersSent', { value: true, configurable: true })
  }

  #close(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }
}
