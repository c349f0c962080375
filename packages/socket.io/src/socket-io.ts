import type { AttachableHttpServer } from './engine-binding.ts'
import { Namespace } from './namespace.ts'
import { Server } from './server.ts'
import type { ServerOptions } from './server-options.ts'
import { Socket } from './socket.ts'

interface SocketIo {
  (srv?: AttachableHttpServer | number | Partial<ServerOptions>, opts?: Partial<ServerOptions>): Server
  Server: typeof Server
  Namespace: typeof Namespace
  Socket: typeof Socket
}

/** What `require('socket.io')` is: it makes a server, and has the classes. */
export const socketIo: SocketIo = Object.assign(
  (srv?: AttachableHttpServer | number | Partial<ServerOptions>, opts?: Partial<ServerOptions>): Server =>
    new Server(srv, opts),
  { Server, Namespace, Socket },
)
