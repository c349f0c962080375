import { EventEmitter } from 'node:events'
import type { WebSocketRequest } from './request.ts'
import { noProtocol, WebSocketRouterRequest } from './router-request.ts'
import type { WebSocketServer } from './server.ts'
import type { IRouterConfig, IRouterHandler } from './types.ts'

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
