import { Buffer } from 'node:buffer'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { decodePayload, encodePayload } from './codec.ts'
import { compressBody, type HttpCompressionOptions, preferredCoding } from './content-encoding.ts'
import type { EngineRequest } from './engine-request.ts'
import type { Packet } from './packet.ts'
import { guard } from './safe-emitter.ts'
import { type SendCallback, Transport } from './transport.ts'

/** What long polling takes from its server. */
export interface PollingSettings {
  readonly maxHttpBufferSize: number
  readonly httpCompression: false | HttpCompressionOptions
  /** Completes the headers of an answer. */
  readonly onHeaders: (headers: OutgoingHttpHeaders, request: EngineRequest, transport: Transport) => void
}

/** A request that waits for packets. */
interface Poll {
  readonly request: EngineRequest
  readonly response: ServerResponse
}

/** A request that brings packets. */
interface Delivery {
  readonly chunks: Buffer[]
  bytes: number
}

/** How long a client that does not poll may take to hear that its session is over. */
const closeTimeoutMs = 30_000

/** HTTP long polling (Engine.IO protocol v4, "Transports: HTTP long-polling"). */
export class PollingTransport extends Transport {
  readonly name = 'polling'
  readonly #settings: PollingSettings
  #poll: Poll | undefined
  #delivery: Delivery | undefined
  /** The session is over, and the next poll shall say so. */
  #onClosed: (() => void) | undefined
  #closeTimer: NodeJS.Timeout | undefined

  constructor(request: EngineRequest, settings: PollingSettings) {
    super(request)
    this.#settings = settings
  }

  get takesPackets(): boolean {
    return this.writable
  }

  /** @internal Takes a request of this session. */
  onRequest(request: EngineRequest, response: ServerResponse): void {
    if (request.method === 'GET') this.#onPoll({ request, response })
    else if (request.method === 'POST') this.#onDelivery(request, response)
    else response.writeHead(500).end()
  }

  send(packets: readonly Packet[], callbacks: readonly SendCallback[] = []): void {
    const poll = this.#poll
    if (poll === undefined) return
    this.writable = false
    const onClosed = this.#onClosed
    this.#onClosed = undefined
    const all: readonly Packet[] = onClosed === undefined ? packets : [...packets, { type: 'close' }]
    const compresses = all.some(({ options }) => options !== undefined && options.compress !== false)
    this.#answer(poll, encodePayload(all, this.protocol, this.supportsBinary), compresses, () => {
      if (this.#poll === poll) this.#poll = undefined
      for (const callback of callbacks) guard(() => callback(this))
      onClosed?.()
    })
  }

  release(farewell: 'close' | 'noop' = 'close'): void {
    this.owner = undefined
    this.readyState = 'closed'
    this.#onClosed = undefined
    clearTimeout(this.#closeTimer)
    if (this.writable) this.send([{ type: farewell }])
  }

  protected doClose(onClosed: () => void, isDiscarded: boolean): void {
    if (this.writable) {
      this.send([{ type: 'close' }])
      onClosed()
    } else if (isDiscarded) {
      onClosed()
    } else {
      this.#onClosed = onClosed
      this.#closeTimer = setTimeout(onClosed, closeTimeoutMs)
    }
  }

  #onPoll(poll: Poll): void {
    if (this.#poll !== undefined) {
      this.fail('overlap from client')
      poll.response.writeHead(400).end()
      return
    }
    if (poll.response.destroyed) {
      this.fail('poll connection closed prematurely')
      return
    }
    this.#poll = poll
    this.writable = true
    // Comes after every answer; then the poll is ours no more.
    poll.response.on('close', () => {
      if (this.#poll !== poll) return
      this.#poll = undefined
      this.writable = false
      this.fail('poll connection closed prematurely')
    })
    this.owner?.onTransportReady()
    if (this.writable && this.#onClosed !== undefined) this.send([{ type: 'noop' }])
  }

  #onDelivery(request: EngineRequest, response: ServerResponse): void {
    if (this.#delivery !== undefined) {
      this.fail('data request overlap from client')
      response.writeHead(400).end()
      return
    }
    const isBinary = request.headers['content-type'] === 'application/octet-stream'
    if (isBinary && this.protocol === 4) {
      this.fail('invalid content')
      response.writeHead(400).end()
      return
    }
    if (request.readableEnded || request.destroyed) {
      // A middleware has read it.
      response.writeHead(400).end()
      return
    }
    const delivery: Delivery = { chunks: [], bytes: 0 }
    this.#delivery = delivery
    request.on('data', (chunk: Buffer) => {
      if (this.#delivery !== delivery) return
      delivery.bytes += chunk.length
      if (delivery.bytes <= this.#settings.maxHttpBufferSize) {
        delivery.chunks.push(chunk)
        return
      }
      // The rest is read, so that the client gets to the answer, and forgotten.
      this.#delivery = undefined
      response.writeHead(413).end()
    })
    request.on('end', () => {
      if (this.#delivery !== delivery) return
      this.#delivery = undefined
      const body = Buffer.concat(delivery.chunks, delivery.bytes)
      // Of a session that has ended or moved meanwhile nobody would get it.
      const isAccepted = this.owner !== undefined && this.#take(isBinary ? body : body.toString())
      if (isAccepted) this.#confirm(request, response)
      else response.writeHead(400).end()
    })
    request.on('close', () => {
      if (this.#delivery !== delivery) return
      this.#delivery = undefined
      this.fail('data request connection closed prematurely')
    })
    request.on('error', () => {})
  }

  /** False when the body is no payload. */
  #take(payload: string | Buffer): boolean {
    for (const packet of decodePayload(payload, this.protocol)) {
      if (packet.type === 'close') {
        this.readyState = 'closed'
        if (this.writable) this.send([{ type: 'noop' }])
        this.owner?.onTransportClose()
        return true
      }
      this.owner?.onTransportPacket(packet)
      if (packet.type === 'error') return false
      if (this.owner === undefined) return true
    }
    return true
  }

  #confirm(request: EngineRequest, response: ServerResponse): void {
    // `text/plain` would make some browsers offer a download.
    const headers = { 'Content-Type': 'text/html', 'Content-Length': '2' }
    this.#write({ request, response }, headers, 'ok')
  }

  #answer(poll: Poll, body: string | Buffer, compresses: boolean, onAnswered: () => void): void {
    const { request, response } = poll
    const headers: OutgoingHttpHeaders = {
      'Content-Type': typeof body === 'string' ? 'text/plain; charset=UTF-8' : 'application/octet-stream',
    }
    const { httpCompression } = this.#settings
    const bytes = Buffer.byteLength(body)
    const isLong = httpCompression !== false && bytes >= (httpCompression.threshold ?? 0)
    const coding =
      compresses && isLong ? preferredCoding(request.headers['accept-encoding'] as string) : undefined
    const respond = (content: string | Buffer, contentBytes: number): void => {
      headers['Content-Length'] = contentBytes
      if (this.#write(poll, headers, content)) onAnswered()
    }
    if (coding === undefined || httpCompression === false) {
      respond(body, bytes)
      return
    }
    compressBody(Buffer.from(body as string), coding, httpCompression, (error, compressed) => {
      if (response.destroyed) return
      if (error === null) headers['Content-Encoding'] = coding
      if (error === null) respond(compressed, compressed.length)
      else respond(body, bytes)
    })
  }

  /** False when a listener has added a header that cannot be sent; the connection ends then. */
  #write({ request, response }: Poll, headers: OutgoingHttpHeaders, content: string | Buffer): boolean {
    try {
      response.writeHead(200, this.#headers(request, headers))
    } catch (error) {
      response.destroy()
      this.fail('headers that cannot be sent', error)
      return false
    }
    response.end(content)
    return true
  }

  #headers(request: EngineRequest, headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
    const agent = request.headers['user-agent']
    // Internet Explorer would take what users send each other for an attack.
    if (agent !== undefined && /;MSIE|Trident\//.test(agent)) headers['X-XSS-Protection'] = '0'
    headers['cache-control'] = 'no-store'
    this.emit('headers', headers, request)
    this.#settings.onHeaders(headers, request, this)
    return headers
  }
}
