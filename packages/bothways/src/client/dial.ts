import { connect, type Socket } from 'node:net'
import { takeTransport } from '../connection/transports/take-transport.ts'
import type { Transport } from '../connection/transports/transport.ts'

/** A TCP connection on which a request goes out, until the first bytes of an answer come. */
export interface Dial {
  /** From the answer on. The caller begins to read at once. */
  takeTransport(): Transport
  /** As {@link takeTransport}, for `node:http`. */
  takeSocket(): Socket
  /** Gives up: nothing is told any more. */
  destroy(): void
}

/** Is told one of both, once. */
export interface DialHandler {
  onAnswer(bytes: Buffer): void
  /** There is no connection, or it has ended; without an error: the other side has sent FIN. */
  onNoAnswer(error: Error | undefined): void
}

export interface DialInit {
  readonly host: string
  readonly port: number
  /** The text to write, in latin1. */
  readonly request: string
  readonly handler: DialHandler
}

/** To a host of any name, which Node looks up, trying all of its addresses. */
export class SocketDial implements Dial {
  readonly #socket: Socket
  readonly #handler: DialHandler
  readonly #onError = (error: Error): void => this.#handler.onNoAnswer(error)
  readonly #onClose = (): void => this.#handler.onNoAnswer(undefined)

  constructor({ host, port, request, handler }: DialInit) {
    this.#handler = handler
    const socket = connect({ host, port, noDelay: true })
    this.#socket = socket
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
    socket.once('data', bytes => this.#read(bytes))
    socket.write(request, 'latin1')
  }

  takeTransport(): Transport {
    return takeTransport(this.#socket, 'auto')
  }

  takeSocket(): Socket {
    return this.#socket
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    const socket = this.#socket
    // As `node:http` leaves a socket: the next listener for data begins to read.
    Reflect.set(socket, 'readableFlowing', null)
    socket.off('error', this.#onError)
    socket.off('close', this.#onClose)
    // Its errors must not end the process, also where nobody takes it over.
    socket.on('error', () => {})
    this.#handler.onAnswer(bytes)
  }
}
