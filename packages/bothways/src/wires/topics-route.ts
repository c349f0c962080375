import { checkOptionNames, whole } from '../connection/options.ts'
import type { Hub } from '../hub/hub.ts'
import type { Route } from '../server/route.ts'
import type { ServerSocket } from '../server/server-socket.ts'
import type { TopicsRouteOptions } from './topics-options.ts'
import { TopicsSession } from './topics-session.ts'

const topicsProtocol = 'bothways.v1'

/**
 * The topics of a hub for WebSocket clients, by the subprotocol `bothways.v1`.
 *
 * @example
 * server.route('/bothways', topicsRoute(hub))
 * @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION`
 */
export function topicsRoute<User = undefined>(
  hub: Hub<User>,
  options: TopicsRouteOptions<User> = {},
): Route<User> {
  checkOptionNames('topicsRoute', options, [
    'authenticateToken',
    'helloTimeoutMs',
    'maxMessageBytes',
    'maxPendingCalls',
  ])
  const settings = {
    authenticateToken: options.authenticateToken?.bind(options),
    helloTimeoutMs: whole(options, 'helloTimeoutMs', 10_000, 1),
    maxMessageBytes: whole(options, 'maxMessageBytes', 128 * 1024, 1),
    maxPendingCalls: whole(options, 'maxPendingCalls', 64, 1),
  }
  const sessions = new WeakMap<ServerSocket<User>, TopicsSession<User>>()
  return {
    protocols: {
      [topicsProtocol]: {
        open(socket) {
          const session = new TopicsSession(hub, socket, settings)
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
