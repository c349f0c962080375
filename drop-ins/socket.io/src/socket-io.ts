import { Adapter } from './adapter.ts'
import { BroadcastOperator, RemoteSocket } from './broadcast-operator.ts'
import { MemoryBus } from './cluster/memory-bus.ts'
import { type AttachableHttpServer, EngineServer } from './engine-binding.ts'
import { Namespace, Server, Socket } from './public-classes.ts'
import type { ServerOptions } from './server-options.ts'
import { meetTopics } from './topics-meeting.ts'

interface SocketIo {
  (srv?: AttachableHttpServer | number | Partial<ServerOptions>, opts?: Partial<ServerOptions>): Server
  readonly Adapter: typeof Adapter
  readonly BroadcastOperator: typeof BroadcastOperator
  readonly Engine: typeof EngineServer
  readonly MemoryBus: typeof MemoryBus
  readonly Namespace: typeof Namespace
  readonly RemoteSocket: typeof RemoteSocket
  readonly Server: typeof Server
  readonly Socket: typeof Socket
  readonly meetTopics: typeof meetTopics
}

/**
 * The value of `require('socket.io')`: it makes a server, and each name is one of its properties. TypeScript is told of the
 * names only, as by npm's: nobody could `export *` of a function.
 */
export const socketIo: SocketIo = Object.assign(makeServer, {
  Adapter,
  BroadcastOperator,
  Engine: EngineServer,
  MemoryBus,
  Namespace,
  RemoteSocket,
  Server,
  Socket,
  meetTopics,
})

function makeServer(
  srv?: AttachableHttpServer | number | Partial<ServerOptions>,
  opts?: Partial<ServerOptions>,
): Server {
  return new Server(srv, opts)
}
