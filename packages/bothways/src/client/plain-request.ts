import { type ClientRequest, request as httpRequest } from 'node:http'
import { isIP, type Socket } from 'node:net'
import type { HeaderList } from '@bothways/protocol'
import type { Transport } from '../connection/transports/transport.ts'
import { type Dial, type DialHandler, SocketDial } from './dial.ts'
import { HandleDial } from './handle-dial.ts'
import { readSwitchingHead, type SwitchingHead } from './switching-head.ts'

export interface PlainRequestInit {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly headers: HeaderList
}

export interface PlainRequestHandler {
  /** The server switches protocols. Nothing else is called any more. */
  onSwitched(answer: SwitchingHead, transport: Transport, head: Buffer): void
  /** Anything else that may be an answer is the request's to read and to tell; it is not ended yet. */
  onOtherAnswer(request: ClientRequest): void
  /** There is no connection, or it ended without an answer. */
  onError(error: Error): void
}

/**
 * A request for an upgrade over TCP (RFC 6455 §4.1) that goes past `node:http`, whose objects take longer than all the rest of
 * an opening handshake. Only the usual answer is read here; any other is handed to the parser of `node:http`.
 */
export class PlainRequest implements DialHandler {
  readonly #init: PlainRequestInit
  readonly #handler: PlainRequestHandler
  readonly #dial: Dial

  constructor(init: PlainRequestInit, handler: PlainRequestHandler) {
    this.#init = init
    this.#handler = handler
    const { host, port, path, headers } = init
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const dialInit = { host, port, request: `GET ${path} HTTP/1.1\r\n${lines}\r\n`, handler: this }
    this.#dial = isIP(host) === 0 ? new SocketDial(dialInit) : new HandleDial(dialInit)
  }

  destroy(): void {
    this.#dial.destroy()
  }

  onAnswer(bytes: Buffer): void {
    const answer = readSwitchingHead(bytes)
    if (answer === undefined) this.#readByHttp(bytes)
    else this.#handler.onSwitched(answer, this.#dial.takeTransport(), bytes.subarray(answer.byteLength))
  }

  /** In the words of `node:http`, in which a {@link ClientRequest} tells the same. */
  onNoAnswer(error: Error = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })): void {
    this.#handler.onError(error)
  }

  /** The request has gone out: it is not written once more. */
  #readByHttp(bytes: Buffer): void {
    const { host, port, path, headers } = this.#init
    const socket = this.#dial.takeSocket()
    socket.unshift(bytes)
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
