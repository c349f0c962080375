// `bothways/connection`: one open connection without a server or a client around it, for libraries that bring their own.
export { type BudgetHolder, ByteBudget } from './byte-budget.ts'
export type { Channel } from './channel.ts'
export type { ConnectionCompat } from './compat.ts'
export { Connection } from './connection.ts'
export type { ConnectionHandler, ConnectionInit } from './connection-init.ts'
export { type CompressionTuning, Deflater } from './deflate.ts'
export type { CloseFrame, Disconnect } from './disconnect.ts'
export { ReadyState } from './ending.ts'
export { shortReason } from './failures.ts'
export { fairTime, type TurnMember } from './fair-time.ts'
export { defineInspection } from './inspection.ts'
export { isBlob, isByteSource, type MessageData, messageBytes, ownBytes } from './message-data.ts'
export {
  type CompressionOptions,
  type ConnectionOptions,
  type ConnectionSettings,
  type KeepaliveOptions,
  resolveConnectionOptions,
} from './options.ts'
export { type InflateResult, Inflater } from './receiving/inflate.ts'
export { wholeFrame } from './sending/frame-formats.ts'
export type { FrameSendOptions } from './sending/frame-sender.ts'
export { Publication, WireFormat } from './sending/publication.ts'
export type { SendOutcome } from './sending/send-outcome.ts'
export { NotSentError } from './sending/send-outcome.ts'
export { SharedBytes } from './sending/shared-bytes.ts'
export type { Callback } from './sending/waiters.ts'
export { isHttp2Stream } from './transports/http2-transport.ts'
export { takeTransport } from './transports/take-transport.ts'
export type { Transport, TransportHandler } from './transports/transport.ts'
export { WorkGate } from './work-gate.ts'
