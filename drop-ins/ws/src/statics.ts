import type { IncomingMessage } from 'node:http'
import type { Duplex, DuplexOptions } from 'node:stream'
import * as extensionHeader from './extension.ts'
import {
  PerMessageDeflate as DeflateClass,
  type PerMessageDeflateOptions as DeflateOptions,
} from './permessage-deflate.ts'
import { Receiver as ReceiverClass } from './receiver.ts'
import { Sender as SenderClass } from './sender.ts'
import type * as servers from './server-options.ts'
import { createWebSocketStream as createStream } from './stream.ts'
import * as subprotocolHeader from './subprotocol.ts'
import type * as types from './types.ts'
import type * as sockets from './websocket.ts'
import { WebSocket as Socket } from './websocket.ts'
import { WebSocketServer as ServerClass } from './websocket-server.ts'

// `require('ws')` is the class, so each name is one of its statics.
Object.assign(Socket, {
  createWebSocketStream: createStream,
  extension: extensionHeader,
  PerMessageDeflate: DeflateClass,
  Receiver: ReceiverClass,
  Sender: SenderClass,
  Server: ServerClass,
  subprotocol: subprotocolHeader,
  WebSocket: Socket,
  WebSocketServer: ServerClass,
})

declare module './websocket.ts' {
  /** The statics as types. Interfaces, so that programs can add to them. */
  export namespace WebSocket {
    export type RawData = types.RawData
    export type Data = types.Data
    export type CertMeta = types.CertMeta
    export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> =
      servers.VerifyClientCallbackSync<Request>
    export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> =
      servers.VerifyClientCallbackAsync<Request>
    export type FinishRequestCallback = sockets.FinishRequestCallback
    export interface ClientOptions extends sockets.ClientOptions {}
    export interface PerMessageDeflateOptions extends DeflateOptions {}
    export interface Event extends sockets.Event {}
    export interface ErrorEvent extends sockets.ErrorEvent {}
    export interface CloseEvent extends sockets.CloseEvent {}
    export interface MessageEvent extends sockets.MessageEvent {}
    export interface WebSocketEventMap extends sockets.WebSocketEventMap {}
    export interface EventListenerOptions extends types.EventListenerOptions {}
    export interface ServerOptions<
      U extends typeof Socket = typeof Socket,
      V extends typeof IncomingMessage = typeof IncomingMessage,
    > extends servers.ServerOptions<U, V> {}
    export interface AddressInfo extends types.AddressInfo {}

    export const WebSocket: typeof Socket
    export interface WebSocket extends Socket {}
    export const WebSocketServer: typeof ServerClass
    export interface WebSocketServer extends ServerClass {}
    export const Server: typeof ServerClass
    export interface Server<
      T extends typeof Socket = typeof Socket,
      U extends typeof IncomingMessage = typeof IncomingMessage,
    > extends ServerClass<T, U> {}
    export const createWebSocketStream: (websocket: Socket, options?: DuplexOptions) => Duplex
    export const Sender: typeof SenderClass
    export const Receiver: typeof ReceiverClass
    export const PerMessageDeflate: typeof DeflateClass
    export const extension: typeof extensionHeader
    export const subprotocol: typeof subprotocolHeader
  }
}

export { Socket as WebSocket }
