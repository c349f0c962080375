import type { Server as HttpServer, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import type { PerMessageDeflateOptions } from './permessage-deflate.ts'
import type { SharedOptions } from './types.ts'
import type { WebSocket } from './websocket.ts'

/** The facts that `verifyClient` gets about a client. */
export interface ClientInfo<Request extends IncomingMessage = IncomingMessage> {
  origin: string
  secure: boolean
  req: Request
}

/** Says at once whether a client may connect. */
export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = (
  info: ClientInfo<Request>,
) => boolean

/** Says later whether a client may connect, and with what HTTP answer it is refused. */
export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
  info: ClientInfo<Request>,
  callback: (result: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void,
) => void

/** Options of a server: one of `port`, `server` and `noServer` must be there. */
export interface ServerOptions<
  U extends typeof WebSocket = typeof WebSocket,
  V extends typeof IncomingMessage = typeof IncomingMessage,
> extends SharedOptions {
  host?: string | undefined
  port?: number | undefined
  backlog?: number | undefined
  /** One of HTTP/2 that announces `enableConnectProtocol` opens WebSockets over HTTP/2, too (RFC 8441). */
  server?: HttpServer<V> | HttpsServer<V> | Http2SecureServer | Http2Server | undefined
  verifyClient?:
    | VerifyClientCallbackAsync<InstanceType<V>>
    | VerifyClientCallbackSync<InstanceType<V>>
    | undefined
  handleProtocols?: (protocols: Set<string>, request: InstanceType<V>) => string | false
  path?: string | undefined
  noServer?: boolean | undefined
  /** Default true. */
  clientTracking?: boolean | undefined
  /** Default false. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined
  /** The class of the server's sockets. */
  WebSocket?: U | undefined
}
