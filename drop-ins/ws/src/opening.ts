import { randomBytes } from 'node:crypto'
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import net, { type NetConnectOpts, type Socket } from 'node:net'
import { unescape as unescapePercent } from 'node:querystring'
import type { Duplex } from 'node:stream'
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls'
import { acceptKey, createKey, isToken, keyBytes } from '@bothways/protocol'
import { ReadyState } from 'bothways/connection'
import { format, parse } from './extension.ts'
import { PerMessageDeflate } from './permessage-deflate.ts'
import type { SocketState } from './socket-state.ts'
import type { ClientSettings } from './types.ts'

const protocolVersions: readonly unknown[] = [8, 13]

/** The options of a request: those of ws, and those of `http.request` that it passes on. */
interface OpeningOptions
  extends Omit<ClientSettings, 'headers' | 'protocol' | 'createConnection'>,
    Pick<RequestOptions, 'auth' | 'defaultPort' | 'method' | 'path' | 'port' | 'socketPath' | 'timeout'> {
  headers: Record<string, string | number>
  createConnection?: unknown
}

const defaults = {
  allowSynchronousEvents: true,
  autoPong: true,
  closeTimeout: 30_000,
  protocolVersion: 13,
  maxBufferedChunks: 256 * 1024,
  maxFragments: 16 * 1024,
  maxPayload: 100 * 1024 * 1024,
  maxPendingAutoPongs: 60,
  skipUTF8Validation: false,
  perMessageDeflate: true,
  followRedirects: false,
  maxRedirects: 10,
} as const

/** Where a redirected request came from: its secrets must not go elsewhere. */
interface Origin {
  readonly isSecure: boolean
  readonly isIpc: boolean
  /** The host, or the path of the socket. */
  readonly place: string | undefined
}

/** The options that a program has given, with the `WebSocket` that its `finishRequest` gets. */
interface GivenOptions<Socket> extends ClientSettings {
  finishRequest?: ((request: ClientRequest, websocket: Socket) => void) | undefined
}

/** Requests that a `WebSocket` has given up: their errors are nobody's business. */
const aborted = new WeakSet<object>()

/** Where the first request of a `WebSocket` that follows redirects went. */
const origins = new WeakMap<SocketState, Origin>()

/**
 * Begins a client's opening handshake (RFC 6455 §4.1), and returns its options with their defaults.
 *
 * @throws RangeError for a protocol version, SyntaxError for an address or a subprotocol that cannot be
 */
export function openConnection<Socket extends SocketState>(
  websocket: Socket,
  address: string | URL,
  protocols: readonly string[],
  given: GivenOptions<Socket>,
): ClientSettings {
  const { protocolVersion = 13 } = given
  if (!protocolVersions.includes(protocolVersion)) {
    throw new RangeError(
      `Unsupported protocol version: ${protocolVersion} (supported versions: ${protocolVersions.join(', ')})`,
    )
  }
  const url = webSocketUrl(address)
  websocket._url = url.href
  const problem = problemOf(url)
  if (problem !== undefined) {
    const error = new SyntaxError(problem)
    if (websocket._redirects === 0) throw error
    failOpening(websocket, error)
    return given
  }

  const deflate = deflateOf(given)
  const key = createKey(randomBytes(keyBytes))
  const options = requestOptions(url, given, handshakeHeaders({ key, protocols, deflate, given }))
  const isSecure = url.protocol === 'wss:'
  const next = given.followRedirects ? followable(websocket, url, options, given) : given
  // By the module's property, which monitoring and mocking tools replace; so with `net` and `tls` below.
  const request = (isSecure ? https : http).request(options as RequestOptions)
  websocket._req = request
  if (given.followRedirects && websocket._redirects > 0) websocket.emit('redirect', websocket.url, request)

  const handshake: Handshake = { websocket, request, key, protocols, deflate, options }
  if (options.timeout) {
    request.on('timeout', () => abortOpening(websocket, 'Opening handshake has timed out'))
  }
  request.on('error', error => {
    if (aborted.has(request) || websocket._req !== request) return
    websocket._req = null
    failOpening(websocket, error)
  })
  request.on('response', response => {
    const redirect = redirectOf(response, options)
    if (redirect === undefined) takeResponse(handshake, response)
    else follow(websocket, request, address, redirect, protocols, next)
  })
  request.on('upgrade', (response, stream, head) => takeUpgrade(handshake, response, stream, head))

  if (given.finishRequest) given.finishRequest(request, websocket)
  else request.end()
  return options as unknown as ClientSettings
}

/** Gives a handshake up; `error` and `close` follow in a later tick. */
export function abortOpening(
  websocket: SocketState,
  message = 'WebSocket was closed before the connection was established',
): void {
  websocket._readyState = ReadyState.Closing
  const request = websocket._req
  if (request !== null) {
    aborted.add(request)
    request.destroy()
    // A request that is complete does not destroy its socket any more.
    request.socket?.destroy()
  }
  process.nextTick(failOpening, websocket, new Error(message))
}

function failOpening(websocket: SocketState, error: Error): void {
  websocket._readyState = ReadyState.Closing
  websocket._errorEmitted = true
  websocket.emit('error', error)
  websocket.emitClose()
}

interface Handshake {
  readonly websocket: SocketState
  readonly request: ClientRequest
  readonly key: string
  readonly protocols: readonly string[]
  readonly deflate: PerMessageDeflate | undefined
  readonly options: OpeningOptions
}

function takeResponse({ websocket, request }: Handshake, response: IncomingMessage): void {
  if (websocket.emit('unexpected-response', request, response)) return
  abortOpening(websocket, `Unexpected server response: ${response.statusCode}`)
}

function takeUpgrade(handshake: Handshake, response: IncomingMessage, stream: Duplex, head: Buffer): void {
  const { websocket, deflate, options } = handshake
  websocket.emit('upgrade', response)
  if (websocket.readyState !== ReadyState.Connecting) return
  websocket._req = null
  try {
    takeAnswer(handshake, response)
  } catch (error) {
    websocket._readyState = ReadyState.Closing
    stream.destroy(error as Error)
    stream.once('error', failure => websocket.emit('error', failure))
    stream.once('close', () => websocket.emitClose())
    return
  }
  if (deflate?.params) websocket._extensions[PerMessageDeflate.extensionName] = deflate
  websocket.setSocket(stream, head, options as unknown as ClientSettings)
}

/** Checks the server's answer as a client must (RFC 6455 §4.1). */
function takeAnswer({ websocket, key, protocols, deflate }: Handshake, { headers }: IncomingMessage): void {
  if (headers.upgrade?.toLowerCase() !== 'websocket') throw new Error('Invalid Upgrade header')
  if (headers['sec-websocket-accept'] !== acceptKey(key)) {
    throw new Error('Invalid Sec-WebSocket-Accept header')
  }
  const protocol = headers['sec-websocket-protocol']
  if (protocol === undefined && protocols.length > 0) throw new Error('Server sent no subprotocol')
  if (protocol !== undefined && !protocols.includes(protocol)) {
    throw new Error(
      protocols.length === 0
        ? 'Server sent a subprotocol but none was requested'
        : 'Server sent an invalid subprotocol',
    )
  }
  websocket._protocol = protocol ?? ''
  checkExtensions(headers['sec-websocket-extensions'], deflate)
}

function checkExtensions(header: string | undefined, deflate: PerMessageDeflate | undefined): void {
  if (header === undefined) return
  if (deflate === undefined) {
    throw new Error('Server sent a Sec-WebSocket-Extensions header but no extension was requested')
  }
  const invalid = (cause: unknown): Error => new Error('Invalid Sec-WebSocket-Extensions header', { cause })
  const extensions = orThrow(() => parse(header), invalid)
  const [first, ...others] = Object.entries(extensions)
  if (first === undefined || first[0] !== PerMessageDeflate.extensionName || others.length > 0) {
    throw new Error('Server indicated an extension that was not requested')
  }
  orThrow(() => deflate.accept(first[1]), invalid)
}

function orThrow<Result>(work: () => Result, describe: (cause: unknown) => Error): Result {
  try {
    return work()
  } catch (error) {
    throw describe(error)
  }
}

/** @throws SyntaxError */
function webSocketUrl(address: string | URL): URL {
  const url = orThrow(
    () => new URL(address),
    cause => new SyntaxError(`Invalid URL: ${address}`, { cause }),
  )
  if (url.protocol === 'http:') url.protocol = 'ws:'
  else if (url.protocol === 'https:') url.protocol = 'wss:'
  return url
}

function problemOf({ protocol, pathname, hash }: URL): string | undefined {
  if (!['ws:', 'wss:', 'ws+unix:'].includes(protocol)) {
    return `The URL's protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"`
  }
  if (protocol === 'ws+unix:' && pathname === '') return "The URL's pathname is empty"
  return hash === '' ? undefined : 'The URL contains a fragment identifier'
}

function deflateOf({ perMessageDeflate = true, maxPayload }: ClientSettings): PerMessageDeflate | undefined {
  if (!perMessageDeflate) return undefined
  const options = perMessageDeflate === true ? {} : perMessageDeflate
  return new PerMessageDeflate({ ...options, isServer: false, maxPayload: maxPayload ?? defaults.maxPayload })
}

interface HeaderFacts {
  readonly key: string
  readonly protocols: readonly string[]
  readonly deflate: PerMessageDeflate | undefined
  readonly given: ClientSettings
}

/** @throws SyntaxError for a subprotocol that is none, or comes twice */
function handshakeHeaders({ key, protocols, deflate, given }: HeaderFacts): OpeningOptions['headers'] {
  const { protocolVersion = 13, origin } = given
  const headers: OpeningOptions['headers'] = {
    ...given.headers,
    'Sec-WebSocket-Version': protocolVersion,
    'Sec-WebSocket-Key': key,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
  }
  if (deflate !== undefined) {
    headers['Sec-WebSocket-Extensions'] = format({
      [PerMessageDeflate.extensionName]: { ...deflate.offer() },
    })
  }
  if (protocols.length > 0) {
    const isValid = protocols.every(it => typeof it === 'string' && isToken(it))
    if (!isValid || new Set(protocols).size < protocols.length) {
      throw new SyntaxError('An invalid or duplicated subprotocol was specified')
    }
    headers['Sec-WebSocket-Protocol'] = protocols.join(',')
  }
  if (origin) headers[protocolVersion < 13 ? 'Sec-WebSocket-Origin' : 'Origin'] = origin
  return headers
}

function requestOptions(url: URL, given: ClientSettings, headers: OpeningOptions['headers']): OpeningOptions {
  const isSecure = url.protocol === 'wss:'
  const defaultPort = isSecure ? 443 : 80
  const [path, socketPath] = pathsOf(url)
  const { username, password } = url
  const hasCredentials = username !== '' || password !== ''
  return {
    ...defaults,
    ...given,
    protocol: undefined,
    protocols: undefined,
    hostname: undefined,
    method: 'GET',
    createConnection: given.createConnection ?? (isSecure ? connectSecure : connectPlain),
    defaultPort: (given as RequestOptions).defaultPort || defaultPort,
    port: url.port || defaultPort,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    headers,
    path,
    socketPath,
    timeout: given.handshakeTimeout,
    ...(hasCredentials && { auth: `${unescapePercent(username)}:${unescapePercent(password)}` }),
  } as OpeningOptions
}

/** The path on the server and that of the Unix socket, which `ws+unix:` has before a colon. */
function pathsOf({ protocol, pathname, search }: URL): [path: string, socketPath: string | undefined] {
  const path = pathname + search
  if (protocol !== 'ws+unix:') return [path, undefined]
  const colon = path.indexOf(':')
  return colon === -1 ? ['', path] : [path.slice(colon + 1), path.slice(0, colon)]
}

function connectPlain(options: NetConnectOpts & { socketPath?: string }): Socket {
  return net.connect({ ...options, path: options.socketPath } as NetConnectOpts)
}

function connectSecure(options: ConnectionOptions): TLSSocket {
  const { host = '', servername } = options
  // RFC 6066 §3: an address is no server name.
  const name = servername || servername === '' ? servername : net.isIP(host) ? '' : host
  const { path: _, ...rest } = options
  return tls.connect({ ...rest, servername: name })
}

// --- redirects

function redirectOf(
  { statusCode = 0, headers }: IncomingMessage,
  options: OpeningOptions,
): string | undefined {
  const isRedirect = options.followRedirects && statusCode >= 300 && statusCode < 400
  return isRedirect && headers.location ? headers.location : undefined
}

function follow<Socket extends SocketState>(
  websocket: Socket,
  request: ClientRequest,
  from: string | URL,
  location: string,
  protocols: readonly string[],
  options: GivenOptions<Socket>,
): void {
  websocket._redirects++
  if (websocket._redirects > (options.maxRedirects ?? defaults.maxRedirects)) {
    abortOpening(websocket, 'Maximum redirects exceeded')
    return
  }
  aborted.add(request)
  request.destroy()
  let to: URL
  try {
    to = new URL(location, from)
  } catch {
    failOpening(websocket, new SyntaxError(`Invalid URL: ${location}`))
    return
  }
  openConnection(websocket, to, protocols, options)
}

/**
 * The options for a redirect's target. Secrets go along to the same host only, and not from TLS to plain text;
 * a program that listens to `redirect` decides for itself.
 */
function followable<Socket extends SocketState>(
  websocket: Socket,
  url: URL,
  options: OpeningOptions,
  given: GivenOptions<Socket>,
): GivenOptions<Socket> {
  const isIpc = url.protocol === 'ws+unix:'
  const isSecure = url.protocol === 'wss:'
  const place = isIpc ? options.socketPath : url.host
  let next = given
  const origin = origins.get(websocket)
  if (origin === undefined) {
    origins.set(websocket, { isSecure, isIpc, place })
    const headers = Object.entries(given.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])
    next = { ...given, headers: Object.fromEntries(headers) }
  } else if (websocket.listenerCount('redirect') === 0) {
    const isSamePlace = origin.isIpc === isIpc && origin.place === place
    if (!isSamePlace || (origin.isSecure && !isSecure)) {
      delete options.headers.authorization
      delete options.headers.cookie
      if (!isSamePlace) delete options.headers.host
      delete options.auth
    }
  }
  if (options.auth && !next.headers?.authorization) {
    const authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`
    next = { ...next, headers: { ...next.headers, authorization } }
  }
  return next
}
