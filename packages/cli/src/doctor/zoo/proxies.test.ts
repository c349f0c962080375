import { createServer, type IncomingMessage } from 'node:http'
import { startApache } from '@bothways/test-support/apache'
import { startCaddy } from '@bothways/test-support/caddy'
import { startHaproxy } from '@bothways/test-support/haproxy'
import type { ProxyProcess } from '@bothways/test-support/proxy'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { closeAll, examine, later, open } from './keeper.ts'

/** Ports of servers behind the proxies, each as `127.0.0.1:PORT`. */
interface Backends {
  /** ws on an http.Server that answers 404 to a plain GET, with the origin rule of most servers. */
  ws: string
  /** ws alone, which answers 426 to a plain GET. */
  bare: string
  /** An http.Server that nobody attached anything to. */
  page: string
  /** Nobody. */
  none: string
}

const backends: Backends = { ws: '', bare: '', page: '', none: '127.0.0.1:9' }

beforeAll(async () => {
  const http = createServer((_, response) => response.writeHead(404).end('Cannot GET'))
  const isSameOrigin = ({ origin, req }: { origin: string; req: IncomingMessage }) =>
    origin === undefined || new URL(origin).host === req.headers.host
  new WebSocketServer({ server: http, verifyClient: isSameOrigin })
  backends.ws = `127.0.0.1:${await open(http)}`
  const bare = createServer((_, response) => response.writeHead(426).end('Upgrade Required'))
  new WebSocketServer({ server: bare })
  backends.bare = `127.0.0.1:${await open(bare)}`
  backends.page = `127.0.0.1:${await open(createServer((_, response) => response.end('<html>')))}`
})

afterAll(closeAll)

interface Case {
  readonly name: string
  /** The proxy's configuration. */
  readonly lines: (to: Backends, port: number) => string
  /** Undefined: healthy. */
  readonly code?: string
  /** Stands in the advice. */
  readonly cure?: string
}

/** Each proxy, healthy and with mistakes of its own. */
function tellApart(
  name: string,
  start: (lines: Case['lines']) => Promise<ProxyProcess>,
  cases: readonly Case[],
): void {
  test.concurrent.each(cases)(`${name} with $name is told`, async ({ lines, code, cure }) => {
    const proxy = await start(lines)
    later(() => proxy.stop())
    const told = await examine(`ws://127.0.0.1:${proxy.port}/chat`)
    expect(told.problems).toEqual(code === undefined ? [] : [code])
    if (cure !== undefined) expect(told.text).toContain(cure)
  })
}

const haproxy =
  (to: string, ...lines: readonly string[]) =>
  (port: number) =>
    `
frontend front
    bind 127.0.0.1:${port}
${lines.map(line => `    ${line}`).join('\n')}
    default_backend app
backend app
    server one ${to}`

tellApart('HAProxy', lines => startHaproxy(port => lines(backends, port)), [
  { name: 'the right lines', lines: ({ ws }, port) => haproxy(ws)(port) },
  {
    name: 'Upgrade removed before ws',
    lines: ({ bare }, port) => haproxy(bare, 'http-request del-header Upgrade')(port),
    code: 'UPGRADE_STRIPPED',
    cure: 'http-request del-header Upgrade',
  },
  {
    name: 'Upgrade removed before a server that answers 404',
    lines: ({ ws }, port) => haproxy(ws, 'http-request del-header Upgrade')(port),
    code: 'UPGRADE_STRIPPED_OR_UNHANDLED',
    cure: 'backend ws',
  },
  {
    name: 'a backend that does not run',
    lines: ({ none }, port) => haproxy(none)(port),
    code: 'BAD_GATEWAY',
    cure: 'server app 127.0.0.1:8080 check',
  },
  {
    name: 'TLS spoken to a plain backend',
    lines: ({ ws }, port) => haproxy(`${ws} ssl verify none`)(port),
    code: 'BAD_GATEWAY',
  },
  {
    name: 'Host rewritten',
    lines: ({ ws }, port) => haproxy(ws, 'http-request set-header Host app')(port),
    code: 'ORIGIN_REFUSED',
  },
  {
    name: 'an address that is denied',
    lines: ({ ws }, port) => haproxy(ws, 'http-request deny')(port),
    code: 'FORBIDDEN',
  },
  {
    name: 'everything sent to https',
    lines: ({ ws }, port) => haproxy(ws, 'http-request redirect scheme https')(port),
    code: 'REDIRECTED',
  },
  {
    name: 'a PROXY header that nobody reads',
    lines: ({ ws }, port) => haproxy(`${ws} send-proxy`)(port),
    code: 'REQUEST_GARBLED',
    cure: 'send-proxy',
  },
  {
    name: 'a PROXY header that nobody sends',
    lines: ({ ws }, port) => haproxy(ws)(port).replace(`:${port}`, `:${port} accept-proxy`),
    code: 'PROXY_HEADER_WANTED',
    cure: 'accept-proxy',
  },
])

tellApart('Caddy', lines => startCaddy(lines(backends, 0)), [
  { name: 'the right lines', lines: ({ ws }) => `reverse_proxy ${ws}` },
  {
    name: 'Upgrade removed before ws',
    lines: ({ bare }) => `reverse_proxy ${bare} {\nheader_up -Upgrade\n}`,
    code: 'UPGRADE_STRIPPED',
    cure: 'reverse_proxy /ws',
  },
  {
    name: 'a backend that does not run',
    lines: ({ none }) => `reverse_proxy ${none}`,
    code: 'BAD_GATEWAY',
    cure: 'reverse_proxy 127.0.0.1:8080',
  },
  {
    name: 'HTTP/2 spoken to a backend of HTTP/1.1',
    lines: ({ ws }) => `reverse_proxy h2c://${ws}`,
    code: 'BAD_GATEWAY',
  },
  {
    name: 'no route for the path',
    lines: ({ ws }) => `reverse_proxy /hidden ${ws}`,
    code: 'PROXY_ANSWERED',
    cure: 'reverse_proxy /ws',
  },
  {
    name: 'files for every path',
    lines: () => 'root * /etc\nfile_server',
    code: 'PROXY_ANSWERED',
  },
  {
    name: 'a page server behind',
    lines: ({ page }) => `reverse_proxy ${page}`,
    code: 'UPGRADE_STRIPPED_OR_UNHANDLED',
  },
  {
    name: 'Host rewritten',
    lines: ({ ws }) => `reverse_proxy ${ws} {\nheader_up Host app\n}`,
    code: 'ORIGIN_REFUSED',
  },
])

tellApart('Apache', lines => startApache(lines(backends, 0)), [
  {
    name: 'the right lines',
    lines: ({ ws }) => `ProxyPreserveHost On\nProxyPass / http://${ws}/ upgrade=websocket`,
  },
  {
    name: 'no upgrade=websocket before ws',
    lines: ({ bare }) => `ProxyPass / http://${bare}/`,
    code: 'UPGRADE_STRIPPED',
    cure: 'upgrade=websocket',
  },
  {
    name: 'no upgrade=websocket before a server that answers 404',
    lines: ({ ws }) => `ProxyPass / http://${ws}/`,
    code: 'UPGRADE_STRIPPED_OR_UNHANDLED',
    cure: 'upgrade=websocket',
  },
  {
    name: 'Host rewritten',
    lines: ({ ws }) => `ProxyPass / http://${ws}/ upgrade=websocket`,
    code: 'ORIGIN_REFUSED',
  },
  {
    name: 'a backend that does not run',
    lines: ({ none }) => `ProxyPass / http://${none}/ upgrade=websocket`,
    code: 'BAD_GATEWAY',
    cure: 'ProxyPass "/ws"',
  },
  {
    name: 'another path',
    lines: ({ ws }) => `ProxyPass /hidden http://${ws}/ upgrade=websocket`,
    code: 'PROXY_ANSWERED',
    cure: 'ProxyPass "/ws"',
  },
  {
    name: 'an address that is denied',
    lines: ({ ws }) =>
      `ProxyPass / http://${ws}/ upgrade=websocket\n<Location />\nRequire all denied\n</Location>`,
    code: 'FORBIDDEN',
  },
  {
    name: 'a module that is missing',
    lines: ({ ws }) => `ProxyPass / fcgi://${ws}/`,
    code: 'SERVER_ERROR',
  },
])
