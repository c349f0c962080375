import { isToken, UsageError } from '@bothways/protocol'
import { checkOptionNames, invalidOption, type OptionTable } from '../connection/option-checks.ts'
import type { RouteParams } from '../opening/route-params.ts'
import type { UpgradeRequest } from '../opening/upgrade-request.ts'
import type { SocketHandlers } from './server-socket.ts'
import type { SocketData } from './socket-data.ts'

export interface Route<User = undefined, Data = SocketData, Params = RouteParams>
  extends SocketHandlers<User, Data, Params> {
  /**
   * Makes the first `socket.data`, for each connection of this route before its `open`; its type follows from here.
   * An error that it throws goes to `onError`, and the connection is closed with 1011. Default: an empty object.
   */
  data?(request: UpgradeRequest<Params>): Data
  /**
   * The subprotocols spoken here, in the server's order of preference (RFC 6455 §1.9): a list when the handlers
   * beside it serve them all, or handlers for each. A client that offers none of them is refused with 400; one
   * that offers no subprotocol at all is served by the handlers beside it, if there are any. `'any'` takes the first
   * that the client offers, whatever it is: for echo servers and proxies.
   */
  protocols?: readonly string[] | 'any' | Readonly<Record<string, SocketHandlers<User, Data, Params>>>
}

/** The parameters of handlers. Handlers of other libraries get more, and would wait for them. */
const parameters = {
  open: { parameterCount: 1, cure: 'open(socket): the request is socket.request' },
  message: {
    parameterCount: 2,
    cure: 'message(socket, message): text comes as a string, bytes come as a Buffer',
  },
  drain: { parameterCount: 1, cure: 'drain(socket)' },
  close: { parameterCount: 3, cure: 'close(socket, code, reason): more is in socket.disconnect' },
} as const satisfies OptionTable<SocketHandlers<unknown>>

const handlerNames = Object.keys(parameters) as (keyof typeof parameters)[]

const routeOptions: OptionTable<Route<unknown>> = { protocols: true, data: true, ...parameters }

/** A route as the server uses it. */
export interface ResolvedRoute<User> {
  /** In order of preference; `'any'`: the client's. */
  readonly protocols: readonly string[] | 'any'
  /** The handlers of a connection that agreed on `protocol`, or on none when it is ''. */
  handlersFor(protocol: string): SocketHandlers<User> | undefined
  readonly makeData: ((request: UpgradeRequest) => unknown) | undefined
}

/** @throws UsageError `BW_UNKNOWN_OPTION`, `BW_INVALID_OPTION` or `BW_INVALID_SUBPROTOCOL` */
export function resolveRoute<User>(route: Route<User>): ResolvedRoute<User> {
  if (typeof (route as { declare?: unknown } | undefined)?.declare === 'function') {
    throw new UsageError('BW_INVALID_OPTION', 'A hub is no route: route(path, topicsRoute(hub)).')
  }
  checkOptionNames<Route<never>>('a route', route, routeOptions)
  checkHandlers(route)
  checkData(route.data)
  const { protocols = [] } = route
  if (typeof protocols === 'function')
    throw invalidOption('protocols', "a list in the order that the server prefers, or 'any'", protocols)
  const byProtocol = protocols === 'any' || isList(protocols) ? undefined : protocols
  const names = protocols === 'any' ? [] : isList(protocols) ? protocols : Object.keys(protocols)
  for (const name of names) {
    if (isToken(name)) continue
    throw new UsageError(
      'BW_INVALID_SUBPROTOCOL',
      `A subprotocol is a token of letters, digits and !#$%&'*+-.^_\`|~, got '${name}'.`,
    )
  }
  for (const handlers of Object.values(byProtocol ?? {})) {
    checkOptionNames<SocketHandlers<never>>('a subprotocol', handlers, parameters)
    checkHandlers(handlers)
  }
  const hasOwnHandlers = handlerNames.some(name => route[name] !== undefined)
  return {
    makeData: route.data?.bind(route),
    protocols: protocols === 'any' ? 'any' : names,
    handlersFor(protocol) {
      if (byProtocol === undefined) return route
      if (protocol !== '') return byProtocol[protocol]
      return hasOwnHandlers ? route : undefined
    },
  }
}

function isList<User>(
  protocols: Exclude<Route<User>['protocols'], 'any' | undefined>,
): protocols is readonly string[] {
  return Array.isArray(protocols)
}

function checkHandlers<User>(handlers: SocketHandlers<User>): void {
  for (const name of handlerNames) {
    const handler: unknown = handlers[name]
    if (handler === undefined) continue
    if (typeof handler !== 'function') {
      throw new UsageError(
        'BW_INVALID_OPTION',
        `A route's ${name} must be a function, got ${typeof handler}.`,
      )
    }
    const { parameterCount, cure } = parameters[name]
    if (handler.length <= parameterCount) continue
    throw new UsageError('BW_INVALID_OPTION', `A route's ${name} gets no more than ${cure}.`)
  }
}

function checkData(data: unknown): void {
  if (data === undefined) return
  if (typeof data !== 'function') {
    throw new UsageError(
      'BW_INVALID_OPTION',
      `A route's data is a function that makes what socket.data is at first, since each connection has its own: data: () => ({ … }); got ${data === null ? 'null' : typeof data}.`,
    )
  }
  if (data.length > 1) {
    throw new UsageError(
      'BW_INVALID_OPTION',
      "A route's data(request) makes what socket.data is at first. Messages come to message(socket, message).",
    )
  }
}
