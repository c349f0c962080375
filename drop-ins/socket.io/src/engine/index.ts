// Our Engine.IO server, with the names of npm's `engine.io` 6.
export { listen } from './listen.ts'
export type { AttachOptions, ServerOptions } from './options.ts'
export type { RawData, WriteOptions } from './packet.ts'
export { Server } from './server.ts'
export { Socket } from './socket.ts'

/** The version of the protocol that is spoken with all clients that do not ask for version 3. */
export const protocol = 4
