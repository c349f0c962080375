import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { makeChain } from '@bothways/test-support/certificate-chain'
import { startChild } from '@bothways/test-support/child'
import { startNginx } from '@bothways/test-support/nginx'
import { afterAll, expect, test } from 'vitest'
import { answering, closeAll, examine, http, isUpgrade, later, open, switching } from './keeper.ts'

afterAll(closeAll)

const asked = (head: string, path: string) => head.startsWith(`GET ${path} `)
const page = () => http('200 OK', '<html>')

/** The server's answer, the one code, and a text that the finding's words have to contain. */
type Case = readonly [name: string, answer: (head: string) => string, code: string, words: string]

const cases: readonly Case[] = [
  [
    'An HTTP proxy that is taken for the server',
    () => http('400 Bad Request', 'x', 'Server: squid/5.7\r\nX-Squid-Error: ERR_INVALID_URL 0\r\n'),
    'HTTP_PROXY_PORT',
    '--proxy http://127.0.0.1',
  ],
  [
    'A proxy of Go',
    () =>
      http('500 Internal Server Error', 'This is a proxy server. Does not respond to non-proxy requests.'),
    'HTTP_PROXY_PORT',
    '',
  ],
  [
    'A network that wants a login',
    () => http('511 Network Authentication Required', '<html>'),
    'CAPTIVE_PORTAL',
    '',
  ],
  [
    'A portal that leads elsewhere',
    () => http('302 Found', '', 'Location: http://portal.wifi/\r\n'),
    'REDIRECTED',
    'another host',
  ],
  ['Too many cookies', () => http('431 Request Header Fields Too Large'), 'HEADERS_TOO_LARGE', ''],
  [
    'Too many cookies at nginx',
    () => http('400 Bad Request', '<center>Request Header Or Cookie Too Large</center>'),
    'HEADERS_TOO_LARGE',
    '',
  ],
  [
    'A host name that webpack-dev-server does not know',
    () => http('403 Forbidden', 'Invalid Host header'),
    'HOST_REFUSED',
    'allowedHosts',
  ],
  [
    'A host name that Vite does not know',
    () => http('403 Forbidden', 'Blocked request. This host ("app.test") is not allowed.'),
    'HOST_REFUSED',
    '',
  ],
  [
    'SignalR without a connection',
    () => http('400 Bad Request', 'Connection ID required'),
    'OTHER_LIBRARY',
    '@microsoft/signalr',
  ],
  [
    'SockJS without raw WebSocket',
    () => http('200 OK', 'Welcome to SockJS!\n'),
    'OTHER_LIBRARY',
    '/websocket',
  ],
  [
    'SockJS at its own path',
    head =>
      asked(head, '/chat/websocket') && isUpgrade(head)
        ? switching(head)
        : http('200 OK', 'Welcome to SockJS!\n'),
    'WRONG_PATH',
    '/chat/websocket',
  ],
  [
    'Phoenix at the path of its own client',
    head =>
      asked(head, '/chat/websocket') && isUpgrade(head)
        ? switching(head)
        : http('404 Not Found', 'no route found for GET /chat (MyAppWeb.Router)'),
    'WRONG_PATH',
    '/chat/websocket',
  ],
  [
    'Envoy without upgrades',
    head => (isUpgrade(head) ? http('403 Forbidden', '', 'Server: envoy\r\n') : page()),
    'PROXY_REFUSES_UPGRADE',
    'upgrade_configs',
  ],
  [
    'uvicorn without a library',
    () => http('404 Not Found', '{"detail":"Not Found"}', 'Server: uvicorn\r\n'),
    'NO_WEBSOCKET_LIBRARY',
    'pip install',
  ],
  [
    'FastAPI behind a proxy that strips upgrades',
    () => http('404 Not Found', '{"detail":"Not Found"}', 'Server: nginx\r\n'),
    'UPGRADE_STRIPPED',
    '403',
  ],
  [
    'Go behind a proxy, without that route',
    () => http('404 Not Found', '404 page not found\n', 'Server: nginx\r\n'),
    'NOT_FOUND',
    'Go has no route there',
  ],
]

test.concurrent.each(cases)('%s is told as such', async (_, answer, code, words) => {
  const told = await examine(`ws://127.0.0.1:${await answering(answer)}/chat`, { totalMs: 5000 })
  expect(told.problems).toEqual([code])
  expect(told.text).toContain(words)
})

test.concurrent.each([
  ['chunks', 'Transfer-Encoding: chunked', Buffer.from('4\r\n\x81\x02hi\r\n', 'latin1')],
  ['gzip', 'Content-Encoding: gzip', gzipSync(Buffer.from([0x81, 2, 0x68, 0x69]))],
])('Frames that come in %s are told by the header', async (_, line, bytes) => {
  const port = await answering((head, socket) => {
    if (!isUpgrade(head)) return http('404 Not Found')
    socket.write(switching(head, `${line}\r\n`))
    return bytes
  })
  const told = await examine(`ws://127.0.0.1:${port}/`)
  expect(told.problems).toEqual(['STREAM_ENCODED'])
  expect(told.text).toContain(line.toLowerCase())
})

test.concurrent('Each fault of a certificate is told at once', async () => {
  const { leaf, root } = await makeChain()
  const { full: cert, key } = await leaf('both', 'DNS:other.example.com', -1)
  const url = `wss://localhost:${await answering(() => http('404 Not Found'), { cert, key })}/`
  const { problems } = await examine(url, { tls: { ca: root } })
  expect(problems.slice(0, 2)).toEqual(['CERTIFICATE_EXPIRED', 'CERTIFICATE_NAME'])
})

test.concurrent('A server on the other loopback address is named', async () => {
  const port = await open(createServer(), '::1')
  const told = await examine(`ws://127.0.0.1:${port}/`)
  expect(told.problems).toEqual(['PORT_CLOSED'])
  expect(told.text).toContain(`On [::1]:${port} something does listen`)
})

const passing =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'

/** A server of Node.js that nobody attached a WebSocket to, behind nginx. */
async function behindNginx(lines: string, onRequest: RequestListener): Promise<string> {
  const backend = await open(createServer(onRequest))
  const nginx = await startNginx(
    port => `listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${backend}; ${lines} }`,
  )
  later(() => nginx.stop())
  return `ws://127.0.0.1:${nginx.port}/chat`
}

const tellingUpgrades: RequestListener = ({ headers }, response) =>
  response.writeHead(404).end(headers.upgrade === undefined ? 'no such page' : 'no such socket')

test.concurrent('A server that answers upgrades in other words shows that nginx passes them on', async () => {
  const told = await examine(await behindNginx(passing, tellingUpgrades))
  expect(told.problems).toEqual(['NOT_FOUND'])
  expect(told.text).toContain('another one without Upgrade and Connection')
  expect((await examine(await behindNginx('', tellingUpgrades))).problems).toEqual([
    'UPGRADE_STRIPPED_OR_UNHANDLED',
  ])
})

test.concurrent('Numbers that change with each answer prove nothing, and the question to ask is said', async () => {
  let count = 0
  const url = await behindNginx(passing, (_, response) => {
    count += 1
    response.writeHead(404, { 'X-Request-Id': `${count}` }).end(`Cannot GET: ${count}, ${Math.random()}`)
  })
  const { problems, questions } = await examine(url)
  expect(problems).toEqual(['UPGRADE_STRIPPED_OR_UNHANDLED'])
  expect(questions[0]).toMatch(/bothways doctor behind URL.*nginx strips it unless its lines say otherwise/)
})

test.concurrent('The hot reload of webpack-dev-server is not taken for the server', async () => {
  const context = await mkdtemp(join(tmpdir(), 'bothways-webpack-'))
  later(() => rm(context, { recursive: true }))
  const program = `
    const load = require('node:module').createRequire(process.argv[2])
    const [webpack, WebpackDevServer] = [load('webpack'), load('webpack-dev-server')]
    const compiler = webpack({
      mode: 'development',
      context: process.argv[1],
      entry: 'data:text/javascript,0',
      stats: 'none',
      infrastructureLogging: { level: 'none' },
    })
    const server = new WebpackDevServer({ host: '127.0.0.1', port: 0, static: false }, compiler)
    server.start().then(() => console.log(server.server.address().port))`
  const dependents = join(import.meta.dirname, '../../../../../test/dependents/package.json')
  const child = await startChild(process.execPath, ['-e', program, context, dependents])
  later(() => child.stop())
  const told = await examine(`ws://127.0.0.1:${child.firstLine}/chat`)
  expect(told.problems).toEqual(['UPGRADE_IGNORED'])
  expect(told.text).toContain('devServer: { proxy')
})
