import { type Client, startClient } from './client.ts'
import type { ClientOptions } from './client-options.ts'
import type { TypeOfContract as Contract } from './contract.ts'
import { lineOf } from './session.ts'
import { webSocketTransport } from './web-socket-transport.ts'

export type { ConnectionState } from './client.ts'
export { ClientError } from './client-error.ts'
export type {
  MethodInput,
  MethodName,
  MethodOutput,
  TopicData,
  TopicName,
  TypeOfContract as Contract,
} from './contract.ts'
export type { Environment } from './environment.ts'
export type { Status } from './link.ts'
export type { Member } from './messages.ts'
export type { DisconnectReason, EndedBy, ReasonCode } from './reason.ts'
export type { StateTopic } from './state-topic.ts'
export type { Publication, SubscribeOptions, SubscriptionStatus } from './subscription.ts'
export type { PublishOptions, Topic, TopicEvents } from './topic.ts'
export type {
  FetchFunction,
  TokenFunction,
  TransportKind,
  WebSocketClass,
  WebSocketLike,
} from './transport.ts'
export type { Client, ClientOptions }

/** As that of `@bothways/client`, with WebSocket alone: smaller. */
export function createClient<C extends Contract = Contract>(
  url: string | URL,
  options: ClientOptions = {},
): Client<C> {
  return startClient<C>(url, options, lineOf(webSocketTransport))
}
