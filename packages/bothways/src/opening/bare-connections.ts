import type { Server as HttpServer } from 'node:http'
import type { Server as NetServer, Socket } from 'node:net'
import { type RequestHead, readRequestHead } from '@bothways/protocol'
import { isTcpHandle, streamBinding, type TcpHandle } from '../connection/transports/tcp-handle.ts'
import { Pending, type PendingConnections } from './pending-connections.ts'
import { silent } from './refusals.ts'
import { UpgradeSocket } from './upgrade-socket.ts'

/** The other end of a TCP connection that no HTTP server has seen. */
export interface Peer {
  readonly handle: TcpHandle
  readonly address: string
  readonly port: number
}

/** A connection that has said nothing yet. */
class Waiting extends Pending implements Peer {
  readonly handle: TcpHandle
  readonly port: number
  /** When it came, in ms. */
  readonly since: number = performance.now()
  readonly connections: BareConnections

  constructor(connections: BareConnections, handle: TcpHandle, address: string, port: number) {
    super(address)
    this.connections = connections
    this.handle = handle
    this.port = port
  }

  cut(): void {
    this.connections.cut(this)
  }
}

/** The listening end under a `net.Server`. Like {@link TcpHandle} no public interface. */
interface ListeningHandle {
  onconnection(this: ListeningHandle, status: number, handle: unknown): void
}

export interface BareConnectionsInit {
  /** Listens on plain TCP. */
  readonly server: HttpServer
  /** How long a client may take to say what it wants, in ms. */
  readonly timeoutMs: number
  readonly pending: PendingConnections
  /** Told of every connection that comes. */
  readonly onConnect: () => void
  /** Told of the address of a client that has said nothing in time. */
  readonly onSilent: (address: string) => void
  /** Takes a request; false leaves it to the server. */
  readonly take: (head: RequestHead, rest: Uint8Array, peer: Peer) => boolean
}

/**
 * The TCP connections of a server that have not said yet what they want. One whose first bytes are a plain opening
 * handshake becomes a WebSocket without ever being an HTTP connection, at a third of the cost and of the memory. Every
 * other is the HTTP server's, from its first byte on, as if nobody had looked.
 */
export class BareConnections {
  readonly #init: BareConnectionsInit
  readonly #listening: ListeningHandle
  readonly #toServer: ListeningHandle['onconnection']
  #timer: NodeJS.Timeout | undefined

  /** Undefined where the runtime does not let us. */
  static at(init: BareConnectionsInit): BareConnections | undefined {
    const listening: unknown = Reflect.get(init.server, '_handle')
    if (streamBinding === undefined || typeof listening !== 'object' || listening === null) return undefined
    if (typeof Reflect.get(listening, 'onconnection') !== 'function') return undefined
    return new BareConnections(init, listening as ListeningHandle)
  }

  private constructor(init: BareConnectionsInit, listening: ListeningHandle) {
    this.#init = init
    this.#listening = listening
    this.#toServer = listening.onconnection
    listening.onconnection = (status, handle) => this.#enter(status, handle)
  }

  /** Lets nobody wait any longer. */
  close(): void {
    this.#listening.onconnection = this.#toServer
    for (const waiting of this.#waiting()) this.cut(waiting)
    clearInterval(this.#timer)
  }

  #enter(status: number, handle: unknown): void {
    if (status !== 0 || !isTcpHandle(handle)) {
      this.#toServer.call(this.#listening, status, handle)
      return
    }
    const { pending, timeoutMs, onConnect } = this.#init
    const peer: { address?: string; port?: number } = {}
    if (handle.getpeername(peer) !== 0) {
      handle.close()
      return
    }
    const { port = 0 } = peer
    const address = sameText(peer.address ?? '')
    onConnect()
    const waiting = new Waiting(this, handle, address, port)
    pending.enter(waiting)
    this.#timer ??= setInterval(() => this.#dismissLater(), Math.max(50, timeoutMs / 4)).unref()
    handle.onconnection = waiting
    handle.onread = onRead
    handle.reading = true
    if (handle.readStart() < 0) this.cut(waiting)
  }

  /** The first bytes of a connection. */
  receive(waiting: Waiting, bytes: Uint8Array): void {
    this.#forget(waiting)
    const { handle } = waiting
    const head = readRequestHead(bytes)
    // The new owner reads on: to stop and begin again would be two more system calls.
    if (head !== undefined && this.#init.take(head, bytes.subarray(head.byteLength), waiting)) return
    handle.reading = false
    handle.readStop()
    this.#handOver(handle, bytes)
  }

  /** A connection that has ended without any, or must. */
  cut(waiting: Waiting): void {
    this.#forget(waiting)
    waiting.handle.close()
  }

  #forget(waiting: Waiting): void {
    this.#init.pending.leave(waiting)
  }

  /** The longest waiting first. */
  #waiting(): Waiting[] {
    return this.#init.pending.all.filter(it => it instanceof Waiting).filter(it => it.connections === this)
  }

  #handOver(handle: TcpHandle, bytes: Uint8Array | undefined): Socket | undefined {
    let taken: Socket | undefined
    const onConnection = (socket: Socket): void => {
      taken = socket
    }
    const server: NetServer = this.#init.server
    server.prependOnceListener('connection', onConnection)
    this.#toServer.call(this.#listening, 0, handle)
    // The server may have refused it (`maxConnections`).
    server.off('connection', onConnection)
    if (bytes !== undefined) taken?.push(bytes)
    return taken
  }

  /** Timers run before the bytes that have come are read: a client that has said by now what it wants is not silent. */
  #dismissLater(): void {
    const limit = performance.now() - this.#init.timeoutMs
    setImmediate(() => this.#dismiss(limit))
  }

  #dismiss(limit: number): void {
    const { timeoutMs, onSilent } = this.#init
    for (const waiting of this.#waiting()) {
      if (waiting.since > limit) break
      this.#forget(waiting)
      const socket = this.#handOver(waiting.handle, undefined)
      if (socket !== undefined) new UpgradeSocket(socket).refuse(silent(timeoutMs))
      onSilent(waiting.address)
    }
    if (this.#waiting().length > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/** Many come from the same address, that of a proxy: each would keep a text of its own. */
let lastAddress = ''

function sameText(address: string): string {
  if (address !== lastAddress) lastAddress = address
  return lastAddress
}

function onRead(this: TcpHandle, bytes?: ArrayBuffer): void {
  const waiting = this.onconnection as Waiting
  // No bytes mean that the client has left or the connection has failed; empty ones that nothing was read.
  if (bytes === undefined) waiting.cut()
  else if (bytes.byteLength > 0) waiting.connections.receive(waiting, new Uint8Array(bytes))
}
