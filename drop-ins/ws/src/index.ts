import * as extension from './extension.ts'
import { PerMessageDeflate } from './permessage-deflate.ts'
import { Receiver } from './receiver.ts'
import { Sender } from './sender.ts'
import { createWebSocketStream } from './stream.ts'
import * as subprotocol from './subprotocol.ts'
import { WebSocket } from './websocket.ts'
import { WebSocketServer } from './websocket-server.ts'

// `require('ws')` is the class, so each name is one of its statics.
Object.assign(WebSocket, {
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  Server: WebSocketServer,
  subprotocol,
  WebSocket,
  WebSocketServer,
})

export type { PerMessageDeflateOptions } from './permessage-deflate.ts'
export type {
  AddressInfo,
  CertMeta,
  ClientOptions,
  CloseEvent,
  Data,
  ErrorEvent,
  Event,
  EventListenerOptions,
  FinishRequestCallback,
  MessageEvent,
  RawData,
  ServerOptions,
  VerifyClientCallbackAsync,
  VerifyClientCallbackSync,
} from './types.ts'
export {
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  subprotocol,
  WebSocket,
  WebSocket as default,
  WebSocket as 'module.exports',
  WebSocketServer,
  WebSocketServer as Server,
}
