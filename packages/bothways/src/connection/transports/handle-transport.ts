import { createReadMemory } from '@bothways/protocol'
import { type StreamBinding, streamBinding, type TcpHandle, type WriteRequest } from './tcp-handle.ts'
import type { Transport, TransportHandler } from './transport.ts'

/** All connections read into the same memory, one after the other: large, so that large messages take few reads. */
const readMemory = createReadMemory(512 * 1024)

/** Only a runtime that has it makes transports of this kind. */
const { WriteWrap, streamBaseState, kReadBytesOrError, kBytesWritten, kLastWriteWasAsync } =
  streamBinding ?? ({} as StreamBinding)

interface PendingWrite extends WriteRequest {
  transport: HandleTransport
  bytes: Uint8Array
}

/** The request of the next write: one that is finished at once leaves it unused. */
let spareRequest: PendingWrite | undefined

/**
 * A transport on the handle of a TCP connection: reads and writes pass by `net.Socket`, its buffers and its events,
 * which cost more than the system calls. How the connection ends depends on who else knows of it.
 */
export abstract class HandleTransport implements Transport {
  protected readonly handle: TcpHandle
  protected handler: TransportHandler | undefined
  protected isEnded = false
  /** The other side's FIN has come, or an error: reading again would only tell so again, without end. */
  protected isReadingOver = false
  #writtenBytes = 0
  #pendingWrites = 0
  #isPaused = false

  constructor(handle: TcpHandle) {
    this.handle = handle
  }

  abstract get bytesRead(): number
  abstract get bytesWritten(): number
  abstract end(): void
  abstract destroy(): void

  /** The handle is closed, or about to be. */
  protected abstract get isDestroyed(): boolean
  /** The other side sends no more, or reading has failed: an error of libuv's. */
  protected abstract endReading(status: number): void
  /** Ends both directions because a call has failed. */
  protected abstract fail(syscall: string, status: number): void

  /** Bytes that this transport itself has written: fewer than {@link bytesWritten} when somebody else wrote too. */
  get writtenBytes(): number {
    return this.#writtenBytes
  }

  get queuedBytes(): number {
    return this.#pendingWrites === 0 || this.isDestroyed ? 0 : this.handle.writeQueueSize
  }

  start(handler: TransportHandler): void {
    this.handler = handler
    const { handle } = this
    handle.onconnection = this
    handle.onread = onRead
    handle.useUserBuffer(readMemory.bytes)
    this.resume()
  }

  pause(): void {
    this.#isPaused = true
    if (this.isDestroyed || !this.handle.reading) return
    this.handle.reading = false
    this.handle.readStop()
  }

  resume(): void {
    this.#isPaused = false
    if (this.isDestroyed || this.isReadingOver || this.handle.reading) return
    this.handle.reading = true
    const status = this.handle.readStart()
    if (status < 0) this.fail('read', status)
  }

  get copiesBorrowed(): boolean {
    return false
  }

  get queues(): boolean {
    return false
  }

  get tellsLater(): boolean {
    return false
  }

  /** Bytes that are not taken at once are written from the same memory later, also where it is borrowed. */
  write(bytes: Uint8Array, _isBorrowed: boolean): boolean {
    if (this.isEnded || this.isDestroyed) return false
    spareRequest ??= new WriteWrap() as PendingWrite
    const request = spareRequest
    const status = this.handle.writeBuffer(request, bytes)
    if (status < 0) {
      this.fail('write', status)
      return false
    }
    this.#writtenBytes += streamBaseState[kBytesWritten]!
    if (streamBaseState[kLastWriteWasAsync] === 0) return true
    spareRequest = undefined
    request.oncomplete = onWritten
    request.transport = this
    request.bytes = bytes
    this.#pendingWrites++
    return false
  }

  /** The handle has read so many bytes into {@link readMemory}; negative: an error of libuv's. */
  onBytesRead(bytes: number): void {
    if (bytes < 0) {
      this.isReadingOver = true
      this.endReading(bytes)
      return
    }
    this.handler?.onBorrowedData(readMemory, bytes)
    // Somebody else may have begun to read again.
    if (this.#isPaused) this.pause()
  }

  /** A write that was not finished at once is. */
  onBytesWritten(status: number, bytes: number): void {
    this.#pendingWrites--
    if (this.isDestroyed) return
    if (status < 0) this.fail('write', status)
    else this.handler?.onTaken(bytes)
  }
}

/** The bytes read last, in memory of their own. */
export function copyOfRead(byteLength: number): ArrayBuffer {
  const { bytes } = readMemory
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + byteLength) as ArrayBuffer
}

function onRead(this: TcpHandle): void {
  const bytes = streamBaseState[kReadBytesOrError]!
  if (bytes !== 0) (this.onconnection as HandleTransport).onBytesRead(bytes)
}

function onWritten(this: WriteRequest, status: number): void {
  const { transport, bytes } = this as PendingWrite
  transport.onBytesWritten(status, bytes.length)
}
