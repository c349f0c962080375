import type { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import type { Connection, takeTransport } from 'bothways/connection'
import type { ConnectionEvents } from './connection-events.ts'
import type { SocketSender } from './socket-sender.ts'
import type * as types from './types.ts'

/**
 * Where a socket keeps what is not of ws: subclasses have names with underscores of their own. Not `#private`, since
 * programs put proxies before these objects.
 */
export const inner: unique symbol = Symbol('inner')

export class Inner {
  options: types.ClientOptions = {}
  connection: Connection | undefined
  handler: ConnectionEvents | undefined
  stream: Duplex | null = null
  transport: ReturnType<typeof takeTransport> | undefined
  sender: SocketSender | undefined
  receiver: EventEmitter | undefined
  /** Bytes given to `send` when it was too late. */
  unsentBytes = 0
  pendingAutoPongs = 0
  /** Between the frames of a message: whether it is compressed. */
  isCompressing: boolean | undefined
}
