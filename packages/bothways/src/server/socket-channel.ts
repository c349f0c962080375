import type { CloseCode } from '@bothways/protocol'
import type { Channel, Sink } from '../connection/channel.ts'
import type { ConnectionHandler } from '../connection/connection-init.ts'
import type { ReadyState } from '../connection/ending.ts'
import type { MessageData } from '../connection/message-data.ts'
import type { Flow } from './inbox.ts'

/** The channel that carries a `ServerSocket`: it has the words of WebSocket, can be measured, and held back message by message. */
export interface SocketChannel extends Channel<MessageData>, Sink, Flow {
  readonly readyState: ReadyState
  /** The last ping's, in ms; undefined before the first pong. */
  readonly roundTripTimeMs: number | undefined
  /** Bytes on the wire since it began. */
  readonly bytesReceived: number
  readonly bytesSent: number
  /** Begins to read. */
  start(): void
  /** Takes bytes that came past it, before anything that comes by it. */
  receive(bytes: Uint8Array): void
  /** With a close frame; a second call does nothing. */
  close(code?: number, reason?: string): void
  /** Promises the round-trip time in ms, or undefined when it ends first. */
  ping(payload?: Uint8Array): Promise<number | undefined>
  /** Ends it in order because a bound or a rule of this side was reached: the program is told `error`. */
  closeForPolicy(code: CloseCode, error: Error): void
  /** Ends it for a cause on this side; messages that came or come are discarded. The client is told `reason`. */
  fail(code: CloseCode, error: Error, reason: string): void
}

/** The events that a channel tells its socket. */
export type SocketChannelHandler = Pick<
  ConnectionHandler,
  'onMessage' | 'onSent' | 'onDrain' | 'onTurn' | 'onDiscard' | 'onClosing' | 'onClose'
>
