import type { Connection } from './connection.ts'
import { Server, type ServerOptions } from './server.ts'

/** Makes a server; `listen` starts it. The callback is added as a listener of `connection`. */
export function createServer(onConnection?: (connection: Connection) => void): Server
export function createServer(options: ServerOptions, onConnection?: (connection: Connection) => void): Server
export function createServer(
  options?: ServerOptions | ((connection: Connection) => void),
  onConnection?: (connection: Connection) => void,
): Server {
  if (typeof options === 'function') return new Server(false, {}, options)
  return new Server(Boolean(options?.secure), options ?? {}, onConnection)
}
