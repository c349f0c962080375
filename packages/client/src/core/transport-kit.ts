// What a transport of another folder is made of.

export { type ClientMessage, type ServerMessage, textOf } from './messages.ts'
export { type Ending, endingOfStatus } from './reason.ts'
export type {
  FetchedResponse,
  Transport,
  TransportChoice,
  TransportContext,
  TransportHandler,
  TransportOpener,
} from './transport.ts'
