// Our Engine.IO server, with the names of npm's `engine.io` 6.
export type { AttachableServer } from './attach.ts'
export type { HttpCompressionOptions } from './content-encoding.ts'
export type { CookieOptions } from './cookie.ts'
export type { CorsOptions, CorsOptionsDelegate, CustomOrigin, StaticOrigin } from './cors.ts'
export type { EngineRequest } from './engine-request.ts'
export { attach, listen } from './listen.ts'
export type { Middleware } from './middleware.ts'
export type {
  AllowRequest,
  AttachOptions,
  PerMessageDeflateOptions,
  ServerOptions,
  ServerSettings,
} from './options.ts'
export type { Packet, PacketType, Protocol, RawData, WriteOptions } from './packet.ts'
export { Server } from './server.ts'
export type { ConnectionError, ErrorCode, ErrorContext } from './server-errors.ts'
export { SharedMessage } from './shared-message.ts'
export { type CloseReason, type ReadyState, Socket } from './socket.ts'
export { type SendCallback, Transport, TransportError, type TransportName } from './transport.ts'

/** The version of the protocol that is spoken with everybody who does not ask for version 3. */
export const protocol = 4
