import type { IncomingMessage } from 'node:http'
import type { Socket as TcpSocket } from 'node:net'
import {
  type AcceptedOffers,
  checkRequest,
  type DeflateDirections,
  type HandshakeAnswer,
  HandshakeError,
  type Refusal,
  type RefusedRequest,
  type RequestHead,
  readHeaderLines,
  serializeExtensions,
} from '@bothways/protocol'
import type { ConnectionSettings } from '../connection/options.ts'
import { BareTransport } from '../connection/transports/bare-transport.ts'
import type { Transport } from '../connection/transports/transport.ts'
import type { Admission } from './admission.ts'
import { HandshakeRates } from './admission.ts'
import type { Peer } from './bare-connections.ts'
import { afterEarlierAnswers, hasEarlierAnswers } from './earlier-answers.ts'
import type { AgreedOffers, Exchange } from './exchange.ts'
import type { TrustedProxies } from './forwarded.ts'
import { Http1Exchange, switchingProtocols } from './http1-exchange.ts'
import type { Http2Connect } from './http2-connects.ts'
import { Http2Exchange } from './http2-exchange.ts'
import { negotiateExtensions, negotiateProtocol, type Served } from './negotiation.ts'
import { type OriginPolicy, originRefusal } from './origin.ts'
import type { PendingConnections } from './pending-connections.ts'
import {
  draining,
  failed,
  foreignOrigin,
  full,
  nobody,
  noRoute,
  tooFast,
  tooLate,
  unreadable,
  unusableHost,
} from './refusals.ts'
import type { RouteParams } from './route-params.ts'
import { HandshakeRequest, type RequestFacts, requestPath, type UpgradeRequest } from './upgrade-request.ts'
import { UpgradeSocket, type UpgradeStream } from './upgrade-socket.ts'

/** The options of a server that its handshakes use. */
export interface HandshakeSettings<User, Socket> extends OriginPolicy {
  readonly connection: ConnectionSettings
  /** Tells the user of a request: nobody refuses with 403, a thrown `HandshakeError` with its own answer. */
  readonly authenticate:
    | ((request: UpgradeRequest) => Authenticated<User> | Promise<Authenticated<User>>)
    | undefined
  /** In ms. */
  readonly handshakeTimeoutMs: number
  readonly maxHandshakesPerSecond: number
  readonly trustedProxies: TrustedProxies
  readonly onError: (error: unknown, socket: Socket | undefined) => void
}

/** The result of `authenticate`: the user, or nobody, which refuses the connection with 403. */
export type Authenticated<User> = User | false | null | undefined

/** The route that serves a path, and the path's values for its parameters. */
export interface PathMatch<Route> {
  readonly route: Route
  readonly params: RouteParams
}

/** A handshake that has succeeded. */
export interface Opening<User, Route> {
  readonly route: Route
  readonly request: HandshakeRequest
  readonly user: User
  /** The subprotocol agreed on, or ''. */
  readonly protocol: string
  /** The extensions agreed on, as the answer says them, or ''. */
  readonly extensions: string
  readonly deflate: DeflateDirections | undefined
  readonly transport: Transport
  /** The bytes that the client has sent behind its request. */
  readonly head: Uint8Array
}

/** Where sockets go that have been opened. */
export interface Opened<User, Route, Socket> {
  /** A place is taken by the handshake; from {@link open} on it is the socket's to give back. */
  readonly admission: Admission
  /** Tells that a handshake is going on, until the function that this returns is called. */
  beginHandshake(): () => void
  open(opening: Opening<User, Route>): Socket
}

export interface HandshakesInit<User, Route, Socket> {
  readonly settings: HandshakeSettings<User, Socket>
  readonly routes: { find(path: string): PathMatch<Route> | undefined }
  readonly sockets: Opened<User, Route, Socket>
  readonly pending: PendingConnections
  /** Told of each refusal, and whom it was for. */
  readonly onRefused: (refusal: Refusal, remoteAddress: string, raw: IncomingMessage | undefined) => void
}

/**
 * Turns upgrade requests into sockets, or refuses them (RFC 6455 §4.2): route, handshake, origin, subprotocol,
 * limits, authentication, answer. Every request is answered, and each refusal says why.
 */
export class Handshakes<User, Route extends Served, Socket extends { terminate(): void }> {
  readonly #settings: HandshakeSettings<User, Socket>
  readonly #routes: HandshakesInit<User, Route, Socket>['routes']
  readonly #sockets: Opened<User, Route, Socket>
  readonly #pending: PendingConnections
  readonly #onRefused: HandshakesInit<User, Route, Socket>['onRefused']
  readonly #rates: HandshakeRates
  #isDraining = false

  constructor({ settings, routes, sockets, pending, onRefused }: HandshakesInit<User, Route, Socket>) {
    this.#settings = settings
    this.#routes = routes
    this.#sockets = sockets
    this.#pending = pending
    this.#onRefused = onRefused
    this.#rates = new HandshakeRates(settings.maxHandshakesPerSecond)
  }

  /**
   * Takes a request that came to an HTTP server.
   *
   * @param others the other `upgrade` listeners of the same server
   */
  takeUpgrade(raw: IncomingMessage, stream: UpgradeStream, head: Buffer, others: readonly unknown[]): void {
    // A client that leaves now must not end the process.
    stream.on('error', ignore)
    if (!hasEarlierAnswers(stream)) {
      this.#begin(new Http1Exchange(raw, stream), head, others)
      return
    }
    const end = this.#sockets.beginHandshake()
    const timer = setTimeout(() => stream.destroy(), this.#settings.handshakeTimeoutMs)
    afterEarlierAnswers(stream, () => {
      clearTimeout(timer)
      this.#begin(new Http1Exchange(raw, stream), head, others)
      end()
    })
  }

  /** Takes an extended CONNECT request that came to a server of HTTP/2 (RFC 8441). */
  takeConnect({ stream, headers, others }: Http2Connect): void {
    stream.on('error', ignore)
    this.#begin(new Http2Exchange(stream, headers), Buffer.alloc(0), others)
  }

  #begin(exchange: Exchange, head: Uint8Array, others: readonly unknown[]): void {
    const path = requestPath(exchange.facts.target)
    const match = path === undefined ? undefined : this.#routes.find(path)
    if (match === undefined) {
      this.#refuseUnclaimed(exchange, path, others)
      return
    }
    const end = this.#sockets.beginHandshake()
    void this.#run(exchange, head, match, others)
      .catch(error => {
        this.#settings.onError(error, undefined)
        exchange.abandon(failed)
      })
      .finally(end)
  }

  /**
   * Takes a request that came on a bare TCP connection, if nothing speaks against it and nobody need be asked; else
   * false: then it is an HTTP server's, which has the means to answer anything.
   *
   * @param rest the bytes that came behind the head
   */
  takeHead(head: RequestHead, rest: Uint8Array, { handle, address, port }: Peer): boolean {
    if (this.#isDraining || this.#settings.authenticate !== undefined) return false
    const path = requestPath(head.target)
    const match = path === undefined ? undefined : this.#routes.find(path)
    const headers = readHeaderLines(head.headerLines)
    if (match === undefined || headers === undefined) return false
    const facts: RequestFacts = {
      method: head.method,
      httpVersion: head.httpVersion,
      target: head.target,
      headers,
      headerLines: head.headerLines,
      peerAddress: address,
      peerPort: port,
      isTls: false,
    }
    const checked = checkRequest(facts)
    if (!checked.ok) return false
    const accepted = this.#validate(match, facts, checked)
    if ('status' in accepted) return false
    accepted.request.forgetHeaders()
    // A message goes out when it is sent, not when the one before has been acknowledged (Nagle's algorithm).
    handle.setNoDelay(true)
    const transport = new BareTransport(handle)
    const agreed = this.#negotiate(accepted)
    transport.write(Buffer.from(switchingProtocols(checked, agreed), 'latin1'), false)
    this.#open(accepted, agreed, undefined as User, transport, rest)
    return true
  }

  /** Refuses a request that Node's parser cannot read, or that has not come in time (RFC 9112 §2.2, RFC 9110 §15.5.9). */
  refuseUnreadable(error: NodeJS.ErrnoException, stream: TcpSocket): void {
    const { code = '' } = error
    const isOfHttp = code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT'
    if (!isOfHttp || hasEarlierAnswers(stream)) {
      stream.destroy(error)
      return
    }
    const socket = new UpgradeSocket(stream)
    // It is told so again and again while we wait for the client to leave.
    if (socket.isGone) return
    const refusal = unreadable(error, this.#settings.handshakeTimeoutMs)
    socket.refuse(refusal)
    this.#onRefused(refusal, stream.remoteAddress ?? '', undefined)
  }

  /** From here on every request is refused with 503. */
  drain(): void {
    this.#isDraining = true
  }

  async #run(
    exchange: Exchange,
    head: Uint8Array,
    match: PathMatch<Route>,
    others: readonly unknown[],
  ): Promise<void> {
    const { stream, facts } = exchange
    if (stream.destroyed) return
    if (this.#isDraining) return this.#refuse(exchange, draining, others)
    const accepted = this.#validate(match, facts, exchange.check())
    if ('status' in accepted) return this.#refuse(exchange, accepted, others)

    const { request } = accepted
    const leave = (): void => this.#sockets.admission.leave(request.remoteAddress)
    const abort = (): void => request.abort()
    stream.once('close', leave)
    stream.once('close', abort)
    stream.once('end', abort)
    const authentication = await this.#authenticate(request)
    stream.off('close', abort)
    stream.off('end', abort)
    if (!authentication.isAccepted) return this.#refuse(exchange, authentication.refusal, others)
    if (this.#isDraining) return this.#refuse(exchange, draining, others)
    if (exchange.isGone) return
    if (exchange.isAnsweredByOthers) return this.#leaveTo(others, exchange)
    if (exchange.isHalfClosed) return void stream.destroy()

    const agreed = this.#negotiate(accepted)
    const transport = exchange.accept(agreed, this.#settings.connection.transport)
    stream.off('close', leave)
    const opened = this.#open(accepted, agreed, authentication.user, transport, head)
    if (others.length === 0) return
    // Soon, and once more at the end: another listener may take its time.
    setImmediate(() => {
      if (exchange.isAnsweredByOthers) opened.terminate()
    })
    stream.once('close', () => {
      if (exchange.isAnsweredByOthers) this.#settings.onError(secondWriter(others), opened)
    })
  }

  /** Judges a request as far as that can be done at once. An accepted request has taken a place. */
  #validate(
    { route, params }: PathMatch<Route>,
    facts: RequestFacts,
    checked: AcceptedOffers | RefusedRequest,
  ): Accepted<Route> | Refusal {
    if (!checked.ok) return checked.refusal
    const request = HandshakeRequest.of(facts, checked.subprotocols, this.#settings.trustedProxies, params)
    if (request === undefined) return unusableHost
    const origin = originRefusal(checked.origin, request.host, this.#settings)
    if (origin !== undefined) return foreignOrigin(origin)
    const protocol = negotiateProtocol(route, checked.subprotocols)
    if (typeof protocol !== 'string') return protocol
    const { admission } = this.#sockets
    const noPlace = admission.enter(request.remoteAddress)
    if (noPlace !== undefined) return full(noPlace)
    // Last: a request that is handed on and judged again has not paid yet.
    if (this.#rates.take(request.remoteAddress, performance.now())) {
      return { route, protocol, checked, request }
    }
    admission.leave(request.remoteAddress)
    return tooFast(this.#settings.maxHandshakesPerSecond)
  }

  #negotiate({ checked, protocol }: Accepted<Route>): Agreed {
    const { extensions, deflate } = negotiateExtensions(checked.extensions, this.#settings.connection)
    return { protocol, extensions, deflate }
  }

  #open(
    { request, route }: Accepted<Route>,
    { protocol, extensions: agreed, deflate }: Agreed,
    user: User,
    transport: Transport,
    head: Uint8Array,
  ): Socket {
    const extensions = agreed.length === 0 ? '' : serializeExtensions(agreed)
    return this.#sockets.open({ route, request, user, protocol, extensions, deflate, transport, head })
  }

  async #authenticate(request: HandshakeRequest): Promise<Authentication<User>> {
    const { authenticate, handshakeTimeoutMs, onError } = this.#settings
    // Without `authenticate` the type of user is undefined.
    if (authenticate === undefined) return { isAccepted: true, user: undefined as User }
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<typeof isLate>(resolve => {
      timer = setTimeout(() => {
        resolve(isLate)
        request.abort()
      }, handshakeTimeoutMs)
    })
    try {
      const user = await Promise.race([authenticate(request), late])
      if (user === isLate) return { isAccepted: false, refusal: tooLate(handshakeTimeoutMs) }
      if (user === false || user === null || user === undefined) return { isAccepted: false, refusal: nobody }
      return { isAccepted: true, user }
    } catch (error) {
      if (error instanceof HandshakeError && error.answer !== undefined) {
        const { status, headers, body } = error.answer
        return {
          isAccepted: false,
          refusal: { code: error.code, status, headers: flat(headers), text: body },
        }
      }
      onError(error, undefined)
      return { isAccepted: false, refusal: failed }
    } finally {
      clearTimeout(timer)
    }
  }

  #refuse(exchange: Exchange, refusal: Refusal, others: readonly unknown[]): void {
    try {
      if (exchange.refuse(refusal)) this.#tellRefused(exchange, refusal)
      else this.#leaveTo(others, exchange)
    } catch (error) {
      // A header that `refuse(…)` was given is not one.
      this.#settings.onError(error, undefined)
      exchange.refuse(failed)
      this.#tellRefused(exchange, failed)
    }
  }

  /** A client that was refused and does not leave is one more that waits. */
  #tellRefused({ stream, facts }: Exchange, refusal: Refusal): void {
    const { headers, peerAddress, isTls, raw } = facts
    const client = this.#settings.trustedProxies.resolve(headers, peerAddress, isTls).remoteAddress
    this.#onRefused(refusal, client, raw)
    if (stream.destroyed) return
    this.#pending.enterStream(stream, peerAddress)
    stream.once('close', () => this.#pending.leaveStream(stream))
  }

  /** Somebody else has answered. If nobody else listens, that was the answer to an earlier, pipelined request. */
  #leaveTo(others: readonly unknown[], { stream }: Exchange): void {
    if (others.length === 0) stream.destroy()
    else this.#settings.onError(secondWriter(others), undefined)
  }

  /** No route of ours: refused at once when nobody else listens, else when nobody else has answered in time. */
  #refuseUnclaimed(exchange: Exchange, path: string | undefined, others: readonly unknown[]): void {
    const refuse = (): void => {
      const refusal = noRoute(path, exchange.facts.target)
      if (exchange.refuse(refusal)) this.#tellRefused(exchange, refusal)
    }
    if (others.length === 0) {
      refuse()
      return
    }
    const timer = setTimeout(refuse, this.#settings.handshakeTimeoutMs)
    exchange.stream.once('close', () => clearTimeout(timer))
  }
}

interface Agreed extends AgreedOffers {
  readonly deflate: DeflateDirections | undefined
}

/** Nothing that can be said at once speaks against it. */
interface Accepted<Route> {
  readonly route: Route
  readonly protocol: string
  readonly checked: AcceptedOffers
  readonly request: HandshakeRequest
}

type Authentication<User> =
  | { readonly isAccepted: true; readonly user: User }
  | { readonly isAccepted: false; readonly refusal: Refusal }

const isLate = Symbol('late')

function flat(headers: HandshakeAnswer['headers']): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value ?? '')])
  return Object.fromEntries(entries)
}

function secondWriter(others: readonly unknown[]): HandshakeError {
  const names = others.map(it =>
    typeof it === 'function' && it.name !== '' ? it.name : 'an anonymous function',
  )
  return new HandshakeError(
    'BW_UPGRADE_ANSWERED_TWICE',
    'Another upgrade listener of the same HTTP server has answered a request for a route of ours: ' +
      `let it leave our paths alone. The others are: ${names.join(', ')}.`,
  )
}

/** A listener for as long as the connection lives: a closure made for each would keep its scope, too. */
function ignore(): void {}
