import type { Server as HttpServer } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import { type AttachOptions, Server, type ServerOptions } from './engine/index.ts'

// All that the rest of this package takes from Engine.IO.

export type {
  AttachOptions,
  RawData,
  ServerOptions as EngineOptions,
  Socket as EngineSocket,
  WriteOptions as EngineWriteOptions,
} from './engine/index.ts'
export { Server as EngineServer } from './engine/index.ts'
export { frameOf } from './engine/publication-formats.ts'

/** The HTTP servers that a Socket.IO server can be attached to. */
export type AttachableHttpServer = HttpServer | HttpsServer | Http2SecureServer | Http2Server

/** As much of an Engine.IO server as one has to have to be bound: also that of npm's `engine.io`. */
export interface BindableEngine {
  // biome-ignore lint/suspicious/noExplicitAny: sockets of npm's have types of their own
  on(event: 'connection', listener: (conn: any) => void): unknown
  close(): unknown
}

/** A server of Engine.IO, attached. */
export function attachEngine(server: AttachableHttpServer, options: ServerOptions & AttachOptions): Server {
  const engine = new Server(options)
  engine.attach(server as HttpServer, options)
  return engine
}
