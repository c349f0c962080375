export { WebSocketClient as client } from './client.ts'
export { WebSocketConnection as connection } from './connection.ts'
export { deprecation } from './deprecation.ts'
export { WebSocketFrame as frame } from './frame.ts'
export { WebSocketRequest as request } from './request.ts'
export {
  type IRouterConfig,
  type IRouterHandler,
  type IRouterRequest,
  WebSocketRouter as router,
} from './router.ts'
export { WebSocketServer as server } from './server.ts'
export type {
  IBinaryMessage,
  IBufferList,
  IClientConfig,
  ICloseEvent,
  IConfig,
  ICookie,
  IExtension,
  IMessage,
  IMessageEvent,
  IServerConfig,
  IStringified,
  IUtf8Message,
  Message,
} from './types.ts'
export { version } from './version.ts'
export { W3CWebSocket as w3cwebsocket } from './w3c-websocket.ts'
export { websocket as default, websocket as 'module.exports' } from './websocket.ts'
