import { HandleTransport } from './handle-transport.ts'
import {
  type ShutdownRequest,
  type StreamBinding,
  streamBinding,
  systemError,
  type TcpHandle,
} from './tcp-handle.ts'

const { ShutdownWrap } = streamBinding ?? ({} as StreamBinding)

/** libuv's `UV_EOF`: the other side has sent FIN. */
const endOfStream = -4095

interface PendingShutdown extends ShutdownRequest {
  transport: BareTransport
}

/** A transport on a TCP handle that nobody else knows of: there is no `net.Socket`, which saves its memory. */
export class BareTransport extends HandleTransport {
  #error: Error | undefined
  #hasRead = 0
  #hasWritten = 0
  #isWritingOver = false
  #isClosed = false

  get bytesRead(): number {
    return this.#isClosed ? this.#hasRead : this.handle.bytesRead
  }

  get bytesWritten(): number {
    return this.#isClosed ? this.#hasWritten : this.handle.bytesWritten
  }

  /** Sends FIN behind the writes that are pending; when both sides have, the connection is over. */
  end(): void {
    if (this.isEnded || this.#isClosed) return
    this.isEnded = true
    const request = new ShutdownWrap() as PendingShutdown
    request.oncomplete = onShutdown
    request.transport = this
    const status = this.handle.shutdown(request)
    // 0: it will be told.
    if (status !== 0) this.endedWriting()
  }

  destroy(): void {
    if (this.#isClosed) return
    this.#hasRead = this.handle.bytesRead
    this.#hasWritten = this.handle.bytesWritten
    this.#isClosed = true
    this.handle.close(onClosed)
  }

  /** In order or not: what is wrong with the connection, the next read says (`shutdown` only that it is over). */
  endedWriting(): void {
    if (this.#isClosed) return
    this.#isWritingOver = true
    if (this.isReadingOver) this.destroy()
  }

  closed(): void {
    this.handler?.onDestroyed(this.#error)
  }

  protected get isDestroyed(): boolean {
    return this.#isClosed
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
    if (this.#isClosed) return
    this.#error = systemError(syscall, status)
    this.destroy()
  }
}

function onShutdown(this: ShutdownRequest): void {
  ;(this as PendingShutdown).transport.endedWriting()
}

function onClosed(this: TcpHandle): void {
  ;(this.onconnection as BareTransport).closed()
}
