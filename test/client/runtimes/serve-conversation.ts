import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHub, createServer, TopicsHttp, topicsRoute } from 'bothways'

export interface ServedConversation {
  /** Of the topics, `http:`. */
  readonly url: string
  close(): Promise<void>
}

/** The server of conversation.mjs, and of files for pages, by path. */
export async function serveConversation(
  files: Readonly<Record<string, string>> = {},
): Promise<ServedConversation> {
  const hub = createHub({
    topics: {
      'room/:id': { history: { count: 100, ageMs: 600_000 }, presence: true },
      'load/:kind/:id': { state: true },
    },
  })
  hub.handle('echo', input => input)
  // A request whose answer never comes: the connections are cut.
  hub.handle('cut', () => {
    for (const socket of server.sockets) socket.terminate()
    return null
  })
  const overHttp = new TopicsHttp(hub)
  const http = createHttpServer((request, response) => {
    if (overHttp.handle(request, response)) return
    const file = files[request.url ?? '']
    const type = request.url?.endsWith('js') ? 'text/javascript' : 'text/html'
    response.writeHead(file === undefined ? 404 : 200, { 'Content-Type': type }).end(file)
  })
  const server = createServer().route('/bothways', topicsRoute(hub))
  server.attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/bothways`,
    async close() {
      await hub.close({ spreadMs: 0 })
      await server.close({ timeoutMs: 0 })
      const closed = new Promise(resolve => http.close(resolve))
      http.closeAllConnections()
      await closed
    },
  }
}

/** The report of conversation.mjs where all is well. */
export function reportOf(first: 'websocket' | 'event-stream') {
  const log = [0, 1, 2, 3, 4, 5]
  return {
    transports: [first, 'event-stream'],
    logs: [log, log],
    value: { cpu: 0.5 },
    echo: '你好',
    // Over HTTP the answer comes by a connection of its own.
    cut: first === 'websocket' ? 'outcome_unknown' : null,
    presence: [first === 'websocket' ? 'joined' : 'unavailable', 'unavailable'],
  }
}
