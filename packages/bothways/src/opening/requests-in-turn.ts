import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { fairTime, type TurnMember } from '../connection/fair-time.ts'
import { Fifo } from '../connection/sending/fifo.ts'
import { takeChunksInTurn } from './chunked-body.ts'
import { pieceLength } from './request-pieces.ts'

/** Requests of one connection that may be worked on at once; each has its answer before its successors have theirs. */
const maxUnanswered = 32

/** Answers of one connection that its client has not taken, in bytes: at so many no further request is served. */
const maxUntakenBytes = 16 * 1024

/** The same of all connections of the process whose requests wait for that, and their unanswered requests. */
const maxTotalUntakenBytes = 64 * 1024 * 1024

/** The memory that a request takes until it is answered, in bytes. */
const requestBytes = 4 * 1024

/**
 * Serves what an HTTP server is asked for, a request at a time: a client that pipelines many (RFC 9112 §9.3.2) gets its
 * share of a turn of the event loop, and the rest of its requests waits for later ones, behind others. So it does
 * while the client does not take its answers. Meanwhile it is not read, and bytes that were read are not parsed: a request
 * that is parsed takes a hundred times its length.
 *
 * A bound of all that waits in the process ends the connection whose client has been behind for longest.
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
  served.set(server, enter)
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
      enter(request.socket).take(request, response)
      serve(request, response)
    }
  server.on('request', inTurn(listener))
  // Node answers the same without a listener, and would answer all at once (RFC 9110 §10.1.1).
  server.on(
    'checkExpectation',
    inTurn((_request, response) => void response.writeHead(417).end()),
  )
}

/**
 * Node's HTTP has taken `socket` once more, behind an upgrade to something else; does nothing for a server whose requests are
 * not served in turn.
 *
 * @param held all that the socket holds
 */
export function serveInTurnAgain(server: object, socket: Socket, held: Buffer): void {
  served.get(server)?.(socket).again(held)
}

/** Of each server, the function that has a connection's requests served in turn. */
const served = new WeakMap<object, (socket: Socket) => RequestsInTurn>()

/** The handle that a socket reads from; like its push no public interface, so nothing is taken for granted. */
interface ReadingHandle {
  reading: boolean
  readStop(): void
}

/** Node itself waits until the client has read. */
function isPaused(socket: Socket & { readonly _paused?: boolean }): boolean {
  return socket._paused === true
}

/** Node's HTTP gets the bytes that come; false from an upgrade on. */
function isParsed(socket: Socket): boolean {
  const { parser } = socket as { readonly parser?: object | null }
  return parser !== null && parser !== undefined
}

let totalUntakenBytes = 0

/** The connections whose requests wait until the client has its earlier answers; the one that began to wait first, first. */
const behind = new Set<RequestsInTurn>()

/** The requests of one connection. */
class RequestsInTurn implements TurnMember {
  readonly #socket: Socket
  readonly #push: Socket['push']
  readonly #pause: Socket['pause']
  readonly #resume: Socket['resume']
  /** In the order in which they are answered. */
  readonly #unanswered = new Fifo<ServerResponse>()
  /** The bytes that were read and not parsed, as the socket holds them: the taker of the socket after an upgrade has the rest. */
  #unparsed: Buffer | undefined
  /** The last request, while its body is to come. */
  #unfinished: IncomingMessage | undefined
  /** The bytes that are to come of that body. */
  #bodyBytes = 0
  /** It comes in chunks: where it ends is not known. */
  #isChunked = false
  #isParsing = false
  #isStopped = false
  /** The handle is read no longer, and the stream may believe that it is. */
  #isUnread = false
  /** As long as it is {@link behind}. */
  #untakenBytes = 0
  #isHeld = false
  /** The client has said that it sends no more; Node hears of it behind the bytes that are held. */
  #isEnding = false
  readonly #onClose = (): void => this.#clear()

  constructor(socket: Socket) {
    this.#socket = socket
    this.#push = socket.push.bind(socket)
    this.#pause = socket.pause.bind(socket)
    this.#resume = socket.resume.bind(socket)
    this.#enter()
    socket.once('close', this.#onClose)
  }

  /** @param held all that the socket holds */
  again(held: Buffer): void {
    this.#leave()
    this.#pause()
    this.#isStopped = false
    this.#unparsed = held
    this.#enter()
    process.nextTick(() => this.#parseOn())
  }

  #enter(): void {
    const socket = this.#socket
    socket.push = chunk => this.#receive(chunk)
    // A stream reads ahead of whoever has paused it.
    const read = socket._read.bind(socket)
    socket._read = size => {
      if (!this.#isHeld) read(size)
    }
    // Node stops at a body that nobody reads on, and at answers that the client does not take.
    socket.pause = () => {
      this.#isStopped = true
      return this.#pause()
    }
    // Node reads on behind each request, and when a request's body is wanted, or dropped.
    socket.resume = () => {
      this.#isStopped = false
      return this.#readOn()
    }
    // Node's parser reads past the socket until somebody listens.
    socket.on('data', ignore).off('data', ignore)
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    this.#bodyBytes = Number(request.headers['content-length'] ?? 0)
    this.#isChunked = request.headers['transfer-encoding'] !== undefined
    this.#unfinished = this.#isChunked || this.#bodyBytes > 0 ? request : undefined
    this.#unanswered.push(response)
    response.once('close', () => this.#answered())
  }

  onTurn(): void {
    this.#catchUp()
    this.#isHeld = false
    this.#parse()
  }

  /** Nobody waits for the answers any more. */
  end(): void {
    this.#clear()
    this.#socket.destroy()
  }

  /** Takes a chunk that was read. False when nothing more is to be read. */
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
    if (!this.#isHeld && (this.#isBehind || !fairTime.isEarly(this))) this.#waitForTurn()
    if (this.#unparsed === undefined && socket.readableFlowing === true) {
      const length = this.#pieceLength(chunk)
      if (length === chunk.length) return this.#pushPiece(chunk)
    }
    this.#pause()
    this.#push(chunk)
    this.#unparsed = this.#unparsed === undefined ? chunk : Buffer.concat([this.#unparsed, chunk])
    if (!this.#isHeld) this.#parse()
    const wantsMore = !this.#isHeld && this.#unparsed === undefined
    if (!wantsMore) this.#isUnread = true
    return wantsMore
  }

  /** All that the socket holds, with one request at most: it is parsed at once. */
  #pushPiece(piece: Buffer): boolean {
    this.#bodyBytes -= Math.min(piece.length, this.#bodyBytes)
    const wantsMore = this.#push(piece)
    if (!isParsed(this.#socket)) this.#leave()
    return wantsMore
  }

  /** Takes from the socket what it holds, a request at a time, as long as this is the connection's turn. */
  #parse(): void {
    if (this.#isParsing) return
    const socket = this.#socket
    this.#isParsing = true
    while (this.#unparsed !== undefined && this.#mayParse) {
      if (!this.#mayGoOn()) {
        this.#waitForTurn()
        break
      }
      const unparsed: Buffer = this.#unparsed
      const length = this.#pieceLength(unparsed)
      this.#bodyBytes -= Math.min(length, this.#bodyBytes)
      this.#unparsed = length === unparsed.length ? undefined : unparsed.subarray(length)
      // Node's parser listens to the bytes that are read.
      socket.read(length)
    }
    this.#isParsing = false
    if (!isParsed(socket)) this.#leaveReading()
    else if (this.#unparsed === undefined) this.#goOn()
  }

  #pieceLength(bytes: Buffer): number {
    if (!this.#isInBody) return pieceLength(bytes, 0)
    return pieceLength(bytes, this.#isChunked ? 'of unknown length' : this.#bodyBytes)
  }

  get #isInBody(): boolean {
    this.#forgetFinished()
    return this.#unfinished !== undefined
  }

  #forgetFinished(): void {
    if (this.#unfinished?.complete === true) this.#unfinished = undefined
  }

  get #mayParse(): boolean {
    return isParsed(this.#socket) && !this.#isStopped && !this.#socket.destroyed
  }

  /** The clock is looked at for each: the cheapest takes longer than a look. */
  #mayGoOn(): boolean {
    return !this.#isBehind && fairTime.goOn(this, 1) > 0
  }

  /** Not within a body when its own answer alone would be waited for: that may wait for the body. */
  get #isBehind(): boolean {
    if (this.#unanswered.length === 1 && this.#isInBody) return false
    return this.#unanswered.length >= maxUnanswered || this.#countUntaken() >= maxUntakenBytes
  }

  #countUntaken(): number {
    let count = 0
    for (const response of this.#unanswered) count += response.writableLength
    return count
  }

  #answered(): void {
    this.#unanswered.shift()
    this.#forgetFinished()
    if (this.#isHeld) fairTime.wait(this)
    else if (this.#isEnding) this.#endWhenAnswered()
  }

  /** Until then, nothing more is parsed or read. */
  #waitForTurn(): void {
    this.#isHeld = true
    this.#isUnread = true
    this.#pause()
    const { _handle: handle } = this.#socket as { _handle?: ReadingHandle | null }
    if (handle?.reading === true) {
      handle.reading = false
      handle.readStop()
    }
    if (this.#isBehind) this.#fallBehind()
    else fairTime.wait(this)
  }

  #fallBehind(): void {
    this.#catchUp()
    this.#untakenBytes = this.#countUntaken() + this.#unanswered.length * requestBytes
    totalUntakenBytes += this.#untakenBytes
    behind.add(this)
    if (totalUntakenBytes > maxTotalUntakenBytes) endLongestBehind()
  }

  #catchUp(): void {
    if (behind.delete(this)) totalUntakenBytes -= this.#untakenBytes
  }

  #readOn(): Socket {
    const socket = this.#socket
    if (isParsed(socket)) {
      if (this.#isHeld || this.#isParsing || isPaused(socket)) return socket
      if (this.#unparsed !== undefined) {
        // The call may come from within the parser.
        process.nextTick(() => this.#parseOn())
        return socket
      }
    }
    this.#resume()
    // The bytes that the socket holds go to the parser in the next tick.
    if (this.#isEnding) process.nextTick(() => this.#endWhenAnswered())
    return socket
  }

  #parseOn(): void {
    if (!this.#isHeld && this.#unparsed !== undefined) this.#parse()
  }

  /** Node ends its side at once then, also before answers that others are before. */
  #endWhenAnswered(): void {
    if (!this.#isEnding || this.#isHeld || this.#unanswered.length > 0 || this.#socket.readableLength > 0)
      return
    this.#isEnding = false
    this.#push(null)
  }

  #goOn(): void {
    if (!this.#isStopped) this.#readOn()
    // The stream believes that its handle has been read all the time.
    if (this.#isEnding) return
    this.#isUnread = false
    this.#socket._read(0)
  }

  /**
   * Behind an upgrade its taker reads as it likes. A stream reads its handle when it begins to, and may believe that it has;
   * Node's HTTP would put that right, and is gone.
   */
  #leaveReading(): void {
    this.#leave()
    if (this.#isUnread) this.#socket._read(0)
  }

  /** The socket is somebody else's. */
  #leave(): void {
    this.#unparsed = undefined
    for (const name of ['push', 'pause', 'resume', '_read']) Reflect.deleteProperty(this.#socket, name)
  }

  #clear(): void {
    this.#leave()
    this.#socket.off('close', this.#onClose)
    this.#catchUp()
    fairTime.leave(this)
  }
}

function endLongestBehind(): void {
  for (const connection of behind) {
    connection.end()
    return
  }
}

function ignore(): void {}
