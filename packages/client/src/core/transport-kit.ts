// What a transport or a line of another folder is made of.

export { callRetryDelay } from './backoff.ts'
export type { Environment } from './environment.ts'
export type { Line, LineHandler, OpenLine, Welcome } from './line.ts'
export { byteLength, type ClientMessage, checkMessage, type ServerMessage, textOf } from './messages.ts'
export { type Ending, endingOfStatus } from './reason.ts'
export { Session } from './session.ts'
export type {
  FetchedResponse,
  Transport,
  TransportContext,
  TransportHandler,
  TransportOpener,
} from './transport.ts'
