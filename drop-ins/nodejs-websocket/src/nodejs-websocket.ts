import type * as connecting from './connect.ts'
import { connect } from './connect.ts'
import type * as connections from './connection.ts'
import { setBinaryFragmentation, setMaxBufferLength } from './limits.ts'
import { createServer, type ServerOptions as OptionsOfServer } from './server.ts'

/** All that `require` gives. */
export const nodejsWebsocket: {
  createServer: typeof createServer
  connect: typeof connect
  setBinaryFragmentation: typeof setBinaryFragmentation
  setMaxBufferLength: typeof setMaxBufferLength
} = { createServer, connect, setBinaryFragmentation, setMaxBufferLength }

/** The types, for programs that get them by `require`. */
export namespace nodejsWebsocket {
  export type ConnectOptions = connecting.ConnectOptions
  export type Connection = connections.Connection
  export type ConnectionEvents = connections.ConnectionEvents
  export type SelectProtocol = connections.SelectProtocol
  export type Server = connections.Server
  export type ServerEvents = connections.ServerEvents
  export type ServerOptions = OptionsOfServer
}
