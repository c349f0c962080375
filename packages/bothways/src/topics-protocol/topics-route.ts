import { neverThrowing } from '../connection/never-throwing.ts'
import { applyRules, resolveOptions } from '../connection/option-rules.ts'
import { checkHub } from '../hub/check-hub.ts'
import type { Hub } from '../hub/hub.ts'
import type { Route } from '../server/route.ts'
import type { ServerSocket } from '../server/server-socket.ts'
import { type TopicsRouteOptions, type TopicsRouteSettings, topicsRouteRules } from './topics-options.ts'
import { TopicsSession } from './topics-session.ts'

const topicsProtocol = 'bothways.v1'

/**
 * The topics of a hub for WebSocket clients, by the subprotocol `bothways.v1`. With `authenticateToken` the server need not know
 * who a client is: its `authenticate` may be missing.
 *
 * @example
 * server.route('/bothways', topicsRoute(hub))
 * @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION`
 */
export function topicsRoute<User = undefined>(
  hub: Hub<User>,
  options: TopicsRouteOptions<User> & Required<Pick<TopicsRouteOptions<User>, 'authenticateToken'>>,
): Route<User | undefined>
export function topicsRoute<User = undefined>(hub: Hub<User>, options?: TopicsRouteOptions<User>): Route<User>
export function topicsRoute<User>(hub: Hub<User>, options: TopicsRouteOptions<User> = {}): Route<User> {
  checkHub('topicsRoute', hub)
  const settings = resolveOptions('topicsRoute', options as TopicsRouteOptions<unknown>, topicsRouteRules)
  const { authenticateToken } = settings as TopicsRouteSettings<User>
  const sessions = new WeakMap<ServerSocket<User>, TopicsSession<User>>()
  return {
    protocols: {
      [topicsProtocol]: {
        open(socket) {
          const session = new TopicsSession(hub, socket, {
            ...settings,
            authenticateToken: authenticateToken && (token => authenticateToken(token, socket)),
          })
          sessions.set(socket, session)
          session.open()
        },
        message: (socket, message) => sessions.get(socket)?.receive(message),
        drain: socket => sessions.get(socket)?.goOn(),
        close: socket => sessions.get(socket)?.end(),
      },
    },
  }
}

/** The connection that carries the messages of one client of topics: a socket of Socket.IO, a message port … */
export interface TopicsCarrier<User = undefined> {
  /** The id by which the others know the client, as a member. */
  readonly id: string
  readonly user: User
  /**
   * Sends one message. An error that it throws goes to the hub's `onError`.
   *
   * @returns `false`: not more for now; {@link TopicsCarried.goOn} says when
   */
  send(text: string): boolean | undefined
  /** Ends it: with a close code of `bothways.v1`, and why. */
  close(code: number, reason: string): void
}

/** The other end of a {@link TopicsCarrier}. */
export interface TopicsCarried {
  /** A message of the client. A promise: the client is to be read no further until it resolves. */
  receive(message: string | Buffer): Promise<void> | undefined
  /** The carrier takes messages again. */
  goOn(): void
  /** The client is gone. */
  end(): void
}

/**
 * The topics of a hub for a client that comes by neither WebSocket nor HTTP: `bothways.v1` over whatever carries texts both ways.
 *
 * @example
 * io.on('connection', socket => {
 *   const carrier = { id: randomUUID(), user: undefined, send: text => void socket.emit('message', text), close: () => socket.disconnect(true) }
 *   const topics = carryTopics(hub, carrier)
 *   socket.on('message', text => topics.receive(text))
 *   socket.on('disconnect', () => topics.end())
 * })
 */
export function carryTopics<User = undefined>(hub: Hub<User>, carrier: TopicsCarrier<User>): TopicsCarried {
  const close = neverThrowing(carrier.close.bind(carrier), hub.onError)
  const session = new TopicsSession<User>(
    hub,
    {
      id: carrier.id,
      user: carrier.user,
      sendShared({ data }) {
        try {
          return carrier.send(data as string) === false ? 'queued' : 'sent'
        } catch (error) {
          hub.onError(error)
          return 'refused'
        }
      },
      close,
      terminate: () => close(1012, 'The server was away for too long.'),
    },
    { ...applyRules({}, topicsRouteRules), authenticateToken: undefined },
  )
  session.open()
  return session
}
