import { Server as TcpServer } from 'node:net'
import { UsageError } from '@bothways/protocol'
import { kindOf } from '../connection/option-checks.ts'

/**
 * Refuses what is no HTTP server, and says where the server is to be found.
 *
 * @throws UsageError `BW_INVALID_OPTION`
 */
export function checkAttachable(value: unknown): void {
  const methods = ['prependListener', 'off', 'listeners', 'emit']
  const isApp = typeof value === 'function' || hasMethod(value, 'callback') || hasMethod(value, 'fetch')
  if (isPlainTcp(value)) {
    throw new UsageError(
      'BW_INVALID_OPTION',
      'attach takes an HTTP server, got one of node:net or node:tls, which knows no requests: use http.createServer() or https.createServer().',
    )
  }
  if (!isApp && methods.every(name => hasMethod(value, name))) return
  throw new UsageError('BW_INVALID_OPTION', `attach takes an HTTP server, got ${whatItIs(value)}`)
}

function whatItIs(value: unknown): string {
  if (value === undefined) return 'nothing: server.attach(http.createServer(app)).'
  if (typeof value === 'function') {
    return 'a function, such as an app of Express: attach the server that runs it, const http = createServer(app); server.attach(http); http.listen(8080). What app.listen(8080) returns is such a server, too.'
  }
  if (hasMethod(value, 'callback')) {
    return 'an app of Koa: attach the server that app.listen(8080) returns, or http.createServer(app.callback()).'
  }
  if (hasMethod(value, 'route') && typeof value === 'object' && value !== null && 'server' in value) {
    return 'an instance of Fastify: attach its server, server.attach(fastify.server).'
  }
  if (hasMethod(value, 'fetch'))
    return 'an app of Hono: attach the server that serve({ fetch: app.fetch }) returns.'
  if (typeof value === 'number')
    return `a number: await server.listen({ port: ${value} }) listens on a port of its own.`
  return `${kindOf(value)}: server.attach(http.createServer(app)).`
}

function hasMethod(value: unknown, name: string): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return typeof Reflect.get(value, name) === 'function'
}

export function attachedTwice(): UsageError {
  return new UsageError(
    'BW_ALREADY_ATTACHED',
    'This server is attached to that HTTP server already, and would answer each upgrade twice: attach it once, and add routes.',
  )
}

function isPlainTcp(value: unknown): boolean {
  return value instanceof TcpServer && !hasMethod(value, 'setTimeout')
}

/** @throws UsageError `BW_INVALID_ARGUMENT` for what no `upgrade` listener gets, and for the callback that ws takes */
export function checkUpgradeArguments(request: unknown, socket: unknown, callback: unknown): void {
  if (callback !== undefined) {
    throw new UsageError(
      'BW_INVALID_ARGUMENT',
      'handleUpgrade takes no callback: the handlers of the route get the socket, open(socket) first.',
    )
  }
  const isRequest = typeof request === 'object' && request !== null && 'headers' in request
  if (isRequest && hasMethod(socket, 'on') && hasMethod(socket, 'write')) return
  throw new UsageError(
    'BW_INVALID_ARGUMENT',
    "handleUpgrade(request, socket, head) takes what an upgrade listener gets: http.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head)).",
  )
}
