import type {
  Agent,
  ClientRequest,
  Server as HttpServer,
  IncomingMessage,
  OutgoingHttpHeaders,
} from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { createConnection } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import type { PerMessageDeflateOptions } from './permessage-deflate.ts'
import type { WebSocket } from './websocket.ts'

/** A message as it was received. */
export type RawData = Buffer | ArrayBuffer | Buffer[]

/** A message as the WHATWG interface gives it. */
export type Data = string | Buffer | ArrayBuffer | Buffer[]

export type CertMeta = string | string[] | Buffer | Buffer[]

/** What `verifyClient` is told about a client. */
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

/** Changes a client's request before it goes out; it must end the request. */
export type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void

/** What both sides have in common. */
interface SharedOptions {
  /** False: no two events in one turn of the event loop. Default true. */
  allowSynchronousEvents?: boolean | undefined
  /** Pings are answered by themselves. Default true. */
  autoPong?: boolean | undefined
  /** How long to wait for the peer's part of the close handshake, in ms. Default 30,000. */
  closeTimeout?: number | undefined
  /** The largest message, in bytes, after inflating; 0 is as much as a string can hold. Default 100 MiB. */
  maxPayload?: number | undefined
  /** Accepted and not needed: chunks are not kept one by one. */
  maxBufferedChunks?: number | undefined
  /** The most frames that a message may come in; 0 is any number. Default 16,384. */
  maxFragments?: number | undefined
  /** The most answers to pings that may wait for a peer that does not read; 0 is any number. Default 60. */
  maxPendingAutoPongs?: number | undefined
  /** Text and close reasons are not checked to be UTF-8. Default false. */
  skipUTF8Validation?: boolean | undefined
}

/** Options of a client; those of `http.request` and `https.request` are taken, too. */
export interface ClientOptions extends SharedOptions, SecureContextOptions {
  protocol?: string | undefined
  protocols?: string | string[] | undefined
  /** Default false. */
  followRedirects?: boolean | undefined
  /** Writes a masking key into the four bytes that it is given. */
  generateMask?(mask: Buffer): void
  /** How long the server may take to answer, in ms. Default: for ever. */
  handshakeTimeout?: number | undefined
  /** Default 10. */
  maxRedirects?: number | undefined
  /** Default true. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined
  localAddress?: string | undefined
  /** 8 or 13, the default. */
  protocolVersion?: number | undefined
  headers?: { [key: string]: string } | undefined
  origin?: string | undefined
  agent?: Agent | undefined
  host?: string | undefined
  family?: number | undefined
  checkServerIdentity?(servername: string, cert: CertMeta): boolean
  rejectUnauthorized?: boolean | undefined
  createConnection?: typeof createConnection | undefined
  finishRequest?: FinishRequestCallback | undefined
}

/** Options of a server: one of `port`, `server` and `noServer` must be there. */
export interface ServerOptions<
  U extends typeof WebSocket = typeof WebSocket,
  V extends typeof IncomingMessage = typeof IncomingMessage,
> extends SharedOptions {
  host?: string | undefined
  port?: number | undefined
  backlog?: number | undefined
  server?: HttpServer<V> | HttpsServer<V> | undefined
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

export interface AddressInfo {
  address: string
  family: string
  port: number
}

export interface Event {
  type: string
  target: WebSocket
}

export interface ErrorEvent extends Event {
  // biome-ignore lint/suspicious/noExplicitAny: anything can be thrown
  error: any
  message: string
}

export interface CloseEvent extends Event {
  wasClean: boolean
  code: number
  reason: string
}

export interface MessageEvent extends Event {
  data: Data
}

export interface WebSocketEventMap {
  open: Event
  error: ErrorEvent
  close: CloseEvent
  message: MessageEvent
}

export interface EventListenerOptions {
  once?: boolean | undefined
}

/** What the events of a socket come with. */
export interface SocketEvents {
  close: [code: number, reason: Buffer]
  error: [error: Error]
  message: [data: RawData, isBinary: boolean]
  open: []
  ping: [data: Buffer]
  pong: [data: Buffer]
  redirect: [url: string, request: ClientRequest]
  'unexpected-response': [request: ClientRequest, response: IncomingMessage]
  upgrade: [response: IncomingMessage]
}

/** A listener of an event that this package does not know. */
// biome-ignore lint/suspicious/noExplicitAny: whoever emits it knows
export type AnyListener<Self> = (this: Self, ...args: any[]) => void
