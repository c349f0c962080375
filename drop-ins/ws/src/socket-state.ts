import type { Buffer } from 'node:buffer'
import type { EventEmitter } from 'node:events'
import type { ClientRequest } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Connection, ReadyState } from 'bothways/connection'
import type { BinaryType } from './payload.ts'
import type { PerMessageDeflate } from './permessage-deflate.ts'
import type { SocketSender } from './socket-sender.ts'
import type { SharedOptions } from './types.ts'

/**
 * Where a socket keeps what is not of ws: subclasses have names with underscores of their own. Not `#private`, since
 * programs put proxies before these objects.
 */
export const ownState: unique symbol = Symbol('ownState')

export class OwnState {
  options: SharedOptions = {}
  connection: Connection | undefined
  handler: { readonly isDeferring: boolean } | undefined
  stream: Duplex | null = null
  sender: SocketSender | undefined
  receiver: EventEmitter | undefined
  /** Bytes given to `send` when it was too late. */
  unsentBytes = 0
  pendingAutoPongs = 0
  /** Between the frames of a message: whether it is compressed. */
  isCompressing: boolean | undefined
}

/** Options for the socket of an accepted or opened connection. */
export interface SocketOptions extends SharedOptions {
  /** Writes a masking key into the four bytes that it is given. */
  generateMask?(mask: Buffer): void
}

/** A `WebSocket` as its parts see it: the handshake, the events and the sending. */
export interface SocketState extends EventEmitter {
  _binaryType: BinaryType
  _closeCode: number
  _closeFrameReceived: boolean
  _closeFrameSent: boolean
  _closeMessage: Buffer
  _errorEmitted: boolean
  _extensions: Record<string, PerMessageDeflate>
  readonly _isServer: boolean
  _paused: boolean
  _protocol: string
  _readyState: ReadyState
  _redirects: number
  _req: ClientRequest | null
  _url: string
  readonly readyState: ReadyState
  readonly url: string
  readonly [ownState]: OwnState
  close(code?: number, data?: Buffer): void
  emitClose(): void
  pong(data: Buffer, mask: boolean, cb: () => void): void
  setSocket(socket: Duplex, head: Buffer, options: SocketOptions): void
  terminate(): void
}
