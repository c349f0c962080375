import { type ClientRequest, request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { HeaderList } from '@bothways/protocol'
import { readSwitchingHead, type SwitchingHead } from './switching-head.ts'

export interface PlainRequestInit {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly headers: HeaderList
}

export interface PlainRequestHandler {
  /** The server switches protocols. Nothing else is called any more. */
  onSwitched(answer: SwitchingHead, socket: Socket, head: Buffer): void
  /** Anything else that may be an answer is the request's to read and to tell; it is not ended yet. */
  onOtherAnswer(request: ClientRequest): void
  /** There is no connection, or it ended without an answer. */
  onError(error: Error): void
}

/** Node's own words, in which {@link ClientRequest} tells the same. */
const hangUp = 'socket hang up'

/**
 * A request for an upgrade over TCP (RFC 6455 §4.1) that goes past `node:http`, whose objects take longer than all the rest of
 * an opening handshake. Only the usual answer is read here; any other is handed to the parser of `node:http`.
 */
export class PlainRequest {
  readonly #init: PlainRequestInit
  readonly #handler: PlainRequestHandler
  readonly #socket: Socket
  readonly #onError = (error: Error): void => this.#handler.onError(error)
  readonly #onClose = (): void =>
    this.#handler.onError(Object.assign(new Error(hangUp), { code: 'ECONNRESET' }))

  constructor(init: PlainRequestInit, handler: PlainRequestHandler) {
    this.#init = init
    this.#handler = handler
    const { host, port, path, headers } = init
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const socket = connect({ host, port, noDelay: true })
    this.#socket = socket
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
    socket.once('data', chunk => this.#read(chunk))
    socket.write(`GET ${path} HTTP/1.1\r\n${lines}\r\n`, 'latin1')
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    const socket = this.#socket
    // As `node:http` leaves a socket: who listens for data next begins to read.
    Reflect.set(socket, 'readableFlowing', null)
    socket.off('error', this.#onError)
    socket.off('close', this.#onClose)
    // Its errors must not end the process, also where nobody takes it over.
    socket.on('error', () => {})
    const answer = readSwitchingHead(chunk)
    if (answer === undefined) this.#readByHttp(chunk)
    else this.#handler.onSwitched(answer, socket, chunk.subarray(answer.byteLength))
  }

  /** The request has gone out: it is not written once more. */
  #readByHttp(chunk: Buffer): void {
    const { host, port, path, headers } = this.#init
    const socket = this.#socket
    socket.unshift(chunk)
    socket.write = discard
    const createConnection = (): Socket => socket
    const request = httpRequest({ host, port, path, headers: headers.flat(), createConnection })
    request.on('upgrade', () => Reflect.deleteProperty(socket, 'write'))
    this.#handler.onOtherAnswer(request)
  }
}

/** In place of a socket's `write`. */
function discard(_data: unknown, ...rest: readonly unknown[]): boolean {
  const callback = rest.at(-1)
  if (typeof callback === 'function') process.nextTick(callback)
  return true
}
