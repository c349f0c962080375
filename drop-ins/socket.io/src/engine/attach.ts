import type { Buffer } from 'node:buffer'
import type { EventEmitter } from 'node:events'
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import type { Socket as NetSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { AttachOptions, ServerSettings } from './options.ts'

/** The HTTP servers that an engine can be attached to; over HTTP/2, clients poll. */
export type AttachableServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer

/** The engine that takes requests. */
export interface RequestTaker {
  readonly opts: ServerSettings
  handleRequest(request: IncomingMessage, response: ServerResponse): void
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

const defaultPath = '/engine.io'
const defaultDestroyTimeoutMs = 1_000

/** Takes the requests for a path from an HTTP server; the others go to the listeners that it has. */
export function captureRequests(taker: RequestTaker, server: EventEmitter, options: AttachOptions): void {
  const path = pathOf(options)
  const isOurs = ({ url = '' }: IncomingMessage): boolean => url.startsWith(path)
  const others = server.listeners('request')
  server.removeAllListeners('request')
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (isOurs(request)) taker.handleRequest(request, response)
    else for (const listener of others) listener.call(server, request, response)
  })
  if (!taker.opts.transports.includes('websocket')) return
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (isOurs(request)) taker.handleUpgrade(request, socket, head)
    else if (options.destroyUpgrade !== false) endUnlessTaken(socket as NetSocket, options)
  })
}

function pathOf({ path = defaultPath, addTrailingSlash }: AttachOptions): string {
  const bare = (path || defaultPath).replace(/\/$/, '')
  return addTrailingSlash === false ? bare : `${bare}/`
}

/** Once somebody listens for upgrades, Node leaves those to be ended that nobody wants. */
function endUnlessTaken(socket: NetSocket, { destroyUpgradeTimeout }: AttachOptions): void {
  socket.on('error', () => {})
  setTimeout(() => {
    if (socket.writable && socket.bytesWritten <= 0) socket.end()
  }, destroyUpgradeTimeout || defaultDestroyTimeoutMs)
}
