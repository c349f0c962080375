import type { ServerOptions } from '../../../drop-ins/socket.io/src/index.ts'
import type { Scene, Script } from './scene.ts'

/** A server and its clients do something, which npm's socket.io and ours have to do alike. */
export interface Case {
  readonly options?: Partial<ServerOptions>
  readonly script: Script
}

/** By what they show. */
export type Cases = Readonly<Record<string, Case>>

/** The server notes what it hears in a namespace, and answers `echo`. */
export function echo({ io, note }: Scene, namespace = '/'): void {
  io.of(namespace).on('connection', socket => {
    note('connection', socket.nsp.name, socket.connected)
    socket.onAny((...args) => note('heard', args))
    socket.on('echo', (...args) => socket.emit('echo', ...args))
    socket.on('disconnecting', reason => note('disconnecting', reason, socket.rooms.size))
    socket.on('disconnect', reason => note('disconnect', reason, socket.rooms.size, socket.connected))
    socket.on('error', error => note('error', error))
  })
}
