import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { WebSocketConnection } from './connection.ts'
import { Emitter } from './emitter.ts'
import { WebSocketRequest } from './request.ts'
import type { IServerConfig, IStringified, ServerSettings } from './types.ts'

/** The events of a server, with their arguments. */
export interface ServerEvents {
  request: [request: WebSocketRequest]
  connect: [connection: WebSocketConnection]
  close: [connection: WebSocketConnection, reason: number, description: string]
  upgradeError: [error: Error]
}

const defaults: Omit<ServerSettings, 'httpServer'> = {
  maxReceivedFrameSize: 64 * 1024,
  maxReceivedMessageSize: 1024 * 1024,
  fragmentOutgoingMessages: true,
  fragmentationThreshold: 16 * 1024,
  keepalive: true,
  keepaliveInterval: 20_000,
  dropConnectionOnKeepaliveTimeout: true,
  keepaliveGracePeriod: 10_000,
  useNativeKeepalive: false,
  assembleFragments: true,
  autoAcceptConnections: false,
  ignoreXForwardedFor: false,
  parseCookies: true,
  parseExtensions: true,
  disableNagleAlgorithm: true,
  closeTimeout: 5_000,
}

/** Answers the `upgrade` events of HTTP servers: each becomes a `request` for the program to accept or reject. */
export class WebSocketServer extends Emitter<ServerEvents> {
  config!: ServerSettings
  /** The open ones. */
  connections: WebSocketConnection[]
  /** Neither accepted nor rejected yet. */
  pendingRequests: WebSocketRequest[]
  /** The listeners of HTTP servers and requests. */
  readonly _handlers: {
    readonly upgrade: (request: IncomingMessage, socket: Socket, head?: Buffer) => void
    readonly requestAccepted: (connection: WebSocketConnection) => void
    readonly requestResolved: (request: WebSocketRequest) => void
  } = {
    upgrade: (request, socket, head) => this.handleUpgrade(request, socket, head),
    requestAccepted: connection => this.handleRequestAccepted(connection),
    requestResolved: request => this.handleRequestResolved(request),
  }

  constructor(config?: IServerConfig) {
    super()
    this.connections = []
    this.pendingRequests = []
    if (config) this.mount(config)
  }

  /**
   * Begins to answer.
   *
   * @throws Error without an HTTP server
   */
  mount(config: IServerConfig): void {
    const { httpServer } = config
    const httpServers = Array.isArray(httpServer) ? httpServer : [httpServer]
    this.config = { ...defaults, ...config, httpServer: httpServers } as ServerSettings
    if (!httpServer) throw new Error('You must specify an httpServer on which to mount the WebSocket server.')
    for (const server of httpServers) server.on('upgrade', this._handlers.upgrade)
  }

  /** Answers no further request; connections stay. */
  unmount(): void {
    for (const server of this.config.httpServer) server.removeListener('upgrade', this._handlers.upgrade)
  }

  /** Begins to close every connection, and rejects the requests that wait. */
  closeAllConnections(): void {
    for (const connection of [...this.connections]) connection.close()
    for (const request of [...this.pendingRequests]) {
      process.nextTick(() => {
        if (!request._resolved) request.reject(503)
      })
    }
  }

  /** {@link unmount} and {@link closeAllConnections}. */
  shutDown(): void {
    this.unmount()
    this.closeAllConnections()
  }

  /** Sends a `Buffer` or text to everybody. */
  broadcast(data: Buffer | IStringified): void {
    if (Buffer.isBuffer(data)) this.broadcastBytes(data)
    else if (typeof data.toString === 'function') this.broadcastUTF(data)
  }

  broadcastUTF(utfData: IStringified): void {
    const text = utfData.toString()
    for (const connection of [...this.connections]) connection.sendUTF(text)
  }

  broadcastBytes(binaryData: Buffer): void {
    for (const connection of [...this.connections]) connection.sendBytes(binaryData)
  }

  /** The listener of `upgrade` events. */
  handleUpgrade(httpRequest: IncomingMessage, socket: Socket, head?: Buffer): void {
    const request = new WebSocketRequest(socket, httpRequest, this.config, head)
    try {
      request.readHandshake()
    } catch (error) {
      const { httpCode, message, headers } = error as Error & { httpCode?: number; headers?: object }
      request.reject(httpCode || 400, message, headers)
      this.emit('upgradeError', error as Error)
      return
    }
    this.pendingRequests.push(request)
    request.once('requestAccepted', this._handlers.requestAccepted)
    request.once('requestResolved', this._handlers.requestResolved)
    socket.once('close', () => this.handleRequestResolved(request))

    if (this.config.autoAcceptConnections) this.#autoAccept(request)
    else if (this.listenerCount('request') > 0) this.emit('request', request)
    else request.reject(404, 'No handler is configured to accept the connection.')
  }

  handleRequestAccepted(connection: WebSocketConnection): void {
    connection.once('close', (code, description) => this.handleConnectionClose(connection, code, description))
    this.connections.push(connection)
    this.emit('connect', connection)
  }

  handleConnectionClose(connection: WebSocketConnection, closeReason: number, description: string): void {
    remove(this.connections, connection)
    this.emit('close', connection, closeReason, description)
  }

  handleRequestResolved(request: WebSocketRequest): void {
    remove(this.pendingRequests, request)
  }

  #autoAccept(request: WebSocketRequest): void {
    try {
      request.accept(request.requestedProtocols[0], request.origin)
    } catch (error) {
      // An error caused by the client's request must not end the process; a listener's own error may.
      if (request.requestedProtocols === null) throw error
      this.emit('upgradeError', error as Error)
    }
  }
}

function remove<Item>(items: Item[], item: Item): void {
  const at = items.indexOf(item)
  if (at !== -1) items.splice(at, 1)
}
