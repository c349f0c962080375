import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { parse, type UrlWithParsedQuery } from 'node:url'
import { acceptKey, isToken, parseExtensions } from '@bothways/protocol'
import { afterProgram, cutWhenLate } from './after-handshake.ts'
import { WebSocketConnection } from './connection.ts'
import { formatCookies, parseCookies } from './cookies.ts'
import { Emitter } from './emitter.ts'
import { headerText, httpHead } from './http-head.ts'
import type { ICookie, IRequestedExtension, ServerSettings } from './types.ts'

/** The events of a request, with their arguments. */
export interface RequestEvents {
  requestResolved: [request: WebSocketRequest]
  requestAccepted: [connection: WebSocketConnection]
  requestRejected: [request: WebSocketRequest]
}

/** The error that `readHandshake` throws: the answer's status and further headers, when it is not 400. */
interface HandshakeFailure extends Error {
  httpCode?: number
  headers?: Record<string, string>
}

/** Reads a comma list as it came. */
const listSeparator = /,\s*/

/** A client's wish for a connection, to be accepted or rejected once. */
export class WebSocketRequest extends Emitter<RequestEvents> {
  socket: Socket
  httpRequest: IncomingMessage
  /** The request's target, as it came. */
  resource: string
  resourceURL!: UrlWithParsedQuery
  host!: string
  /** The first of {@link remoteAddresses}. */
  remoteAddress: string
  /** The addresses in `X-Forwarded-For`, unless that is ignored, then that of the TCP connection. */
  remoteAddresses: string[]
  serverConfig: ServerSettings
  /** The `Sec-WebSocket-Key`. */
  key!: string
  webSocketVersion!: number
  /** Undefined when the client sends none. */
  origin!: string
  /** In lower case; null once accepted. */
  requestedProtocols!: string[]
  /** As they came, by lower case; null once accepted. */
  protocolFullCaseMap!: { [key: string]: string }
  requestedExtensions!: IRequestedExtension[]
  cookies!: ICookie[]
  _resolved: boolean
  _socketIsClosing: boolean
  readonly #onSocketClose = (): void => this._handleSocketCloseBeforeAccept()

  /** @param head the bytes that came right behind the opening handshake */
  constructor(socket: Socket, httpRequest: IncomingMessage, serverConfig: ServerSettings, head?: Buffer) {
    super()
    this.socket = socket
    this.httpRequest = httpRequest
    this.resource = httpRequest.url as string
    this.remoteAddress = socket.remoteAddress as string
    this.remoteAddresses = [this.remoteAddress]
    this.serverConfig = serverConfig
    this._resolved = false
    this._socketIsClosing = false
    socket.on('end', this.#onSocketClose)
    socket.on('close', this.#onSocketClose)
    // A connection that breaks before it is accepted must not end the process.
    socket.on('error', () => {})
    if (head !== undefined && head.length > 0) socket.unshift(head)
  }

  /**
   * Reads the request's headers into the properties.
   *
   * @throws Error when they are no opening handshake, with `httpCode` and `headers` when the answer is not 400
   */
  readHandshake(): void {
    const { headers } = this.httpRequest
    this.resourceURL = parse(this.resource, true)
    this.host = headers.host as string
    if (!this.host) throw new Error('Client must provide a Host header.')
    this.key = headers['sec-websocket-key'] as string
    if (!this.key) throw new Error('Client must provide a value for Sec-WebSocket-Key.')
    this.webSocketVersion = Number.parseInt(String(headers['sec-websocket-version']), 10)
    if (!this.webSocketVersion) throw new Error('Client must provide a value for Sec-WebSocket-Version.')
    if (this.webSocketVersion !== 8 && this.webSocketVersion !== 13)
      throw versionFailure(this.webSocketVersion)
    this.origin = headers[this.webSocketVersion === 13 ? 'origin' : 'sec-websocket-origin'] as string

    this.#readProtocols(headers['sec-websocket-protocol'])
    this.#readAddresses(headers['x-forwarded-for'])
    const { parseExtensions: readsExtensions, parseCookies: readsCookies } = this.serverConfig
    this.requestedExtensions = readsExtensions
      ? this.parseExtensions(headers['sec-websocket-extensions'] as string | undefined)
      : []
    this.cookies = readsCookies ? this.parseCookies(headers.cookie) : []
  }

  /** The extensions of a header, in lower case; none when it is malformed. */
  parseExtensions(header: string | undefined): IRequestedExtension[] {
    return (parseExtensions(header?.toLowerCase()) ?? []).map(({ name, parameters }) => ({
      name,
      params: parameters.map(([param, value]) => ({
        name: param,
        value: value === true ? undefined : value,
      })),
    }))
  }

  /** The cookies of a header. */
  parseCookies(header: string | undefined): ICookie[] {
    return parseCookies(header)
  }

  /**
   * Opens the connection.
   *
   * @param acceptedProtocol one of {@link requestedProtocols}, or none
   * @param allowedOrigin told to the client
   * @throws Error when an argument cannot be used (then the client is answered with 500), or when the request has been
   *   accepted or rejected before
   */
  accept(
    acceptedProtocol?: string | null,
    allowedOrigin?: string | null,
    cookies?: ICookie[],
  ): WebSocketConnection {
    this._verifyResolution()
    const head = this.#responseHead(acceptedProtocol, allowedOrigin, cookies)
    this.requestedProtocols = null as unknown as string[]
    this.protocolFullCaseMap = null as unknown as { [key: string]: string }
    this.#resolve()

    const { socket } = this
    if (!this._socketIsClosing) {
      socket.write(head, 'latin1', error => {
        if (error) dropLost(connection)
      })
    }
    const connection = new WebSocketConnection(
      socket,
      [],
      acceptedProtocol as string,
      false,
      this.serverConfig,
    )
    connection.webSocketVersion = this.webSocketVersion
    connection.remoteAddress = this.remoteAddress
    connection.remoteAddresses = this.remoteAddresses
    if (this._socketIsClosing) dropLost(connection)
    else afterProgram(() => this.#begin(connection))
    this.emit('requestAccepted', connection)
    return connection
  }

  /**
   * Refuses the request.
   *
   * @param status of HTTP; 403 by default
   * @param reason told in the header `X-WebSocket-Reject-Reason`
   * @throws Error when the request has been accepted or rejected before
   */
  reject(status?: number, reason?: string, extraHeaders?: object): void {
    this._verifyResolution()
    this.#resolve()
    const headers: [string, string][] = [['Connection', 'close']]
    if (reason) headers.push(['X-WebSocket-Reject-Reason', reason])
    for (const [name, value] of Object.entries(extraHeaders ?? {})) headers.push([name, String(value)])
    this.socket.end(httpHead(typeof status === 'number' ? status : 403, headers), 'latin1')
    cutWhenLate(this.socket, this.serverConfig.closeTimeout)
    this.emit('requestRejected', this)
  }

  _handleSocketCloseBeforeAccept(): void {
    this._socketIsClosing = true
    this._removeSocketCloseListeners()
  }

  _removeSocketCloseListeners(): void {
    this.socket.removeListener('end', this.#onSocketClose)
    this.socket.removeListener('close', this.#onSocketClose)
  }

  _verifyResolution(): void {
    if (this._resolved) throw new Error('WebSocketRequest may only be accepted or rejected one time.')
  }

  #readProtocols(header: string | undefined): void {
    this.protocolFullCaseMap = {}
    this.requestedProtocols = []
    if (!header) return
    for (const protocol of header.split(listSeparator)) {
      const lowerCase = protocol.toLowerCase()
      this.requestedProtocols.push(lowerCase)
      this.protocolFullCaseMap[lowerCase] = protocol
    }
  }

  #readAddresses(forwardedFor: string | string[] | undefined): void {
    if (this.serverConfig.ignoreXForwardedFor || !forwardedFor) return
    this.remoteAddresses = [...String(forwardedFor).split(listSeparator), this.remoteAddress]
    this.remoteAddress = this.remoteAddresses[0] as string
  }

  /** The head of the answer 101 (RFC 6455 §4.2.2). */
  #responseHead(
    protocol: string | null | undefined,
    origin: string | null | undefined,
    cookies: unknown,
  ): string {
    const headers: [string, string][] = [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Accept', acceptKey(this.key)],
    ]
    if (protocol) headers.push(['Sec-WebSocket-Protocol', this.#fullCase(protocol)])
    if (origin) headers.push([this.webSocketVersion === 13 ? 'Origin' : 'Sec-WebSocket-Origin', origin])
    if (cookies) {
      for (const cookie of this.#setCookies(cookies)) headers.push(['Set-Cookie', cookie])
    }
    return httpHead(101, headers)
  }

  /** The subprotocol as the client wrote it. */
  #fullCase(protocol: string): string {
    const lowerCase = protocol.toLowerCase()
    const isKnown = Object.hasOwn(this.protocolFullCaseMap, lowerCase)
    const fullCase = (isKnown ? this.protocolFullCaseMap[lowerCase] : undefined) ?? protocol
    const illegal = [...fullCase].find(character => !isToken(character))
    if (illegal !== undefined) this.#fail(`Illegal character "${illegal}" in subprotocol.`)
    if (!this.requestedProtocols.includes(protocol)) {
      this.#fail('Specified protocol was not requested by the client.')
    }
    return fullCase
  }

  #setCookies(cookies: unknown): string[] {
    if (!Array.isArray(cookies)) this.#fail('Value supplied for "cookies" argument must be an array.')
    try {
      return formatCookies(cookies).map(headerText)
    } catch (error) {
      this.reject(500)
      throw error
    }
  }

  #fail(message: string): never {
    this.reject(500)
    throw new Error(message)
  }

  #resolve(): void {
    this._resolved = true
    this.emit('requestResolved', this)
  }

  #begin(connection: WebSocketConnection): void {
    this._removeSocketCloseListeners()
    connection._addSocketEventListeners()
  }
}

function versionFailure(version: number): HandshakeFailure {
  const error: HandshakeFailure = new Error(
    `Unsupported websocket client version: ${version}Only versions 8 and 13 are supported.`,
  )
  error.httpCode = 426
  error.headers = { 'Sec-WebSocket-Version': '13' }
  return error
}

/** The program gets a connection all the same, and hears that it is over. */
function dropLost(connection: WebSocketConnection): void {
  process.nextTick(() => {
    connection.drop(
      WebSocketConnection.CLOSE_REASON_ABNORMAL,
      'TCP connection lost before handshake completed.',
      true,
    )
  })
}
