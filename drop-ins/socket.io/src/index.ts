export { Adapter, type AdapterConstructor } from './adapter.ts'
export { BroadcastOperator, RemoteSocket } from './broadcast-operator.ts'
export type { BroadcastFlags, BroadcastOptions, Room, SocketId } from './broadcast-options.ts'
export type {
  ClusterBus,
  ClusterMember,
  ClusterMembership,
  ClusterMessage,
  ClusterQuestion,
  ClusterTarget,
} from './cluster/cluster-bus.ts'
export { MemoryBus } from './cluster/memory-bus.ts'
export { type EngineOptions, EngineServer as Engine } from './engine-binding.ts'
export type { Handshake } from './handshake.ts'
export { Namespace, Server, Socket } from './public-classes.ts'
export type { Session } from './recovery/session-log.ts'
export type { TopicServer } from './room-topics.ts'
export type { ConnectionStateRecoveryOptions, ServerOptions } from './server-options.ts'
export { socketIo as 'module.exports' } from './socket-io.ts'
export type { DisconnectReason, Event, ExtendedError } from './socket-types.ts'
export { type MeetOptions, meetTopics } from './topics-meeting.ts'
export type { DefaultEventsMap, EventsMap } from './typed-events.ts'
