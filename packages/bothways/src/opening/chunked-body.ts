import type { IncomingMessage } from 'node:http'
import { fairTime, type TurnMember } from '../connection/fair-time.ts'

/** How many chunks may be of any length; beyond them the chunks of a body have this length on average, in bytes. */
const fewChunks = 1_024
const leastChunkBytes = 64

/**
 * Takes the body of a request in its turn when it comes in chunks (RFC 9112 §7.1). Node calls JavaScript for each chunk,
 * for up to 2 MiB of them in one turn of the event loop, and makes a `Buffer` of each: chunks of a byte would cost
 * everybody else seconds, and 300 times their length in memory. A body of too many short ones is no request (400), and
 * a client that has used up its share of a turn is read in a later one.
 */
export function takeChunksInTurn(request: IncomingMessage): void {
  if (request.headers['transfer-encoding'] === undefined) return
  const body = new ChunkedBody(request)
  request.push = chunk => body.push(chunk)
  request._read = size => body.read(size)
  // Node's own lets chunks pass uncounted that nobody wants.
  Reflect.set(request, '_dump', () => body.drop())
}

class ChunkedBody implements TurnMember {
  readonly #request: IncomingMessage
  readonly #push: IncomingMessage['push']
  readonly #read: IncomingMessage['_read']
  #chunks = 0
  #bytes = 0
  #isRefused = false
  #mayGoOn = true
  #wantedBytes = 0

  constructor(request: IncomingMessage) {
    this.#request = request
    this.#push = request.push.bind(request)
    this.#read = request._read.bind(request)
    request.once('close', () => fairTime.leave(this))
  }

  /** False when nothing more is to be read at present. */
  push(chunk: Buffer | null): boolean {
    if (chunk === null) return this.#push(null)
    if (this.#isRefused) return false
    this.#chunks++
    this.#bytes += chunk.length
    if (this.#chunks > fewChunks + this.#bytes / leastChunkBytes) return this.#refuse()
    const wantsMore = this.#push(chunk)
    this.#mayGoOn = fairTime.goOn(this, 1) > 0
    return wantsMore && this.#mayGoOn
  }

  read(size: number): void {
    if (this.#isRefused) return
    if (this.#mayGoOn) {
      this.#read(size)
      return
    }
    this.#wantedBytes = size
    fairTime.wait(this)
  }

  onTurn(): void {
    this.#mayGoOn = true
    this.#read(this.#wantedBytes)
  }

  /** Nobody wants it; it is read all the same, so that the client gets to the answer. */
  drop(): void {
    this.#request.removeAllListeners('data')
    this.#request.resume()
  }

  #refuse(): false {
    this.#isRefused = true
    // As Node itself reports a request that breaks HTTP: to `clientError`, and without a listener it answers 400.
    const error = new Error(`A body came in ${this.#chunks} chunks of ${this.#bytes} bytes together.`)
    this.#request.socket.emit('error', error)
    return false
  }
}
