import type { Buffer } from 'node:buffer'
import type {
  DeflateDirections,
  LimitError,
  ProtocolViolation,
  ReceivedFrame,
  Role,
} from '@bothways/protocol'
import type { ByteBudget } from './byte-budget.ts'
import type { ChannelHandler } from './channel.ts'
import type { ConnectionCompat } from './compat.ts'
import type { CloseFrame } from './disconnect.ts'
import type { ConnectionSettings } from './options.ts'
import type { Transport } from './transports/transport.ts'
import type { WorkGate } from './work-gate.ts'

/** The calls that a connection makes on its owner: a server, a client or a drop-in. None of them may throw. */
export interface ConnectionHandler extends ChannelHandler {
  /** Instead of `onMessage`, when `compat.receiver` says that `frames` are delivered. */
  onFrame?(frame: ReceivedFrame): void
  onPing?(payload: Buffer): void
  /** `roundTripMs` is undefined for a pong that answers no ping of ours. */
  onPong?(payload: Buffer, roundTripMs: number | undefined): void
  /** After `hasTime` has answered false: now there is. */
  onTurn?(): void
  /** Nothing more is delivered: data that the handler was given and has not read are to be dropped, too. */
  onDiscard?(): void
  /**
   * A close frame is due: an answer to what was `received`, or for the rule or limit that the peer broke, which `error`
   * tells. A handler with this method sends it, or another one, by `close`; an answer may take its time.
   */
  onCloseDue?(due: CloseFrame, received: CloseFrame | undefined, error?: ProtocolViolation | LimitError): void
  /** The peer broke a rule or a limit: the connection is closing for it. */
  onViolation?(error: ProtocolViolation | LimitError): void
}

export interface ConnectionInit {
  readonly role: Role
  readonly transport: Transport
  readonly settings: ConnectionSettings
  /** The compression that the opening handshake agreed on; undefined: messages are not compressed. */
  readonly deflate?: DeflateDirections | undefined
  /** For drop-ins: in what this connection differs. */
  readonly compat?: ConnectionCompat
  /** Data that came and are unfinished or unread count here, together with those of other connections. */
  readonly incomingBudget?: ByteBudget | undefined
  /** Long messages wait there to be compressed or inflated; by default at gates for the whole process. */
  readonly zlibGate?: WorkGate | undefined
  /** Data that wait to go out count here, together with those that wait on other connections. */
  readonly outgoingBudget?: ByteBudget
}
