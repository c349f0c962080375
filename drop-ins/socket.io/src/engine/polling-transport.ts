import { Buffer } from 'node:buffer'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { ByteBudget, SendOutcome } from 'bothways/connection'
import { encodePayload } from './codec.ts'
import { compressBody, type HttpCompressionOptions, preferredCoding } from './content-encoding.ts'
import { Delivery, type DeliveryOutcome, type DeliveryReceiver } from './delivery.ts'
import type { EngineRequest } from './engine-request.ts'
import type { Packet } from './packet.ts'
import { guard } from './safe-emitter.ts'
import { type SendCallback, Transport } from './transport.ts'

/** The settings and calls of the server that long polling uses. */
export interface PollingSettings {
  readonly maxHttpBufferSize: number
  /** The bodies of all requests of the server. */
  readonly bodies: ByteBudget
  readonly httpCompression: false | HttpCompressionOptions
  /** Completes the headers of an answer. */
  readonly onHeaders: (headers: OutgoingHttpHeaders, request: EngineRequest, transport: Transport) => void
}

/** A request that waits for packets. */
interface Poll {
  readonly request: EngineRequest
  readonly response: ServerResponse
  /** The length of the answer, once there is one, in bytes. */
  answerBytes?: number
}

/** The status of the answer to a request that has brought no payload. */
const refusalStatus = { invalid: 400, 'too long': 413, 'no room': 503 } as const

/** How long a client that does not poll may take to hear that its session is over. */
const closeTimeoutMs = 30_000

/** An answer of this length goes out in bytes: a string would be kept beside its bytes until they have left. */
const longAnswerBytes = 64 * 1024

/** HTTP long polling (Engine.IO protocol v4, "Transports: HTTP long-polling"). */
export class PollingTransport extends Transport implements DeliveryReceiver {
  readonly name = 'polling'
  readonly #settings: PollingSettings
  #poll: Poll | undefined
  /** Of answers that have not left: the client may poll again and read none of them. */
  #unsentBytes = 0
  #delivery: (Poll & { readonly delivery: Delivery }) | undefined
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

  get bufferedAmount(): number {
    return this.#unsentBytes
  }

  /** @internal */
  get maxHttpBufferSize(): number {
    return this.#settings.maxHttpBufferSize
  }

  /** @internal */
  get bodies(): ByteBudget {
    return this.#settings.bodies
  }

  /** @internal Of a session that has ended or moved nobody would get them. */
  get wantsPackets(): boolean {
    return this.owner !== undefined && this.readyState !== 'closed'
  }

  /** @internal Takes a request of this session. */
  onRequest(request: EngineRequest, response: ServerResponse): void {
    if (request.method === 'GET') this.#onPoll({ request, response })
    else if (request.method === 'POST') this.#onDelivery(request, response)
    else response.writeHead(500).end()
  }

  /** All that is sent is one answer: there is room again when the client has polled again. */
  send(packets: readonly Packet[], callbacks: readonly SendCallback[] = []): SendOutcome {
    const poll = this.#poll
    if (poll === undefined) return 'refused'
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
    return 'queued'
  }

  release(farewell: 'close' | 'noop' = 'close'): void {
    this.owner = undefined
    this.readyState = 'closed'
    this.#onClosed = undefined
    clearTimeout(this.#closeTimer)
    this.#cutDelivery()
    if (this.writable) this.send([{ type: farewell }])
  }

  terminate(): void {
    this.#poll?.response.destroy()
    this.release()
  }

  protected doClose(onClosed: () => void, isDiscarded: boolean): void {
    this.#cutDelivery()
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
      this.#unsentBytes -= poll.answerBytes ?? 0
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
    this.#delivery = { request, response, delivery: new Delivery(this, request, isBinary) }
  }

  /** @internal */
  onDelivered(packet: Packet): void {
    if (packet.type !== 'close') {
      this.owner?.onTransportPacket(packet)
      return
    }
    this.readyState = 'closed'
    if (this.writable) this.send([{ type: 'noop' }])
    this.owner?.onTransportClose()
  }

  /** @internal */
  onDeliveryEnd(outcome: DeliveryOutcome): void {
    const delivery = this.#delivery
    this.#delivery = undefined
    if (delivery === undefined) return
    if (outcome === 'taken') {
      this.#confirm(delivery)
    } else if (outcome === 'broken off') {
      this.fail('data request connection closed prematurely')
    } else {
      delivery.response.writeHead(refusalStatus[outcome]).end()
    }
  }

  /** Nobody waits for the rest of a request that brings packets, and it waits for nobody. */
  #cutDelivery(): void {
    const cut = this.#delivery
    // A body that is being read ends by itself, with an answer.
    if (cut === undefined || cut.delivery.isReading) return
    this.#delivery = undefined
    cut.delivery.cancel()
    // Over HTTP/1.1 the connection ends behind the answer: the rest of the body would keep it.
    cut.response.shouldKeepAlive = false
    cut.response.writeHead(400).end()
  }

  #confirm(delivery: Poll): void {
    // `text/plain` would make some browsers offer a download.
    const headers = { 'Content-Type': 'text/html', 'Content-Length': '2' }
    this.#write(delivery, headers, 'ok')
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
      poll.answerBytes = contentBytes
      this.#unsentBytes += contentBytes
      headers['Content-Length'] = contentBytes
      if (this.#write(poll, headers, content)) onAnswered()
    }
    if (coding === undefined || httpCompression === false) {
      const isString = typeof body === 'string'
      respond(isString && bytes > longAnswerBytes ? Buffer.from(body) : body, bytes)
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
    // Internet Explorer would take messages of users to each other for an attack.
    if (agent !== undefined && /;MSIE|Trident\//.test(agent)) headers['X-XSS-Protection'] = '0'
    headers['cache-control'] = 'no-store'
    this.emit('headers', headers, request)
    this.#settings.onHeaders(headers, request, this)
    return headers
  }
}
