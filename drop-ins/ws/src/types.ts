import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import type { createConnection } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import type { PerMessageDeflateOptions } from './permessage-deflate.ts'

/** A message as it was received. */
export type RawData = Buffer | ArrayBuffer | Buffer[]

/** A message as the WHATWG interface gives it. */
export type Data = string | Buffer | ArrayBuffer | Buffer[]

export type CertMeta = string | string[] | Buffer | Buffer[]

/** The options that both sides have in common. */
export interface SharedOptions {
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

/** The options of a client but for `finishRequest`. */
export interface ClientSettings extends SharedOptions, SecureContextOptions {
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
}

export interface AddressInfo {
  address: string
  family: string
  port: number
}

export interface EventListenerOptions {
  once?: boolean | undefined
}

/** The events of a socket, with their arguments. */
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
// biome-ignore lint/suspicious/noExplicitAny: its emitter knows
export type AnyListener<Self> = (this: Self, ...args: any[]) => void
