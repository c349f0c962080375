import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { UrlWithParsedQuery } from 'node:url'
import type { WebSocketConnection } from './connection.ts'
import { Emitter } from './emitter.ts'
import type { WebSocketRequest } from './request.ts'
import type { WebSocketServer } from './server.ts'
import type { ICookie, IRequestedExtension } from './types.ts'

export interface IRouterConfig {
  server?: WebSocketServer | null | undefined
}

export interface IRouterHandler {
  path: RegExp
  pathString: string
  protocol: string
  callback: (request: WebSocketRouterRequest) => void
}

export type IRouterRequest = WebSocketRouterRequest

/** Stands for the subprotocol of a request that offers none, and of a handler that wants none. */
const noProtocol = '____no_protocol____'

export interface RouterRequestEvents {
  requestAccepted: [connection: WebSocketConnection]
  requestRejected: [request: WebSocketRouterRequest]
}

/** A request for which a router has found a handler, with the subprotocol that they have in common. */
export class WebSocketRouterRequest extends Emitter<RouterRequestEvents> {
  webSocketRequest: WebSocketRequest
  protocol: string | null
  origin: string
  resource: string
  resourceURL: UrlWithParsedQuery
  httpRequest: IncomingMessage
  remoteAddress: string
  webSocketVersion: number
  requestedExtensions: IRequestedExtension[]
  cookies: ICookie[]

  constructor(webSocketRequest: WebSocketRequest, resolvedProtocol: string) {
    super()
    this.webSocketRequest = webSocketRequest
    this.protocol = resolvedProtocol === noProtocol ? null : resolvedProtocol
    this.origin = webSocketRequest.origin
    this.resource = webSocketRequest.resource
    this.resourceURL = webSocketRequest.resourceURL
    this.httpRequest = webSocketRequest.httpRequest
    this.remoteAddress = webSocketRequest.remoteAddress
    this.webSocketVersion = webSocketRequest.webSocketVersion
    this.requestedExtensions = webSocketRequest.requestedExtensions
    this.cookies = webSocketRequest.cookies
  }

  /** Opens the connection with the subprotocol that was found. */
  accept(origin?: string | null, cookies?: ICookie[]): WebSocketConnection {
    const connection = this.webSocketRequest.accept(this.protocol, origin, cookies)
    this.emit('requestAccepted', connection)
    return connection
  }

  /** Refuses the request. */
  reject(status?: number, reason?: string, extraHeaders?: object): void {
    this.webSocketRequest.reject(status, reason, extraHeaders)
    this.emit('requestRejected', this)
  }
}

/** Gives a server's requests to handlers by path and subprotocol. */
export class WebSocketRouter extends EventEmitter {
  config: IRouterConfig
  handlers: IRouterHandler[]
  server: WebSocketServer | null | undefined
  readonly #onRequest = (request: WebSocketRequest): void => this.handleRequest(request)

  constructor(config?: IRouterConfig) {
    super()
    this.config = { server: null, ...config }
    this.handlers = []
    if (this.config.server) this.attachServer(this.config.server)
  }

  /** @throws Error without a server */
  attachServer(server: WebSocketServer): void {
    if (!server) throw new Error('You must specify a WebSocketServer instance to attach to.')
    this.server = server
    server.on('request', this.#onRequest)
  }

  /** @throws Error when it is not attached */
  detachServer(): void {
    if (!this.server) throw new Error('Cannot detach from server: not attached.')
    this.server.removeListener('request', this.#onRequest)
    this.server = null
  }

  /**
   * @param path `*` for every one
   * @param protocol `*` for every one, none for requests without one
   * @throws Error when an argument is missing, or when there is such a handler
   */
  mount(
    path: string | RegExp,
    protocol: string | null | undefined,
    callback: (request: WebSocketRouterRequest) => void,
  ): void {
    if (!path) throw new Error('You must specify a path for this handler.')
    if (!callback) throw new Error('You must specify a callback for this handler.')
    const pattern = this.pathToRegExp(path)
    if (!(pattern instanceof RegExp)) {
      throw new Error('Path must be specified as either a string or a RegExp.')
    }
    const pathString = pattern.toString()
    const lowerCase = (protocol || noProtocol).toLowerCase()
    if (this.findHandlerIndex(pathString, lowerCase) !== -1) {
      throw new Error('You may only mount one handler per path/protocol combination.')
    }
    this.handlers.push({ path: pattern, pathString, protocol: lowerCase, callback })
  }

  /** @throws Error when there is no such handler */
  unmount(path: string | RegExp, protocol?: string | null): void {
    const at = this.findHandlerIndex(this.pathToRegExp(path).toString(), protocol || noProtocol)
    if (at === -1) throw new Error('Unable to find a route matching the specified path and protocol.')
    this.handlers.splice(at, 1)
  }

  findHandlerIndex(pathString: string, protocol: string): number {
    const lowerCase = protocol.toLowerCase()
    return this.handlers.findIndex(it => it.pathString === pathString && it.protocol === lowerCase)
  }

  /** A path as the expression that it is compared by. */
  pathToRegExp(path: string | RegExp): RegExp {
    if (typeof path !== 'string') return path
    if (path === '*') return /^.*$/
    return new RegExp(`^${path.replace(/[-[\]{}()*+?.,\\^$|#\s]/g, '\\$&')}$`)
  }

  /** The client's subprotocols are tried in its order of preference, each with all handlers. */
  handleRequest(request: WebSocketRequest): void {
    const { requestedProtocols, resourceURL } = request
    for (const protocol of requestedProtocols.length > 0 ? requestedProtocols : [noProtocol]) {
      const handler = this.handlers.find(
        it =>
          it.path.test(resourceURL.pathname as string) && (it.protocol === protocol || it.protocol === '*'),
      )
      if (handler === undefined) continue
      handler.callback(new WebSocketRouterRequest(request, protocol))
      return
    }
    request.reject(404, 'No handler is available for the given request.')
  }
}
