import { HandleTransport } from './handle-transport.ts'
import {
  endOfStream,
  type ShutdownRequest,
  type StreamBinding,
  streamBinding,
  systemError,
} from './tcp-handle.ts'
import type { TransportHandler } from './transport.ts'

const { ShutdownWrap } = streamBinding ?? ({} as StreamBinding)

interface PendingShutdown extends ShutdownRequest {
  transport: BareTransport
}

/** The facts known of a handle that is not open any more. */
interface ClosedHandle {
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly error: Error | undefined
}

/** A transport on a TCP handle that nobody else knows of: there is no `net.Socket`, which saves its memory. */
export class BareTransport extends HandleTransport {
  #isWritingOver = false
  #closed: ClosedHandle | undefined

  get bytesRead(): number {
    return (this.#closed ?? this.handle).bytesRead
  }

  get bytesWritten(): number {
    return (this.#closed ?? this.handle).bytesWritten
  }

  override start(handler: TransportHandler): void {
    const closed = this.#closed
    if (closed === undefined) super.start(handler)
    else process.nextTick(() => handler.onDestroyed(closed.error))
  }

  /** Sends FIN behind the writes that are pending; when both sides have, the connection is over. */
  end(): void {
    if (this.isEnded || this.isDestroyed) return
    this.isEnded = true
    const request = new ShutdownWrap() as PendingShutdown
    request.oncomplete = onShutdown
    request.transport = this
    const status = this.handle.shutdown(request)
    // 0: it will be told.
    if (status !== 0) this.endedWriting()
  }

  destroy(error?: Error): void {
    if (this.isDestroyed) return
    const { bytesRead, bytesWritten } = this.handle
    this.#closed = { bytesRead, bytesWritten, error }
    this.handle.close(() => this.handler?.onDestroyed(error))
  }

  /** In order or not: the next read says what is wrong with the connection (`shutdown` only that it is over). */
  endedWriting(): void {
    if (this.isDestroyed) return
    this.#isWritingOver = true
    if (this.isReadingOver) this.destroy()
  }

  protected get isDestroyed(): boolean {
    return this.#closed !== undefined
  }

  protected endReading(status: number): void {
    if (status !== endOfStream) {
      this.fail('read', status)
      return
    }
    this.pause()
    this.handler?.onEnd()
    if (this.#isWritingOver) this.destroy()
  }

  protected fail(syscall: string, status: number): void {
    if (!this.isDestroyed) this.destroy(systemError(syscall, status))
  }
}

function onShutdown(this: ShutdownRequest): void {
  ;(this as PendingShutdown).transport.endedWriting()
}
