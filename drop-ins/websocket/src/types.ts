import type { Server as HttpServer } from 'node:http'
import type { Server as HttpsServer, RequestOptions } from 'node:https'

/** A value that can become text. */
export interface IStringified {
  toString: (...args: never[]) => string
}

/** The options of connections of both sides. */
export interface IConfig {
  /** The largest frame received, in bytes. Default: 64 KiB on a server, 1 MiB on a client. */
  maxReceivedFrameSize?: number | undefined
  /** The largest message received in several frames, in bytes. Default: 1 MiB on a server, 8 MiB on a client. */
  maxReceivedMessageSize?: number | undefined
  /** Messages longer than `fragmentationThreshold` go out in several frames. Default true. */
  fragmentOutgoingMessages?: boolean | undefined
  /** In bytes. Default 16 KiB. */
  fragmentationThreshold?: number | undefined
  /** True: `message` events; false: `frame` events. Default true. */
  assembleFragments?: boolean | undefined
  /** How long the peer may take for its part of the close handshake, in ms. Default 5,000. */
  closeTimeout?: number | undefined
  /** Sends small packets at once (`TCP_NODELAY`). Default true. */
  disableNagleAlgorithm?: boolean | undefined
}

/** The further options of a server's connections. */
export interface IKeepaliveConfig {
  /** Pings a client that has been silent for `keepaliveInterval`. Default true. */
  keepalive?: boolean | undefined
  /** In ms. Default 20,000. */
  keepaliveInterval?: number | undefined
  /** Drops a client that stays silent for `keepaliveGracePeriod` after a ping. Default true. */
  dropConnectionOnKeepaliveTimeout?: boolean | undefined
  /** In ms. Default 10,000. */
  keepaliveGracePeriod?: number | undefined
  /** TCP's own keepalive takes the place of pings. Default false. */
  useNativeKeepalive?: boolean | undefined
}

export interface IServerConfig extends IConfig, IKeepaliveConfig {
  /** Whose `upgrade` events are answered. */
  httpServer: HttpServer | HttpsServer | (HttpServer | HttpsServer)[]
  /** Accepts every request, with the first subprotocol that it offers. Default false. */
  autoAcceptConnections?: boolean | undefined
  /** Takes the address of the TCP connection for the client's, whatever `X-Forwarded-For` says. Default false. */
  ignoreXForwardedFor?: boolean | undefined
  /** Reads the header `Cookie` into `request.cookies`. Default true. */
  parseCookies?: boolean | undefined
  /** Reads the header `Sec-WebSocket-Extensions` into `request.requestedExtensions`. Default true. */
  parseExtensions?: boolean | undefined
}

/** A server's settings with every default filled in. */
export type ServerSettings = Required<Omit<IServerConfig, 'httpServer'>> & {
  httpServer: (HttpServer | HttpsServer)[]
}

export interface IClientConfig extends IConfig {
  /** 8 or 13: in which header the origin goes. Default 13. */
  webSocketVersion?: number | undefined
  /** For `https.request`. */
  tlsOptions?: RequestOptions | undefined
}

/** A client's settings with every default filled in. */
export type ClientSettings = Required<IClientConfig> & { tlsOptions: RequestOptions }

/** A cookie as a request brought it (`name` and `value`), or to be set. */
export interface ICookie {
  name: string
  /** Null for a cookie that came without `=`. */
  value: string
  path?: string | undefined
  domain?: string | undefined
  expires?: Date | undefined
  /** In seconds. */
  maxage?: number | undefined
  secure?: boolean | undefined
  httponly?: boolean | undefined
}

export interface IExtension {
  name: string
  value: string
}

/** An extension that a client has offered. */
export interface IRequestedExtension {
  name: string
  params: { name: string; value: string | undefined }[]
}

export interface IUtf8Message {
  type: 'utf8'
  utf8Data: string
}

export interface IBinaryMessage {
  type: 'binary'
  binaryData: Buffer
}

export type Message = IUtf8Message | IBinaryMessage
export type IMessage = Message

/** The source of {@link WebSocketFrame.addData}: received bytes that do not lie in one piece. */
export interface IBufferList {
  readonly length: number
  joinInto(target: Buffer, targetStart: number, sourceStart: number, sourceEnd: number): Buffer
  advance(byteLength: number): unknown
  take(byteLength: number): Buffer
}

export interface ICloseEvent {
  type: string
  code: number
  reason: string
  wasClean: boolean
}

export interface IMessageEvent {
  type: string
  data: string | Buffer | ArrayBuffer
}

/** Called when the operating system has taken the data sent, or with the reason why not. */
export type SendCallback = (error?: Error) => void
