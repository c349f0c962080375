export {
  CloseCode,
  isSendableCloseCode,
  maxCloseReasonBytes,
  Opcode,
} from '@bothways/protocol'
export type { ClientOptions } from './client/client-options.ts'
export { CloseEvent, type CloseEventInit } from './client/close-event.ts'
export { WebSocketErrorEvent } from './client/error-event.ts'
export type {
  WebSocketEventHandler,
  WebSocketEventListener,
  WebSocketEventMap,
} from './client/event-listeners.ts'
export { MessageEvent } from './client/message-event.ts'
export { type BinaryType, type HandshakeResult, WebSocket } from './client/websocket.ts'
export { type WebSocketCloseInfo, WebSocketError } from './client/websocket-error.ts'
export {
  type WebSocketOpenInfo,
  WebSocketStream,
  type WebSocketStreamOptions,
} from './client/websocket-stream.ts'
export { ConnectionClosedError } from './connection/connection-closed-error.ts'
export type { CloseFrame, Disconnect } from './connection/disconnect.ts'
export { ReadyState } from './connection/ending.ts'
export type { MessageData } from './connection/message-data.ts'
export type { CompressionOptions, ConnectionOptions, KeepaliveOptions } from './connection/options.ts'
export * from './errors.ts'
export type {
  Broker,
  BrokerEvents,
  History,
  HistoryPolicy,
  HistoryRequest,
  Member,
  Published,
  PublishRequest,
  StoredPublication,
  TopicSubscription,
  Withdrawal,
} from './hub/broker/broker.ts'
export { MemoryBroker, type MemoryBrokerOptions } from './hub/broker/memory-broker.ts'
export { createHub } from './hub/create-hub.ts'
export type { Contract, MethodContract } from './hub/declarations/contract.ts'
export type { RequestContext, RequestHandler } from './hub/declarations/request-handler.ts'
export type { Schema, SchemaResult } from './hub/declarations/schema.ts'
export type { TopicAction, TopicOptions } from './hub/declarations/topic-options.ts'
export type { Hub } from './hub/hub.ts'
export { type HubCode, HubError } from './hub/hub-error.ts'
export type { HubOptions } from './hub/hub-options.ts'
export { Meeting, type MeetingClient, type MeetingInit, type MeetingRefusal } from './hub/meeting.ts'
export type { PublishToTopic } from './hub/program/hub-calls.ts'
export type { HubTopic } from './hub/program/hub-topic.ts'
export type { TopicPublication } from './hub/program/topic-publication.ts'
export type { Authenticated } from './opening/handshakes.ts'
export { refuse } from './opening/refusals.ts'
export type { RouteParams } from './opening/route-params.ts'
export type { UpgradeRequest } from './opening/upgrade-request.ts'
export type { ServerCounts } from './server/counts.ts'
export type { RefusalReport } from './server/incidents.ts'
export { formatMetrics, type MeasuredServer, type Metric, serverMetrics } from './server/metrics.ts'
export type { CloseOptions, ServerOptions } from './server/options.ts'
export type { ListenOptions } from './server/own-http-server.ts'
export type { MeetOptions, RawClient } from './server/plain-topics/raw-meeting.ts'
export type { TopicListener } from './server/plain-topics/topic-listeners.ts'
export type { Route } from './server/route.ts'
export {
  type AttachableServer,
  type AttachOptions,
  createServer,
  type ListenResult,
  type PublishOptions,
  Server,
} from './server/server.ts'
export { type Message, ServerSocket, type SocketHandlers } from './server/server-socket.ts'
export type { SocketData } from './server/socket-data.ts'
export { TopicsHttp } from './topics-protocol/topics-http.ts'
export type { TopicsHttpOptions } from './topics-protocol/topics-http-options.ts'
export type { TokenUser, TopicsRouteOptions } from './topics-protocol/topics-options.ts'
export {
  carryTopics,
  type TopicsCarried,
  type TopicsCarrier,
  topicsRoute,
} from './topics-protocol/topics-route.ts'
export { workerBroker } from './workers/worker.ts'
export { startWorkers, type WorkerExit, type Workers, type WorkersOptions } from './workers/workers.ts'
