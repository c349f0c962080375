import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { fairTime, type TurnMember } from '../connection/fair-time.ts'
import { Fifo } from '../connection/sending/fifo.ts'
import { takeChunksInTurn } from './chunked-body.ts'
import { piecesOf } from './request-pieces.ts'

/** Requests of one connection that may be worked on at once; each has its answer before its successors have theirs. */
const maxUnanswered = 32

/** Answers of one connection that its client has not taken, in bytes: at so many no further request is served. */
const maxUntakenBytes = 16 * 1024

/** The same of all connections of the process whose requests wait for that. */
const maxTotalUntakenBytes = 64 * 1024 * 1024

/** Requests that wait, of all connections of the process; each takes some 4 KB. */
const maxTotalWaiting = 10_000

/**
 * Serves what an HTTP server is asked for, a request at a time: a client that pipelines many (RFC 9112 §9.3.2) gets its
 * share of a turn of the event loop, and what is left of its requests waits for later ones, behind others. So it does
 * while the client does not take its answers. Meanwhile it is not read, and what has been read is not parsed: a request
 * that is parsed takes a hundred times its length.
 *
 * At a bound of all that waits in the process, the connection is ended whose client has been behind for longest.
 */
export function serveInTurn(server: HttpServer, listener: RequestListener): void {
  const connections = new WeakMap<Socket, RequestsInTurn>()
  const enter = (socket: Socket): RequestsInTurn => {
    let requests = connections.get(socket)
    if (requests === undefined) {
      requests = new RequestsInTurn(socket)
      connections.set(socket, requests)
    }
    return requests
  }
  const onConnection = (socket: Socket): void => {
    if (isParsed(socket)) enter(socket)
  }
  server.on('connection', onConnection)
  server.on('secureConnection', onConnection)
  const inTurn =
    (serve: RequestListener): RequestListener =>
    (request, response) => {
      // HTTP/2 bounds its streams by itself, and has no socket of theirs.
      if (request.httpVersionMajor > 1) return serve(request, response)
      takeChunksInTurn(request)
      enter(request.socket).take({ request, response, serve })
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

/** What a socket reads; like its push no public interface, so nothing is taken for granted. */
interface ReadingHandle {
  reading: boolean
  readStop(): void
}

/** Node's HTTP gets what comes; false from an upgrade on. */
function isParsed(socket: Socket): boolean {
  const { parser } = socket as { readonly parser?: object | null }
  return parser !== null && parser !== undefined
}

let totalWaiting = 0
let totalUntakenBytes = 0

/** The connections whose requests wait until the client has its earlier answers; the one that began to wait first, first. */
const behind = new Set<RequestsInTurn>()

/** The requests of one connection. */
class RequestsInTurn implements TurnMember {
  readonly #socket: Socket
  readonly #push: Socket['push']
  readonly #resume: Socket['resume']
  readonly #waiting = new Fifo<Exchange>()
  readonly #unanswered = new Set<ServerResponse>()
  /** As long as it is {@link behind}. */
  #untakenBytes = 0
  #isHeld = false
  /** The client has said that it sends no more; Node hears of it behind what is held. */
  #isEnding = false
  readonly #onClose = (): void => this.#clear()

  constructor(socket: Socket) {
    this.#socket = socket
    this.#push = socket.push.bind(socket)
    this.#resume = socket.resume.bind(socket)
    socket.push = chunk => this.#receive(chunk)
    // Node reads on behind each request, and when a request's body is wanted, or dropped.
    socket.resume = () => this.#readOn()
    socket.once('close', this.#onClose)
    // Node's parser reads past the socket until somebody listens.
    socket.on('data', ignore).off('data', ignore)
  }

  take(exchange: Exchange): void {
    if (this.#socket.destroyed) return
    if (this.#waiting.length === 0 && this.#mayGoOn()) {
      this.#serve(exchange)
      return
    }
    if (this.#waiting.length === 0) this.#waitForTurn()
    this.#waiting.push(exchange)
    totalWaiting++
    if (totalWaiting > maxTotalWaiting) endLongestBehind()
  }

  onTurn(): void {
    this.#catchUp()
    if (!isParsed(this.#socket)) this.#leaveReading()
    while (this.#waiting.length > 0 && this.#mayGoOn()) this.#serve(this.#next())
    if (this.#waiting.length === 0) this.#goOn()
    else this.#waitForTurn()
  }

  /** Nobody waits for the answers any more. */
  end(): void {
    this.#clear()
    this.#socket.destroy()
  }

  /** What has been read. False when nothing more is to be. */
  #receive(chunk: Buffer | null): boolean {
    const socket = this.#socket
    if (!isParsed(socket)) {
      this.#leave()
      return this.#push(chunk)
    }
    if (chunk === null) {
      if (!this.#isHeld && socket.readableLength === 0) return this.#push(null)
      this.#isEnding = true
      return false
    }
    // Others have come before in this turn, and had their share of it.
    if (!this.#isHeld && !fairTime.isEarly(this)) this.#waitForTurn()
    const pieces = piecesOf(chunk)
    // All are in the socket before the first is parsed: behind an upgrade somebody else takes what is left.
    if (pieces.length > 1) socket.pause()
    let wantsMore = true
    for (const piece of pieces) wantsMore = this.#push(piece)
    if (!isParsed(socket)) this.#leave()
    else if (pieces.length > 1) this.#readOn()
    return wantsMore && !this.#isHeld
  }

  /** The clock is looked at for each: the cheapest takes longer than a look. */
  #mayGoOn(): boolean {
    return !this.#isBehind && fairTime.goOn(this, 1) > 0
  }

  get #isBehind(): boolean {
    return this.#unanswered.size >= maxUnanswered || this.#countUntaken() >= maxUntakenBytes
  }

  #countUntaken(): number {
    let count = 0
    for (const response of this.#unanswered) count += response.writableLength
    return count
  }

  #next(): Exchange {
    totalWaiting--
    return this.#waiting.shift() as Exchange
  }

  #serve({ request, response, serve }: Exchange): void {
    this.#unanswered.add(response)
    response.once('close', () => this.#answered(response))
    serve(request, response)
  }

  #answered(response: ServerResponse): void {
    this.#unanswered.delete(response)
    if (this.#isHeld) fairTime.wait(this)
    else if (this.#isEnding) this.#endWhenAnswered()
  }

  /** Until then, nothing more is parsed or read. */
  #waitForTurn(): void {
    if (!this.#isHeld) {
      this.#isHeld = true
      this.#socket.pause()
      const { _handle: handle } = this.#socket as { _handle?: ReadingHandle | null }
      if (handle?.reading === true) {
        handle.reading = false
        handle.readStop()
      }
    }
    if (this.#isBehind) this.#fallBehind()
    else fairTime.wait(this)
  }

  #fallBehind(): void {
    this.#untakenBytes = this.#countUntaken()
    totalUntakenBytes += this.#untakenBytes
    behind.add(this)
    if (totalUntakenBytes > maxTotalUntakenBytes) endLongestBehind()
  }

  #catchUp(): void {
    if (behind.delete(this)) totalUntakenBytes -= this.#untakenBytes
  }

  #readOn(): Socket {
    const socket: Socket & { readonly _paused?: boolean } = this.#socket
    // The second: Node itself waits until the client has read.
    if (isParsed(socket) && (this.#isHeld || socket._paused === true)) return socket
    this.#resume()
    // What the socket holds goes to the parser in the next tick.
    if (this.#isEnding) process.nextTick(() => this.#endWhenAnswered())
    return socket
  }

  /** Node ends its side at once then, also before answers that others are before. */
  #endWhenAnswered(): void {
    if (this.#isHeld || this.#unanswered.size > 0 || this.#socket.readableLength > 0) return
    this.#isEnding = false
    this.#push(null)
  }

  #goOn(): void {
    this.#isHeld = false
    if (!isParsed(this.#socket)) return
    this.#readOn()
    // The stream believes that its handle has been read all the time.
    if (!this.#isEnding) this.#socket._read(0)
  }

  /**
   * An upgrade has come behind what waits: its taker reads as it likes. A stream reads its handle when it begins
   * to, and believes that it has; Node's HTTP would put that right, and is gone.
   */
  #leaveReading(): void {
    if (!Object.hasOwn(this.#socket, 'push')) return
    this.#leave()
    this.#socket._read(0)
  }

  /** The socket is somebody else's. */
  #leave(): void {
    Reflect.deleteProperty(this.#socket, 'push')
    Reflect.deleteProperty(this.#socket, 'resume')
  }

  #clear(): void {
    this.#leave()
    this.#socket.off('close', this.#onClose)
    this.#catchUp()
    fairTime.leave(this)
    while (this.#waiting.length > 0) this.#next()
  }
}

function endLongestBehind(): void {
  for (const connection of behind) {
    connection.end()
    return
  }
}

function ignore(): void {}
