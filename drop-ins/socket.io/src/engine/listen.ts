import { createServer } from 'node:http'
import type { AttachableServer } from './attach.ts'
import type { AttachOptions, ServerOptions } from './options.ts'
import { Server } from './server.ts'

/** An Engine.IO server on an HTTP server of its own, which answers everything else with 501. */
export function listen(
  port: number,
  options: (ServerOptions & AttachOptions) | (() => void) = {},
  onListening?: () => void,
): Server {
  if (typeof options === 'function') return listen(port, {}, options)
  const httpServer = createServer((_request, response) => {
    response.writeHead(501).end('Not Implemented')
  })
  const engine = attach(httpServer, options)
  engine.httpServer = httpServer
  httpServer.listen(port, onListening)
  return engine
}

/** An Engine.IO server beside an HTTP server's other work. */
export function attach(server: AttachableServer, options: ServerOptions & AttachOptions = {}): Server {
  const engine = new Server(options)
  engine.attach(server, options)
  return engine
}
