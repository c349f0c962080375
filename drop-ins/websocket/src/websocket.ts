import { WebSocketClient } from './client.ts'
import { WebSocketConnection } from './connection.ts'
import { deprecation } from './deprecation.ts'
import { WebSocketFrame } from './frame.ts'
import { WebSocketRequest } from './request.ts'
import type * as routing from './router.ts'
import { WebSocketRouter } from './router.ts'
import { WebSocketServer } from './server.ts'
import type * as types from './types.ts'
import { version } from './version.ts'
import { W3CWebSocket } from './w3c-websocket.ts'

/** The object that `require` gives. */
export const websocket: {
  server: typeof WebSocketServer
  client: typeof WebSocketClient
  router: typeof WebSocketRouter
  frame: typeof WebSocketFrame
  request: typeof WebSocketRequest
  connection: typeof WebSocketConnection
  w3cwebsocket: typeof W3CWebSocket
  deprecation: typeof deprecation
  version: string
} = {
  server: WebSocketServer,
  client: WebSocketClient,
  router: WebSocketRouter,
  frame: WebSocketFrame,
  request: WebSocketRequest,
  connection: WebSocketConnection,
  w3cwebsocket: W3CWebSocket,
  deprecation,
  version,
}

// The same names as types, for programs that load it by `require` or `import … = require`.
export declare namespace websocket {
  export type server = WebSocketServer
  export type client = WebSocketClient
  export type router = WebSocketRouter
  export type frame = WebSocketFrame
  export type request = WebSocketRequest
  export type connection = WebSocketConnection
  export type w3cwebsocket = W3CWebSocket
  export type IBinaryMessage = types.IBinaryMessage
  export type IBufferList = types.IBufferList
  export type IClientConfig = types.IClientConfig
  export type ICloseEvent = types.ICloseEvent
  export type IConfig = types.IConfig
  export type ICookie = types.ICookie
  export type IExtension = types.IExtension
  export type IMessage = types.IMessage
  export type IMessageEvent = types.IMessageEvent
  export type IRouterConfig = routing.IRouterConfig
  export type IRouterHandler = routing.IRouterHandler
  export type IRouterRequest = routing.IRouterRequest
  export type IServerConfig = types.IServerConfig
  export type IStringified = types.IStringified
  export type IUtf8Message = types.IUtf8Message
  export type Message = types.Message
}
