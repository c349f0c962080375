import type { Http2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { StreamTransport } from './stream-transport.ts'
import type { TransportHandler } from './transport.ts'

/** The error code of RFC 9113 §7, without the module, which takes 15 ms to load. */
const cancel = 0x8

/**
 * A transport on a stream of HTTP/2, one of many on a TCP connection (RFC 8441 §5): END_STREAM stands for FIN, RST_STREAM
 * for a reset. Its bytes are those of the stream's data.
 */
export class Http2Transport extends StreamTransport {
  readonly #stream: Http2Stream
  #bytesRead = 0

  constructor(stream: Http2Stream) {
    super(stream)
    this.#stream = stream
  }

  override get bytesRead(): number {
    return this.#bytesRead
  }

  override get bytesWritten(): number {
    return this.writtenBytes
  }

  override get tellsLater(): boolean {
    return true
  }

  override start(handler: TransportHandler): void {
    this.#stream.on('data', (chunk: Buffer) => {
      this.#bytesRead += chunk.length
    })
    super.start(handler)
  }

  override destroy(): void {
    this.#stream.close(cancel)
    super.destroy()
  }
}

/** Whether a stream is one of HTTP/2, which Node has no public class for. */
export function isHttp2Stream(stream: Duplex): stream is Http2Stream {
  return 'rstCode' in stream && 'session' in stream
}
