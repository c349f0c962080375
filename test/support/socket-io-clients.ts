import { io as io4 } from 'socket.io-client'
// @ts-expect-error its package does not say what types it has
import io2 from 'socket.io-client-2'
// @ts-expect-error its package does not say what types it has
import { io as io3 } from 'socket.io-client-3'

/** The common part of the clients of all versions. */
export interface SocketIoClient {
  readonly id: string
  readonly connected: boolean
  readonly recovered?: boolean
  readonly io: { readonly engine: { close(): void; readonly transport: { readonly name: string } } }
  on(event: string, listener: (...args: never[]) => void): unknown
  once(event: string, listener: (...args: never[]) => void): unknown
  off(event: string): unknown
  emit(event: string, ...args: unknown[]): unknown
  connect(): unknown
  disconnect(): unknown
}

export type ConnectSocketIo = (url: string, options?: object) => SocketIoClient

/** npm's socket.io-client, by its main version. */
export const socketIoClients: Readonly<Record<2 | 3 | 4, ConnectSocketIo>> = {
  2: io2 as ConnectSocketIo,
  3: io3 as ConnectSocketIo,
  4: io4 as unknown as ConnectSocketIo,
}

/** The ways of transport, as options of a client. */
export const socketIoWays: Readonly<Record<string, object>> = {
  polling: { transports: ['polling'] },
  websocket: { transports: ['websocket'] },
  upgrade: {},
}

/** The arguments of the next event of a name. */
export function nextEvent<T = unknown>(client: SocketIoClient, event: string): Promise<T[]> {
  return new Promise(resolve => client.once(event, (...args: never[]) => resolve(args as T[])))
}
