import type { Namespace } from './namespace.ts'
import type { Server } from './server.ts'
import type { Socket } from './socket.ts'

// What has the types of a program's events, where those do not matter. `unknown` would not do: the parameters of
// functions are contravariant.

// biome-ignore lint/suspicious/noExplicitAny: see above
export type AnySocket = Socket<any, any, any, any>
// biome-ignore lint/suspicious/noExplicitAny: see above
export type AnyNamespace = Namespace<any, any, any, any>
// biome-ignore lint/suspicious/noExplicitAny: see above
export type AnyServer = Server<any, any, any, any>
