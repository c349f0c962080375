import * as extension from './extension.ts'
import * as subprotocol from './subprotocol.ts'

export { PerMessageDeflate, type PerMessageDeflateOptions } from './permessage-deflate.ts'
export { Receiver } from './receiver.ts'
export { Sender } from './sender.ts'
export type {
  ServerOptions,
  VerifyClientCallbackAsync,
  VerifyClientCallbackSync,
} from './server-options.ts'
export { WebSocket as 'module.exports' } from './statics.ts'
export { createWebSocketStream } from './stream.ts'
export type { AddressInfo, CertMeta, Data, EventListenerOptions, RawData } from './types.ts'
// All of it: a program's additions to `interface WebSocket` reach the class by `export *` alone.
export * from './websocket.ts'
export { WebSocket as default } from './websocket.ts'
export { WebSocketServer, WebSocketServer as Server } from './websocket-server.ts'
export { extension, subprotocol }
