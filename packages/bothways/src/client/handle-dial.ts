import { isIPv6, Socket, type SocketConstructorOpts } from 'node:net'
import { BareTransport } from '../connection/transports/bare-transport.ts'
import {
  type ConnectRequest,
  endOfStream,
  type StreamBinding,
  streamBinding,
  systemError,
  type TcpHandle,
} from '../connection/transports/tcp-handle.ts'
import type { Transport } from '../connection/transports/transport.ts'
import type { Dial, DialHandler, DialInit } from './dial.ts'

const { TCP, TCPConnectWrap, WriteWrap, constants, streamBaseState, kReadBytesOrError } =
  streamBinding ?? ({} as StreamBinding)

// As it was when this was loaded: tests put a clock of their own in its place.
const { nextTick } = process

interface PendingConnect extends ConnectRequest {
  dial: HandleDial
}

/**
 * To an IP address, on a TCP handle that nobody else knows of: to make a `net.Socket` and to end it takes longer than the
 * opening handshake itself. Only where there is a {@link streamBinding}.
 */
export class HandleDial implements Dial {
  readonly #handle: TcpHandle = new TCP(constants.SOCKET)
  readonly #init: DialInit
  readonly #handler: DialHandler
  /** Something was told, or nothing is to be. */
  #isOver = false

  constructor(init: DialInit) {
    this.#init = init
    this.#handler = init.handler
    const { host, port } = init
    const handle = this.#handle
    handle.onconnection = this
    handle.onread = onRead
    const connecting = new TCPConnectWrap() as PendingConnect
    connecting.oncomplete = onConnected
    connecting.dial = this
    const status = isIPv6(host)
      ? handle.connect6(connecting, host, port)
      : handle.connect(connecting, host, port)
    if (status !== 0) nextTick(() => this.connected(status))
  }

  connected(status: number): void {
    if (this.#isOver) return
    const { host: address, port, request } = this.#init
    if (status !== 0) {
      this.#fail(systemError('connect', status, { address, port }))
      return
    }
    const handle = this.#handle
    // A message goes out when it is sent, not when the one before has been acknowledged (Nagle's algorithm).
    handle.setNoDelay(true)
    handle.reading = true
    const reading = handle.readStart()
    if (reading !== 0) {
      this.#fail(systemError('read', reading))
      return
    }
    const writing = new WriteWrap()
    // Reading tells what has become of the request.
    writing.oncomplete = () => {}
    const written = handle.writeLatin1String(writing, request)
    if (written !== 0) this.#fail(systemError('write', written))
  }

  read(bytes: ArrayBuffer | undefined, status: number): void {
    if (this.#isOver || status === 0) return
    if (bytes === undefined) {
      this.#fail(status === endOfStream ? undefined : systemError('read', status))
      return
    }
    this.#isOver = true
    this.#handler.onAnswer(Buffer.from(bytes))
  }

  takeTransport(): Transport {
    return new BareTransport(this.#handle)
  }

  takeSocket(): Socket {
    const handle = this.#handle
    handle.reading = false
    handle.readStop()
    const socket = new Socket({ handle } as SocketConstructorOpts)
    // Its errors must not end the process, also where nobody takes it over.
    return socket.on('error', () => {})
  }

  destroy(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#handle.close()
  }

  #fail(error: Error | undefined): void {
    this.destroy()
    this.#handler.onNoAnswer(error)
  }
}

function onConnected(this: ConnectRequest, status: number): void {
  ;(this as PendingConnect).dial.connected(status)
}

function onRead(this: TcpHandle, bytes?: ArrayBuffer): void {
  ;(this.onconnection as HandleDial).read(bytes, streamBaseState[kReadBytesOrError]!)
}
