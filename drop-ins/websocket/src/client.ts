import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { Socket } from 'node:net'
import { parse, type Url } from 'node:url'
import {
  acceptKey,
  checkResponse,
  createKey,
  type HandshakeError,
  isToken,
  keyBytes,
} from '@bothways/protocol'
import { answerTimeoutMs, lateAnswerError } from 'bothways/drop-in'
import { afterProgram, cutWhenLate } from './after-handshake.ts'
import { WebSocketConnection } from './connection.ts'
import { Emitter } from './emitter.ts'
import type { ClientSettings, IClientConfig } from './types.ts'

/** The events of a client, with their arguments. */
export interface ClientEvents {
  connect: [connection: WebSocketConnection]
  connectFailed: [error: Error]
  httpResponse: [response: IncomingMessage, client: WebSocketClient]
}

const defaults: Omit<ClientSettings, 'tlsOptions'> = {
  maxReceivedFrameSize: 1024 * 1024,
  maxReceivedMessageSize: 8 * 1024 * 1024,
  fragmentOutgoingMessages: true,
  fragmentationThreshold: 16 * 1024,
  webSocketVersion: 13,
  assembleFragments: true,
  disableNagleAlgorithm: true,
  closeTimeout: 5_000,
}

const defaultPorts: Readonly<Record<string, string>> = { 'ws:': '80', 'wss:': '443' }

/** Options of TLS that are the URL's to say. */
const excludedTlsOptions = ['hostname', 'port', 'method', 'path', 'headers']

/** Opens connections, one after the other. */
export class WebSocketClient extends Emitter<ClientEvents> {
  config: ClientSettings
  url!: Url
  secure!: boolean
  protocols!: string[]
  origin: string | null | undefined
  /** The `Sec-WebSocket-Key`. */
  base64nonce!: string
  /** The subprotocol that the server has chosen. */
  protocol!: string
  response!: IncomingMessage
  socket!: Socket
  _req: ClientRequest | null

  /** @throws Error for a version other than 8 and 13 */
  constructor(config?: IClientConfig | null) {
    super()
    this.config = { ...defaults, ...config, tlsOptions: { ...config?.tlsOptions } } as ClientSettings
    this._req = null
    const { webSocketVersion } = this.config
    if (webSocketVersion !== 8 && webSocketVersion !== 13) {
      throw new Error('Requested webSocketVersion is not supported. Allowed values are 8 and 13.')
    }
  }

  /**
   * Begins to connect; `connect`, `connectFailed` or `httpResponse` follows.
   *
   * @throws Error for a URL that is not complete, or a subprotocol that is no token
   */
  connect(
    requestUrl: string | Url | URL,
    protocols?: string | string[] | null,
    origin?: string | null,
    headers?: OutgoingHttpHeaders | null,
    extraRequestOptions?: RequestOptions | null,
  ): void {
    this.protocols = protocolList(protocols)
    this.origin = origin
    this.url = typeof requestUrl === 'string' ? parse(requestUrl) : asLegacyUrl(requestUrl)
    const { protocol, host } = this.url
    if (!protocol) throw new Error('You must specify a full WebSocket URL, including protocol.')
    if (!host) {
      throw new Error(
        'You must specify a full WebSocket URL, including hostname. Relative URLs are not supported.',
      )
    }
    this.secure = protocol === 'wss:'
    for (const name of this.protocols) checkProtocol(name)
    this.url.port ||= defaultPorts[protocol] ?? null
    this.base64nonce = createKey(crypto.getRandomValues(new Uint8Array(keyBytes)))

    const options = this.#requestOptions(headers ?? {}, extraRequestOptions ?? {})
    const request = (this.secure ? httpsRequest : httpRequest)(options)
    this._req = request
    const timer = setTimeout(() => request.destroy(lateAnswerError()), answerTimeoutMs).unref()
    const settle = (): void => {
      this._req = null
      clearTimeout(timer)
    }
    const onError = (error: Error): void => {
      settle()
      this.emit('connectFailed', error)
    }
    request.on('error', onError)
    request.on('upgrade', (response, socket, head) => {
      settle()
      request.removeListener('error', onError)
      this.socket = socket as Socket
      this.response = response
      // It comes before anything that is read later.
      if (head.length > 0) socket.unshift(head)
      this.validateHandshake()
    })
    request.on('response', response => {
      settle()
      this.#handleResponse(response)
    })
    request.end()
  }

  /** Gives up a connection that is not open yet: `connectFailed` follows. */
  abort(): void {
    this._req?.destroy()
  }

  /** Judges the server's answer 101. */
  validateHandshake(): void {
    const { headers } = this.response
    const hasOffered = this.protocols.length > 0
    const answer = checkResponse(
      {
        status: 101,
        // Some servers choose a subprotocol where none was offered; it is not looked at.
        headers: hasOffered ? headers : { ...headers, 'sec-websocket-protocol': undefined },
      },
      { key: this.base64nonce, subprotocols: this.protocols },
    )
    if (!answer.ok) {
      this.failHandshake(this.#failureText(answer.error))
      return
    }
    if (hasOffered) this.protocol = answer.subprotocol
    this.succeedHandshake()
  }

  failHandshake(errorDescription: string): void {
    const { socket } = this
    if (socket?.writable) {
      socket.end()
      cutWhenLate(socket, this.config.closeTimeout)
    }
    this.emit('connectFailed', new Error(errorDescription))
  }

  succeedHandshake(): void {
    const connection = new WebSocketConnection(this.socket, [], this.protocol, true, this.config)
    connection.webSocketVersion = this.config.webSocketVersion as number
    afterProgram(() => connection._addSocketEventListeners())
    this.emit('connect', connection)
  }

  #requestOptions(headers: OutgoingHttpHeaders, extra: RequestOptions): RequestOptions {
    const { hostname, port, pathname, path } = this.url
    const { tlsOptions } = this.config
    const options: RequestOptions = {
      agent: false,
      ...extra,
      hostname,
      port,
      method: 'GET',
      path: pathname ? path : `/${path ?? ''}`,
      headers: this.#requestHeaders(headers),
    }
    if (!this.secure) return options
    const tls = Object.entries(tlsOptions).filter(([name]) => !excludedTlsOptions.includes(name))
    return { ...options, ...Object.fromEntries(tls) }
  }

  #requestHeaders(given: OutgoingHttpHeaders): OutgoingHttpHeaders {
    const { protocol, hostname, port } = this.url
    const { webSocketVersion, tlsOptions } = this.config
    const isDefaultPort = port === defaultPorts[protocol as string]
    const isIpv6 = hostname?.includes(':') && !hostname.startsWith('[')
    const host = isIpv6 ? `[${hostname}]` : hostname
    const headers: OutgoingHttpHeaders = {
      ...(this.secure ? (tlsOptions.headers as OutgoingHttpHeaders | undefined) : undefined),
      ...given,
    }
    Object.assign(headers, {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Version': String(webSocketVersion),
      'Sec-WebSocket-Key': this.base64nonce,
      Host: headers.Host || (isDefaultPort || !port ? host : `${host}:${port}`),
    })
    if (this.protocols.length > 0) headers['Sec-WebSocket-Protocol'] = this.protocols.join(', ')
    if (this.origin) headers[webSocketVersion === 13 ? 'Origin' : 'Sec-WebSocket-Origin'] = this.origin
    return headers
  }

  #handleResponse(response: IncomingMessage): void {
    if (this.listenerCount('httpResponse') > 0) {
      this.emit('httpResponse', response, this)
      response.socket?.end()
      return
    }
    const lines = Object.entries(response.headers).map(([name, value]) => `${name}: ${value}`)
    // Nobody reads it.
    response.destroy()
    this.failHandshake(
      `Server responded with a non-101 status: ${response.statusCode} ${response.statusMessage}\n` +
        `Response Headers Follow:\n${lines.join('\n')}\n`,
    )
  }

  #failureText({ code, message }: HandshakeError): string {
    if (code === 'BW_SUBPROTOCOL_NOT_CHOSEN') return 'Expected a Sec-WebSocket-Protocol header.'
    if (code === 'BW_SUBPROTOCOL_NOT_OFFERED') return 'Server did not respond with a requested protocol.'
    if (code === 'BW_CONNECTION_UPGRADE_MISSING')
      return 'Expected a Connection: Upgrade header from the server'
    if (code === 'BW_UPGRADE_MISSING') return 'Expected an Upgrade: websocket header from the server'
    if (code !== 'BW_ACCEPT_WRONG') return message
    return this.response.headers['sec-websocket-accept']
      ? `Sec-WebSocket-Accept header from server didn't match expected value of ${acceptKey(this.base64nonce)}`
      : 'Expected Sec-WebSocket-Accept header from server'
  }
}

function protocolList(protocols: string | string[] | null | undefined): string[] {
  if (typeof protocols === 'string') return protocols === '' ? [] : [protocols]
  return Array.isArray(protocols) ? protocols : []
}

function checkProtocol(protocol: string): void {
  const illegal = [...protocol].find(character => !isToken(character))
  if (illegal !== undefined) throw new Error(`Protocol list contains invalid character "${illegal}"`)
}

/** A URL in the form in which Node once parsed them. */
function asLegacyUrl(url: Url | URL): Url {
  return url instanceof URL ? parse(url.href) : url
}
