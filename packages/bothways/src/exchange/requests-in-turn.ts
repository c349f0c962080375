import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { fairTime, type TurnMember } from '../connection/fair-time.ts'
import { Fifo } from '../connection/sending/fifo.ts'
import { takeChunksInTurn } from './chunked-body.ts'

/** Requests of one connection that may be worked on at once; each has its answer before its successors have theirs. */
const maxUnanswered = 32

/** What one read brings waits at most; an honest client pipelines fewer than this. */
const fewWaiting = 100

/** Requests that wait, of all connections of the process; each takes some 4 KB. */
const maxTotalWaiting = 10_000

/**
 * Serves what an HTTP server is asked for, a request at a time: a client that pipelines many (RFC 9112 §9.3.2) gets its
 * share of a turn of the event loop, and what is left of its requests waits for later ones, behind others. Meanwhile it
 * is not read: else Node would parse up to 2 MiB of requests in a turn, and serve them all.
 *
 * At the bound of what waits in the process, a connection that asks for more and is not one of few requests is ended.
 */
export function serveInTurn(server: HttpServer, listener: RequestListener): void {
  const connections = new WeakMap<Socket, RequestsInTurn>()
  const inTurn =
    (serve: RequestListener): RequestListener =>
    (request, response) => {
      // HTTP/2 bounds its streams by itself, and has no socket of theirs.
      if (request.httpVersionMajor > 1) return serve(request, response)
      takeChunksInTurn(request)
      const { socket } = request
      let requests = connections.get(socket)
      if (requests === undefined) {
        requests = new RequestsInTurn(socket)
        connections.set(socket, requests)
      }
      requests.take({ request, response, serve })
    }
  server.on('request', inTurn(listener))
  // What Node does without a listener, and would do for all at once (RFC 9110 §10.1.1).
  server.on(
    'checkExpectation',
    inTurn((_request, response) => void response.writeHead(417).end()),
  )
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly serve: RequestListener
}

let totalWaiting = 0

/** The requests of one connection. */
class RequestsInTurn implements TurnMember {
  readonly #socket: Socket
  readonly #waiting = new Fifo<Exchange>()
  #unanswered = 0
  readonly #onAnswered = (): void => this.#answered()
  readonly #onResume = (): void => this.#stayPaused()
  readonly #onClose = (): void => this.#clear()

  constructor(socket: Socket) {
    this.#socket = socket
  }

  take(exchange: Exchange): void {
    if (this.#socket.destroyed) return
    if (this.#waiting.length === 0 && this.#mayGoOn()) {
      this.#serve(exchange)
      return
    }
    if (totalWaiting >= maxTotalWaiting && this.#waiting.length >= fewWaiting) {
      this.#socket.destroy()
      return
    }
    if (this.#waiting.length === 0) this.#pause()
    this.#waiting.push(exchange)
    totalWaiting++
  }

  onTurn(): void {
    if (!this.#isParsed) this.#leaveReading()
    while (this.#waiting.length > 0 && this.#mayGoOn()) this.#serve(this.#next())
    if (this.#waiting.length === 0) this.#resume()
    else if (this.#unanswered < maxUnanswered) fairTime.wait(this)
  }

  /** The clock is looked at for each: the cheapest takes longer than a look. */
  #mayGoOn(): boolean {
    return this.#unanswered < maxUnanswered && fairTime.goOn(this, 1) > 0
  }

  #next(): Exchange {
    totalWaiting--
    return this.#waiting.shift() as Exchange
  }

  #serve({ request, response, serve }: Exchange): void {
    this.#unanswered++
    response.once('close', this.#onAnswered)
    serve(request, response)
  }

  #answered(): void {
    this.#unanswered--
    if (this.#waiting.length > 0) fairTime.wait(this)
  }

  #pause(): void {
    const socket = this.#socket
    socket.pause()
    socket.on('resume', this.#onResume)
    socket.once('close', this.#onClose)
    fairTime.wait(this)
  }

  /** Node reads on when a request's body is wanted, or dropped. */
  #stayPaused(): void {
    if (this.#isParsed) this.#socket.pause()
  }

  #resume(): void {
    this.#release()
    if (this.#isParsed) this.#socket.resume()
  }

  /**
   * An upgrade has come behind what waits: whoever took it reads as it likes. A stream reads its handle when it begins
   * to, and believes that it has; Node's HTTP would put that right, and is gone.
   */
  #leaveReading(): void {
    this.#socket.off('resume', this.#onResume)
    this.#socket._read(0)
  }

  /** False from an upgrade on. */
  get #isParsed(): boolean {
    const { parser } = this.#socket as { readonly parser?: object | null }
    return parser !== null && parser !== undefined
  }

  #release(): void {
    this.#socket.off('resume', this.#onResume)
    this.#socket.off('close', this.#onClose)
  }

  /** Nobody waits for the answers any more. */
  #clear(): void {
    this.#release()
    fairTime.leave(this)
    while (this.#waiting.length > 0) this.#next()
  }
}
