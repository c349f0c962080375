import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import {
  checkRequest,
  type HandshakeAnswer,
  type HandshakeCode,
  HandshakeError,
  type LimitError,
  type Refusal,
  serializeExtensions,
  serializeResponse,
  serverResponseHeaders,
} from '@bothways/protocol'
import type { PreparedMessage } from '../connection/prepared-message.ts'
import type { Topics } from '../hub/topics.ts'
import { Admission } from './admission.ts'
import type { ServerCounts } from './counts.ts'
import { negotiateExtensions, negotiateProtocol } from './negotiation.ts'
import type { ServerSettings } from './options.ts'
import { originRefusal } from './origin.ts'
import type { ResolvedRoute, SocketHandlers } from './route.ts'
import type { Routes } from './routes.ts'
import { ServerSocket, type SocketInit } from './server-socket.ts'
import { describeRequest, requestPath, type UpgradeRequest } from './upgrade-request.ts'
import { UpgradeSocket } from './upgrade-socket.ts'

export interface UpgradesInit<User> {
  readonly settings: ServerSettings<User>
  readonly routes: Routes<ResolvedRoute<User>>
  readonly sockets: Set<ServerSocket<User>>
  readonly topics: Topics<PreparedMessage>
  readonly counts: ServerCounts
}

/**
 * Turns upgrade requests into sockets, or refuses them (RFC 6455 §4.2): route, handshake, limits, origin,
 * subprotocol, authentication, answer. Every request is answered, and each refusal says why.
 */
export class Upgrades<User> {
  readonly #settings: ServerSettings<User>
  readonly #routes: Routes<ResolvedRoute<User>>
  readonly #sockets: Set<ServerSocket<User>>
  readonly #topics: Topics<PreparedMessage>
  readonly #counts: ServerCounts
  readonly #admission: Admission
  #handshakeCount = 0
  /** Sockets that are open, or whose handlers still run. */
  readonly #unsettled = new Set<ServerSocket<User>>()
  #isDraining = false
  #hasGivenUp = false
  #onEmpty: (() => void) | undefined

  constructor({ settings, routes, sockets, topics, counts }: UpgradesInit<User>) {
    this.#settings = settings
    this.#routes = routes
    this.#sockets = sockets
    this.#topics = topics
    this.#counts = counts
    this.#admission = new Admission(settings)
  }

  /** @param others the other `upgrade` listeners of the same HTTP server */
  take(raw: IncomingMessage, stream: Socket, head: Buffer, others: readonly unknown[]): void {
    const socket = new UpgradeSocket(stream)
    const path = requestPath(raw)
    const route = path === undefined ? undefined : this.#routes.find(path)
    if (route === undefined) {
      this.#refuseUnclaimed(socket, path, others)
      return
    }
    this.#handshakeCount++
    void this.#shake(raw, socket, head, route, others)
      .catch(error => {
        this.#settings.onError(error, undefined)
        socket.abandon(failed)
      })
      .finally(() => {
        this.#handshakeCount--
        this.#checkEmpty()
      })
  }

  /** From here on every request is refused with 503. */
  drain(): void {
    this.#isDraining = true
  }

  /** Resolves when there is no socket, no handler that runs and no handshake; after {@link giveUp} no socket. */
  whenEmpty(): Promise<void> {
    return new Promise(resolve => {
      this.#onEmpty = resolve
      this.#checkEmpty()
    })
  }

  /** Cuts every connection, and waits no longer for handlers and handshakes. */
  giveUp(): void {
    this.#hasGivenUp = true
    for (const socket of this.#sockets) socket.terminate()
    this.#checkEmpty()
  }

  async #shake(
    raw: IncomingMessage,
    socket: UpgradeSocket,
    head: Buffer,
    route: ResolvedRoute<User>,
    others: readonly unknown[],
  ): Promise<void> {
    if (socket.stream.destroyed) return
    if (this.#isDraining) return this.#refuse(socket, draining, others)
    const checked = checkRequest(raw)
    if (!checked.ok) return this.#refuse(socket, checked.refusal, others)

    const leaving = new AbortController()
    const abort = (): void => leaving.abort()
    socket.stream.once('close', abort)
    socket.stream.once('end', abort)
    const request = describeRequest(raw, checked.subprotocols, this.#settings.trustedProxies, leaving.signal)
    if (request === undefined) return this.#refuse(socket, unusableHost, others)
    const { remoteAddress } = request
    const full = this.#admission.enter(remoteAddress)
    if (full !== undefined) return this.#refuse(socket, fullRefusal(full), others)
    const leave = (): void => this.#admission.leave(remoteAddress)
    socket.stream.once('close', leave)

    const origin = originRefusal(request.origin, request.host, this.#settings)
    if (origin !== undefined) return this.#refuse(socket, refusalOf('BW_ORIGIN_REFUSED', 403, origin), others)
    const agreed = negotiateProtocol(route, checked.subprotocols)
    if ('status' in agreed) return this.#refuse(socket, agreed, others)
    const authentication = await this.#authenticate(request, leaving)
    socket.stream.off('close', abort)
    socket.stream.off('end', abort)
    if (!authentication.isAccepted) return this.#refuse(socket, authentication.refusal, others)
    if (this.#isDraining) return this.#refuse(socket, draining, others)
    if (socket.isGone) return
    if (socket.isAnsweredByOthers) return this.#leaveTo(others, socket)
    if (socket.isHalfClosed) return void socket.stream.destroy()

    const { extensions, deflate } = negotiateExtensions(checked.extensions, this.#settings.connection)
    socket.write(
      serializeResponse(
        101,
        serverResponseHeaders({
          key: checked.key,
          subprotocol: agreed.protocol === '' ? undefined : agreed.protocol,
          extensions,
        }),
      ),
    )
    const opened = this.#open(socket, head, others, {
      handlers: agreed.handlers,
      user: authentication.user,
      request,
      protocol: agreed.protocol,
      extensions: serializeExtensions(extensions),
      deflate,
    })
    // Soon, and once more at the end: another listener may take its time.
    if (others.length === 0) return
    setImmediate(() => {
      if (socket.isAnsweredByOthers) opened.terminate()
    })
  }

  async #authenticate(request: UpgradeRequest, leaving: AbortController): Promise<Authentication<User>> {
    const { authenticate, handshakeTimeoutMs, onError } = this.#settings
    // Without `authenticate` the type of user is undefined.
    if (authenticate === undefined) return { isAccepted: true, user: undefined as User }
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<typeof isLate>(resolve => {
      timer = setTimeout(() => {
        resolve(isLate)
        leaving.abort()
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

  #open(
    upgrade: UpgradeSocket,
    head: Buffer,
    others: readonly unknown[],
    { handlers, ...init }: OpenInit<User>,
  ): ServerSocket<User> {
    const socket = new ServerSocket<User>({
      ...init,
      transport: upgrade.open(this.#settings.connection.transport),
      settings: this.#settings.connection,
      host: {
        topics: this.#topics,
        counts: this.#counts,
        onError: this.#settings.onError,
        onClose: closed => {
          if (others.length > 0 && upgrade.isAnsweredByOthers) {
            this.#settings.onError(secondWriter(others), closed)
          }
          this.#sockets.delete(closed)
          this.#checkEmpty()
        },
        onSettled: settled => {
          this.#unsettled.delete(settled)
          this.#checkEmpty()
        },
      },
    })
    this.#sockets.add(socket)
    this.#unsettled.add(socket)
    this.#counts.connections++
    ServerSocket.start(socket, handlers, head)
    return socket
  }

  #refuse(socket: UpgradeSocket, refusal: Refusal, others: readonly unknown[]): void {
    this.#counts.refusals++
    try {
      if (!socket.refuse(refusal)) this.#leaveTo(others, socket)
    } catch (error) {
      // A header that `refuse(…)` was given is not one.
      this.#settings.onError(error, undefined)
      socket.refuse(failed)
    }
  }

  /** Somebody else has answered. If nobody else listens, that was the answer to an earlier, pipelined request. */
  #leaveTo(others: readonly unknown[], socket: UpgradeSocket): void {
    if (others.length === 0) socket.stream.destroy()
    else this.#settings.onError(secondWriter(others), undefined)
  }

  /** No route of ours: refused at once when nobody else listens, else when nobody else has answered in time. */
  #refuseUnclaimed(socket: UpgradeSocket, path: string | undefined, others: readonly unknown[]): void {
    const refuse = (): void => {
      if (socket.refuse(noRoute(path))) this.#counts.refusals++
    }
    if (others.length === 0) {
      refuse()
      return
    }
    const timer = setTimeout(refuse, this.#settings.handshakeTimeoutMs)
    socket.stream.once('close', () => clearTimeout(timer))
  }

  #checkEmpty(): void {
    const isBusy = this.#unsettled.size > 0 || this.#handshakeCount > 0
    if (this.#sockets.size === 0 && (this.#hasGivenUp || !isBusy)) this.#onEmpty?.()
  }
}

interface OpenInit<User>
  extends Pick<SocketInit<User>, 'user' | 'request' | 'protocol' | 'extensions' | 'deflate'> {
  readonly handlers: SocketHandlers<User>
}

type Authentication<User> =
  | { readonly isAccepted: true; readonly user: User }
  | { readonly isAccepted: false; readonly refusal: Refusal }

const isLate = Symbol('late')

function refusalOf(
  code: HandshakeCode,
  status: number,
  text: string,
  headers: Refusal['headers'] = {},
): Refusal {
  return { code, status, headers, text }
}

const draining = refusalOf(
  'BW_SERVER_DRAINING',
  503,
  'This server is shutting down: come back in a moment.',
  {
    'Retry-After': '1',
  },
)
const unusableHost = refusalOf(
  'BW_HOST_MISSING',
  400,
  'The Host header and the request line do not make a URL.',
)
const nobody = refusalOf(
  'BW_AUTHENTICATION_REFUSED',
  403,
  'This server does not know who you are: sign in first.',
)
const failed = refusalOf('BW_AUTHENTICATION_FAILED', 500, 'The server failed while it checked who you are.')

function tooLate(limitMs: number): Refusal {
  return refusalOf(
    'BW_HANDSHAKE_TIMEOUT',
    503,
    `Checking who you are took longer than ${limitMs} ms (option handshakeTimeoutMs).`,
  )
}

function noRoute(path: string | undefined): Refusal {
  const text =
    path === undefined
      ? 'The request line is not a URL.'
      : 'No WebSocket is served at this path: check the path of the URL, or add a route for it.'
  return refusalOf('BW_NO_ROUTE', 404, text)
}

function fullRefusal({ code, message }: LimitError): Refusal {
  const headers = { 'Retry-After': '5' }
  return code === 'BW_TOO_MANY_CONNECTIONS'
    ? refusalOf(code, 503, message, headers)
    : refusalOf('BW_TOO_MANY_CONNECTIONS_FROM_ADDRESS', 429, message, headers)
}

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
