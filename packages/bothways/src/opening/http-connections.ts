import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server as HttpServer } from 'node:http'
import type { Socket } from 'node:net'
import type { PendingConnections } from './pending-connections.ts'

export interface HttpConnectionsInit {
  readonly server: Pick<HttpServer, 'prependListener' | 'off'>
  readonly pending: PendingConnections
  /** Told of every connection that comes. */
  readonly onConnect: () => void
}

/** Where Node tells of every request whose head has come, without being a listener of the server's. */
const requestStart = 'http.server.request.start'

/**
 * Counts the connections of an HTTP server among the pending ones, each until its first request. An upgrade is for
 * its taker to tell: {@link heardFrom}.
 *
 * @returns a function that ends it
 */
export function countHttpConnections({ server, pending, onConnect }: HttpConnectionsInit): () => void {
  // Other runtimes would not tell of the requests.
  if ('bun' in process.versions || 'deno' in process.versions) return () => {}
  const onConnection = (socket: Socket): void => {
    onConnect()
    pending.enterStream(socket, socket.remoteAddress ?? '')
    socket.once('close', () => pending.leaveStream(socket))
  }
  const onRequest = (message: unknown): void => heardFrom(pending, (message as { socket: Socket }).socket)
  server.prependListener('connection', onConnection)
  subscribe(requestStart, onRequest)
  return () => {
    server.off('connection', onConnection)
    unsubscribe(requestStart, onRequest)
  }
}

/** A request has come on `stream`. */
export function heardFrom(pending: PendingConnections, stream: object): void {
  // TLS stands on a socket of its own, which is the one that came.
  const { _parent: tcp } = stream as { _parent?: object | null }
  pending.leaveStream(tcp ?? stream)
}
