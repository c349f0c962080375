import { Duplex, type DuplexOptions } from 'node:stream'
import type { WebSocket } from './websocket.ts'

/**
 * A `WebSocket` as a stream: each chunk written is a message, each message received a chunk. The socket is paused while
 * nobody reads.
 */
export function createWebSocketStream(websocket: WebSocket, options?: DuplexOptions): Duplex {
  return new WebSocketStream(websocket, options)
}

class WebSocketStream extends Duplex {
  readonly #websocket: WebSocket
  /** An error of the socket closes it by itself, and its close frame should get through. */
  #hasFailed = false

  constructor(websocket: WebSocket, options: DuplexOptions = {}) {
    super({ ...options, autoDestroy: false, emitClose: false, objectMode: false, writableObjectMode: false })
    this.#websocket = websocket
    websocket.on('message', (message, isBinary) => {
      const chunk = !isBinary && this.readableObjectMode ? String(message) : message
      if (!this.push(chunk)) websocket.pause()
    })
    websocket.once('error', error => {
      if (this.destroyed) return
      this.#hasFailed = true
      this.destroy(error)
    })
    websocket.once('close', () => {
      if (!this.destroyed) this.push(null)
    })
    this.on('end', () => {
      if (!this.destroyed && this.writableFinished) this.destroy()
    })
    const onError = (error: Error): void => {
      this.removeListener('error', onError)
      this.destroy()
      // Nobody else listens: as if this had not listened, either.
      if (this.listenerCount('error') === 0) this.emit('error', error)
    }
    this.on('error', onError)
  }

  override _read(): void {
    if (this.#websocket.isPaused) this.#websocket.resume()
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error) => void): void {
    if (this.#isConnecting) this.#websocket.once('open', () => this._write(chunk, encoding, callback))
    else this.#websocket.send(chunk, callback)
  }

  override _final(callback: () => void): void {
    if (this.#isConnecting) {
      this.#websocket.once('open', () => this._final(callback))
      return
    }
    const socket = this.#websocket._socket
    // The handshake failed: the socket's error will end this stream.
    if (socket === null) return
    if (socket.writableFinished) {
      callback()
      if (this.readableEnded) this.destroy()
      return
    }
    socket.once('finish', callback)
    this.#websocket.close()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const websocket = this.#websocket
    const tellClosed = (): void => {
      process.nextTick(() => this.emit('close'))
    }
    if (websocket.readyState === websocket.CLOSED) {
      callback(error)
      tellClosed()
      return
    }
    let isTold = false
    websocket.once('error', failure => {
      isTold = true
      callback(failure)
    })
    websocket.once('close', () => {
      if (!isTold) callback(error)
      tellClosed()
    })
    if (!this.#hasFailed) websocket.terminate()
  }

  get #isConnecting(): boolean {
    return this.#websocket.readyState === this.#websocket.CONNECTING
  }
}
