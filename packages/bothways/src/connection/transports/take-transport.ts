import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Http2Transport, isHttp2Stream } from './http2-transport.ts'
import { SocketTransport } from './socket-transport.ts'
import { StreamTransport } from './stream-transport.ts'
import { tcpHandleOf } from './tcp-handle.ts'
import { isWatchable } from './watched-socket.ts'

/** A transport that tells what it has written by itself. */
export type StreamBackedTransport = StreamTransport | SocketTransport

/**
 * The transport for a stream whose opening handshake is over: for one of HTTP/2, on its data; else on its TCP handle if it has one that this runtime is
 * known to handle well, else on the stream itself; so too when the stream holds something back that must go first, or
 * when somebody else listens to its data or has set an idle time.
 */
export function takeTransport(stream: Duplex, kind: 'auto' | 'stream'): StreamBackedTransport {
  if (isHttp2Stream(stream)) return new Http2Transport(stream)
  const holdsNothing = stream.writableLength === 0 && stream.readableLength === 0
  const handle = kind === 'auto' && holdsNothing ? tcpHandleOf(stream) : undefined
  if (handle === undefined || !isWatchable(stream as Socket)) return new StreamTransport(stream)
  return new SocketTransport(handle, stream as Socket)
}
