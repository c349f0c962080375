import type {
  Http2SecureServer,
  Http2ServerRequest,
  Http2ServerResponse,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'

/** A server of `node:http2`, as much of it as is needed. */
export type Http2Server = Pick<
  Http2SecureServer,
  'listeners' | 'off' | 'on' | 'prependListener' | 'updateSettings'
>

export interface Http2ConnectsInit {
  readonly server: Http2Server
  /** Told of each request, whatever it asks for, with the TCP connection that it came on. */
  readonly onRequest?: (tcp: Socket) => void
  /** Looks at each request before all other listeners of the server do; else behind those that are there. */
  readonly isFirst: boolean
  /** Takes a request to open a WebSocket. */
  readonly take: (connect: Http2Connect) => void
}

/** A request to open a WebSocket, as a server of HTTP/2 tells of it. */
export interface Http2Connect {
  readonly stream: ServerHttp2Stream
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  /** The listeners of the server that may answer it, too. */
  readonly others: readonly unknown[]
}

/** Whether a server is one of `node:http2`, with or without TLS. */
export function isHttp2Server(server: object): server is Http2Server {
  return 'updateSettings' in server
}

/**
 * Takes the extended CONNECT requests for WebSockets that come to a server of HTTP/2, once it has told its clients by
 * SETTINGS_ENABLE_CONNECT_PROTOCOL that they may send some (RFC 8441 §3). All its other requests stay its own.
 *
 * @returns a function that ends it
 */
export function takeConnects({ server, onRequest, isFirst, take }: Http2ConnectsInit): () => void {
  const onStream = (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    _flags: number,
    rawHeaders: readonly string[],
  ): void => {
    const tcp = stream.session?.socket
    if (tcp !== undefined) onRequest?.(tcp)
    if (!isWebSocketConnect(headers)) return
    const streamListeners = server.listeners('stream').filter(it => it !== onStream && !isOfNode(it))
    take({ stream, headers, rawHeaders, others: [...streamListeners, ...otherConnectListeners()] })
  }
  // The interface like that of HTTP/1 answers every CONNECT with 405 when nobody listens for it.
  const onConnect = (request: Http2ServerRequest, response: Http2ServerResponse): void => {
    if (isWebSocketConnect(request.headers)) {
      // It would throw for an error of the stream, which the transport hears of.
      request.on('error', () => {})
    } else if (otherConnectListeners().length === 0) {
      response.statusCode = 405
      response.end()
    }
  }
  const otherConnectListeners = (): unknown[] => server.listeners('connect').filter(it => it !== onConnect)
  if (isFirst) server.prependListener('stream', onStream)
  else server.on('stream', onStream)
  server.prependListener('connect', onConnect)
  return () => {
    server.off('stream', onStream)
    server.off('connect', onConnect)
  }
}

/** Lets no session idle: one without a stream is closed after so many ms without traffic (RFC 9113 §9.1). */
export function closeIdleSessions(session: ServerHttp2Session, idleMs: number): void {
  let streamCount = 0
  session.on('stream', (stream: ServerHttp2Stream) => {
    streamCount++
    stream.once('close', () => streamCount--)
  })
  session.setTimeout(idleMs, () => {
    if (streamCount === 0) session.close()
  })
}

function isWebSocketConnect(headers: IncomingHttpHeaders): boolean {
  return headers[':method'] === 'CONNECT' && headers[':protocol'] === 'websocket'
}

/** Whether a listener is Node's own, which makes of a stream a request and a response like those of HTTP/1. */
function isOfNode({ name }: { readonly name: string }): boolean {
  return name === 'bound onServerStream'
}
