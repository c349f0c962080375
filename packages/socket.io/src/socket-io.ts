import {
  Adapter,
  type AdapterConstructor,
  type BroadcastFlags,
  type BroadcastOptions,
  type Room,
  type Session,
  type SocketId,
} from './adapter.ts'
import { BroadcastOperator, RemoteSocket } from './broadcast-operator.ts'
import type {
  ClusterBus,
  ClusterMember,
  ClusterMembership,
  ClusterMessage,
  ClusterQuestion,
  ClusterTarget,
} from './cluster-bus.ts'
import type { AttachableHttpServer } from './engine-binding.ts'
import { MemoryBus } from './memory-bus.ts'
import { Namespace } from './namespace.ts'
import type { TopicServer } from './room-topics.ts'
import { Server } from './server.ts'
import type { ConnectionStateRecoveryOptions, ServerOptions } from './server-options.ts'
import { Socket } from './socket.ts'
import type { DisconnectReason, Event, ExtendedError, Handshake } from './socket-types.ts'
import type { DefaultEventsMap, EventsMap } from './typed-events.ts'

/** What `require('socket.io')` is: it makes a server, and each name is one of its properties. */
export function socketIo(
  srv?: AttachableHttpServer | number | Partial<ServerOptions>,
  opts?: Partial<ServerOptions>,
): Server {
  return new Server(srv, opts)
}

Object.assign(socketIo, {
  Adapter,
  BroadcastOperator,
  MemoryBus,
  Namespace,
  RemoteSocket,
  Server,
  Socket,
})

// The same names for TypeScript that compiles to `require`, with all types.
// biome-ignore lint/style/noNamespace: nothing else gives a function types
export declare namespace socketIo {
  export type {
    AdapterConstructor,
    BroadcastFlags,
    BroadcastOptions,
    ClusterBus,
    ClusterMember,
    ClusterMembership,
    ClusterMessage,
    ClusterQuestion,
    ClusterTarget,
    ConnectionStateRecoveryOptions,
    DefaultEventsMap,
    DisconnectReason,
    Event,
    EventsMap,
    ExtendedError,
    Handshake,
    Room,
    ServerOptions,
    Session,
    SocketId,
    TopicServer,
  }
  export { Adapter, BroadcastOperator, MemoryBus, Namespace, RemoteSocket, Server, Socket }
}
