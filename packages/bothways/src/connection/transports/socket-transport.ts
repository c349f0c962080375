import type { Socket } from 'node:net'
import { copyOfRead, HandleTransport } from './handle-transport.ts'
import { StreamTransport } from './stream-transport.ts'
import { systemError, type TcpHandle } from './tcp-handle.ts'
import type { TransportHandler } from './transport.ts'
import { ownerOf, type SocketOwner, setOwner, watchSocket } from './watched-socket.ts'

/**
 * A transport on the handle of a `net.Socket` that an HTTP server or client has made: data pass the socket by, its ends
 * in order and in error stay its own work, so that its other listeners hear of them.
 */
export class SocketTransport extends HandleTransport implements SocketOwner {
  readonly #socket: Socket
  /** The socket's own. */
  #onSocketRead: TcpHandle['onread'] | undefined
  #error: Error | undefined
  /** Data go by the socket again, for somebody else who uses it. */
  #onStream: StreamTransport | undefined
  /** The call of the socket that goes on is ours. */
  #isOurs = false

  /** Takes `socket` over; from here on its errors are handled. */
  constructor(handle: TcpHandle, socket: Socket) {
    super(handle)
    this.#socket = socket
    setOwner(socket, this)
    socket.on('error', onError)
  }

  get bytesRead(): number {
    return this.#socket.bytesRead
  }

  get bytesWritten(): number {
    return this.#socket.bytesWritten
  }

  override start(handler: TransportHandler): void {
    const socket = this.#socket
    if (socket.destroyed) {
      process.nextTick(() => handler.onDestroyed(this.#error))
      return
    }
    this.#onSocketRead = this.handle.onread
    // Bytes that it has read already come before anything new.
    socket.on('data', onData)
    if (socket.readableEnded) process.nextTick(() => handler.onEnd())
    else socket.on('end', onEnd)
    socket.on('close', onClose)
    watchSocket(socket)
    if (this.#onStream === undefined) {
      super.start(handler)
    } else {
      this.handler = handler
      this.#onStream.adopt(handler)
    }
  }

  failed(error: Error): void {
    this.#error = error
  }

  closed(): void {
    this.handler?.onDestroyed(this.#error)
  }

  /** The socket has read a chunk by itself. */
  tookChunk(chunk: Uint8Array): void {
    this.handler?.onData(chunk)
  }

  ended(): void {
    this.handler?.onEnd()
  }

  /** From here on all data go by the socket, its events and its buffers, so that somebody else can use it as well. */
  shareStream(): void {
    if (this.#onStream !== undefined) return
    this.#onStream = new StreamTransport(this.#socket)
    this.#onStream.shareStream()
    if (this.handler === undefined) return
    this.#onStream.adopt(this.handler)
    if (!this.handle.reading && !this.isReadingOver) this.#holdBack()
  }

  stepAside(): void {
    if (this.#isOurs) return
    this.shareStream()
    this.handler?.flush?.()
  }

  /**
   * The socket believes that its handle reads, and would not begin it again: it is right, and keeps what comes to its
   * high-water mark.
   */
  #holdBack(): void {
    this.#socket.pause()
    super.resume()
  }

  override get queuedBytes(): number {
    return Math.max(super.queuedBytes, this.#onStream?.queuedBytes ?? 0)
  }

  /** As {@link StreamTransport.isPausing}. */
  get isPausing(): boolean {
    return this.#onStream?.isPausing ?? false
  }

  override pause(): void {
    if (this.#onStream === undefined) super.pause()
    else this.#onStream.pause()
  }

  override resume(): void {
    if (this.#onStream === undefined) super.resume()
    else this.#onStream.resume()
  }

  override get copiesBorrowed(): boolean {
    return this.#onStream !== undefined
  }

  override get queues(): boolean {
    return this.#onStream !== undefined
  }

  override write(bytes: Uint8Array, isBorrowed: boolean): boolean {
    if (this.#onStream === undefined) return super.write(bytes, isBorrowed)
    this.#isOurs = true
    const isTaken = this.#onStream.write(bytes, isBorrowed)
    this.#isOurs = false
    return isTaken
  }

  override onBytesRead(bytes: number): void {
    if (this.#onStream === undefined || bytes < 0) super.onBytesRead(bytes)
    // The socket reads what it is given as if it had read it itself.
    else this.#onSocketRead?.call(this.handle, copyOfRead(bytes))
  }

  end(): void {
    if (this.isEnded) return
    this.isEnded = true
    // libuv shuts down behind the writes that are pending.
    this.#isOurs = true
    this.#socket.end()
    this.#isOurs = false
  }

  destroy(): void {
    if (this.#onStream === undefined) this.#socket.destroy()
    else this.#onStream.destroy()
  }

  protected get isDestroyed(): boolean {
    return this.#socket.destroyed
  }

  protected endReading(): void {
    this.#onSocketRead?.call(this.handle)
  }

  protected fail(syscall: string, status: number): void {
    this.#socket.destroy(systemError(syscall, status))
  }
}

// Listeners that all sockets share: closures would cost each connection 300 bytes more.

function onError(this: Socket, error: Error): void {
  transportOf(this).failed(error)
}

function onData(this: Socket, chunk: Uint8Array): void {
  transportOf(this).tookChunk(chunk)
}

function onEnd(this: Socket): void {
  transportOf(this).ended()
}

function onClose(this: Socket): void {
  transportOf(this).closed()
}

function transportOf(socket: Socket): SocketTransport {
  return ownerOf(socket) as SocketTransport
}
