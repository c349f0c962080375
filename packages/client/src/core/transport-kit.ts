// The parts of a transport or a line of another folder.

export { retryAfterOf } from './backoff.ts'
export { type Environment, listenTo } from './environment.ts'
export type { Line, LineHandler, OpenLine, Welcome } from './line.ts'
export { byteLength, type ClientMessage, checkMessage, type ServerMessage, textOf } from './messages.ts'
export { codeOf, type Ending } from './reason.ts'
export { openSession } from './session.ts'
export { createRetry, createTimer, type Timer } from './timer.ts'
export type {
  FetchedResponse,
  Transport,
  TransportContext,
  TransportHandler,
  TransportOpener,
} from './transport.ts'
