import { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'
import { createMaskingMemory } from '@bothways/protocol'
import { type StreamBinding, streamBinding, type TcpHandle, type WriteRequest } from './tcp-handle.ts'
import type { Transport, TransportHandler } from './transport.ts'

/** All connections read into the same memory, one after the other: large, so that large messages take few reads. */
const readMemory = createMaskingMemory(512 * 1024)

/** Only a runtime that has it makes transports of this kind. */
const { WriteWrap, streamBaseState, kReadBytesOrError, kBytesWritten, kLastWriteWasAsync } =
  streamBinding ?? ({} as StreamBinding)

interface PendingWrite extends WriteRequest {
  transport: HandleTransport
  wantsNotice: boolean
}

/** The request of the next write: one that is finished at once leaves it unused. */
let spareRequest: PendingWrite | undefined

/**
 * A transport on the handle of a TCP socket: reads and writes pass by `net.Socket`, its buffers and its events, which
 * cost more than the system calls. Everything else, the ends in order and the ends in error, is the socket's own
 * work; a connection that began without one is given one for that.
 */
export class HandleTransport implements Transport {
  readonly #handle: TcpHandle
  #socket: Socket | undefined
  #handler: TransportHandler | undefined
  /** The socket's own, for what is not data. */
  #onSocketRead: TcpHandle['onread'] | undefined
  #error: Error | undefined
  #writtenBytes = 0
  #pendingWrites = 0
  #isPaused = false
  #isEnded = false

  /** @param socket whose handle it is, if it is anybody's: then from here on its errors are handled */
  constructor(handle: TcpHandle, socket?: Socket) {
    this.#handle = handle
    if (socket !== undefined) this.#adopt(socket)
  }

  get bytesRead(): number {
    return (this.#socket ?? this.#handle).bytesRead
  }

  get bytesWritten(): number {
    return (this.#socket ?? this.#handle).bytesWritten
  }

  /** What this transport itself has written: less than {@link bytesWritten} when somebody else did too. */
  get writtenBytes(): number {
    return this.#writtenBytes
  }

  get queuedBytes(): number {
    return this.#pendingWrites === 0 ? 0 : this.#handle.writeQueueSize
  }

  start(handler: TransportHandler): void {
    this.#handler = handler
    const socket = this.#socket
    if (socket?.destroyed) {
      process.nextTick(() => handler.onDestroyed(this.#error))
      return
    }
    if (socket !== undefined) this.#takeOver(socket, handler)
    const handle = this.#handle
    handle.bothways = this
    handle.onread = onRead
    handle.useUserBuffer(readMemory.bytes)
    this.resume()
  }

  pause(): void {
    this.#isPaused = true
    if (this.#isDestroyed || !this.#handle.reading) return
    this.#handle.reading = false
    this.#handle.readStop()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#isDestroyed || this.#handle.reading) return
    this.#handle.reading = true
    const status = this.#handle.readStart()
    if (status < 0) this.#fail('read', status)
  }

  write(bytes: Uint8Array, wantsNotice: boolean): void {
    this.writeShared(bytes, wantsNotice)
  }

  writeShared(bytes: Uint8Array, wantsNotice: boolean): boolean {
    if (this.#isEnded || this.#isDestroyed) return true
    spareRequest ??= new WriteWrap() as PendingWrite
    const request = spareRequest
    const status = this.#handle.writeBuffer(request, bytes)
    return this.#finishWrite(request, status, bytes, wantsNotice)
  }

  end(): void {
    if (this.#isEnded || this.#isDestroyed) return
    this.#isEnded = true
    // libuv shuts down behind the writes that are pending.
    this.#wake().end()
  }

  destroy(): void {
    this.#wake().destroy()
  }

  get #isDestroyed(): boolean {
    return this.#socket?.destroyed === true
  }

  /** True when the memory is free again. */
  #finishWrite(request: PendingWrite, status: number, bytes: unknown, wantsNotice: boolean): boolean {
    if (status < 0) {
      this.#fail('write', status)
      return true
    }
    this.#writtenBytes += streamBaseState[kBytesWritten]!
    if (streamBaseState[kLastWriteWasAsync] === 0) {
      if (wantsNotice) process.nextTick(onWrittenAtOnce, this)
      return true
    }
    spareRequest = undefined
    request.oncomplete = onWritten
    request.transport = this
    request.bytes = bytes
    request.wantsNotice = wantsNotice
    this.#pendingWrites++
    return false
  }

  /** The socket, made when it is needed: for a connection that ends. */
  #wake(): Socket {
    if (this.#socket !== undefined) return this.#socket
    const options = { handle: this.#handle, allowHalfOpen: true, manualStart: true }
    const socket = new Socket(options as object)
    this.#adopt(socket)
    if (this.#handler !== undefined) {
      this.#takeOver(socket, this.#handler)
      this.#handle.onread = onRead
    }
    return socket
  }

  #adopt(socket: Socket): void {
    this.#socket = socket
    socket.on('error', error => {
      this.#error = error
    })
  }

  /** What the socket has read already is delivered before anything that comes. */
  #takeOver(socket: Socket, handler: TransportHandler): void {
    this.#onSocketRead = this.#handle.onread
    socket.on('data', chunk => handler.onData(chunk))
    if (socket.readableEnded) process.nextTick(() => handler.onEnd())
    else socket.on('end', () => handler.onEnd())
    socket.on('close', () => handler.onDestroyed(this.#error))
  }

  #fail(syscall: string, status: number): void {
    if (!this.#isDestroyed) this.#wake().destroy(systemError(syscall, status))
  }

  /** What the handle has read into {@link readMemory}, or, when negative, why it reads no more. */
  tookIn(bytes: number): void {
    if (bytes > 0) {
      this.#handler?.onBorrowedData(readMemory, bytes)
      // The socket may have begun to read again by itself.
      if (this.#isPaused) this.pause()
    } else {
      this.#wake()
      this.#onSocketRead?.call(this.#handle)
    }
  }

  /** A write that was not finished at once is. */
  sentOut(status: number, wantsNotice: boolean): void {
    this.#pendingWrites--
    if (status < 0) this.#fail('write', status)
    else if (wantsNotice) this.giveNotice()
  }

  giveNotice(): void {
    if (!this.#isDestroyed) this.#handler?.onTaken()
  }
}

function onRead(this: TcpHandle): void {
  const bytes = streamBaseState[kReadBytesOrError]!
  if (bytes !== 0) (this.bothways as HandleTransport).tookIn(bytes)
}

function onWritten(this: WriteRequest, status: number): void {
  const { transport, wantsNotice } = this as PendingWrite
  transport.sentOut(status, wantsNotice)
}

function onWrittenAtOnce(transport: HandleTransport): void {
  transport.giveNotice()
}

/** As Node's own: `write EPIPE`. */
function systemError(syscall: string, status: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(status)
  return Object.assign(new Error(`${syscall} ${code}`), { errno: status, code, syscall })
}
