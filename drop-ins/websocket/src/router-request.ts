import type { IncomingMessage } from 'node:http'
import type { UrlWithParsedQuery } from 'node:url'
import type { WebSocketConnection } from './connection.ts'
import { Emitter } from './emitter.ts'
import type { WebSocketRequest } from './request.ts'
import type { ICookie, IRequestedExtension } from './types.ts'

/** What stands for a request that offers no subprotocol, and for a handler that wants none. */
export const noProtocol = '____no_protocol____'

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
