import { Duplex, type DuplexOptions } from 'node:stream'
import type { WebSocket } from './websocket.ts'

/**
 * A `WebSocket` as a stream: each chunk written is a message, each message received a chunk. The socket is paused while
 * nobody reads.
 */
export function createWebSocketStream(websocket: WebSocket, options?: DuplexOptions): Duplex {
  /** An error of the socket closes it by itself, and its close frame should get through. */
  let hasFailed = false

  const whenOpen = (work: () => void): void => {
    if (websocket.readyState === websocket.CONNECTING) websocket.once('open', work)
    else work()
  }

  function read(): void {
    if (websocket.isPaused) websocket.resume()
  }

  function write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    whenOpen(() => websocket.send(chunk, callback))
  }

  function final(callback: () => void): void {
    whenOpen(() => {
      const socket = websocket._socket
      // The handshake failed: the socket's error will end this stream.
      if (socket === null) return
      if (socket.writableFinished) {
        callback()
        if (stream.readableEnded) stream.destroy()
        return
      }
      socket.once('finish', callback)
      websocket.close()
    })
  }

  function destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const tellClosed = (): void => {
      process.nextTick(() => stream.emit('close'))
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
    if (!hasFailed) websocket.terminate()
  }

  // `close` is told when the socket is closed, and objects are no messages.
  const own = { autoDestroy: false, emitClose: false, objectMode: false, writableObjectMode: false }
  const stream = new Duplex({ ...options, ...own, read, write, final, destroy })

  websocket.on('message', (message, isBinary) => {
    const chunk = !isBinary && stream.readableObjectMode ? String(message) : message
    if (!stream.push(chunk)) websocket.pause()
  })
  websocket.once('error', error => {
    if (stream.destroyed) return
    hasFailed = true
    stream.destroy(error)
  })
  websocket.once('close', () => {
    if (!stream.destroyed) stream.push(null)
  })
  stream.on('end', () => {
    if (!stream.destroyed && stream.writableFinished) stream.destroy()
  })
  const onError = (error: Error): void => {
    stream.removeListener('error', onError)
    stream.destroy()
    // Nobody else listens: as if this had not listened, either.
    if (stream.listenerCount('error') === 0) stream.emit('error', error)
  }
  stream.on('error', onError)
  return stream
}
