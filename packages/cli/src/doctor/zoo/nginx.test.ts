import { createServer, type IncomingMessage } from 'node:http'
import { startNginx } from '@bothways/test-support/nginx'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { closeAll, examine, later, open } from './keeper.ts'

let backend = 0

beforeAll(async () => {
  const http = createServer((_, response) => response.writeHead(404).end('Cannot GET'))
  new WebSocketServer({
    server: http,
    verifyClient: ({ origin, req }: { origin: string; req: IncomingMessage }) =>
      origin === undefined || new URL(origin).host === req.headers.host,
  }).on('connection', socket => socket.on('error', () => {}))
  backend = await open(http)
})

afterAll(closeAll)

async function behind(location: (backendUrl: string) => string): Promise<string> {
  const nginx = await startNginx(
    port => `listen 127.0.0.1:${port}; ${location(`http://127.0.0.1:${backend}`)}`,
  )
  later(() => nginx.stop())
  return `ws://127.0.0.1:${nginx.port}/chat`
}

const upgrade =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
const host = 'proxy_set_header Host $http_host;'

/** Name, the lines of the location or server, and the one code; undefined: healthy. */
const cases: readonly (readonly [string, (url: string) => string, string | undefined])[] = [
  ['the right lines', url => `location / { proxy_pass ${url}; ${upgrade} ${host} }`, undefined],
  ['no lines for upgrades', url => `location / { proxy_pass ${url}; }`, 'UPGRADE_STRIPPED_OR_UNHANDLED'],
  [
    'Upgrade passed on, Connection forgotten',
    url =>
      `location / { proxy_pass ${url}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; }`,
    'UPGRADE_STRIPPED_OR_UNHANDLED',
  ],
  [
    'a backend that does not run',
    () => `location / { proxy_pass http://127.0.0.1:9; ${upgrade} }`,
    'BAD_GATEWAY',
  ],
  [
    'TLS spoken to a plain backend',
    url => `location / { proxy_pass ${url.replace('http', 'https')}; ${upgrade} }`,
    'BAD_GATEWAY',
  ],
  ['another location', url => `location /ws { proxy_pass ${url}; ${upgrade} }`, 'PROXY_ANSWERED'],
  ['index.html for every path', () => 'root /etc; try_files $uri /hosts;', 'PROXY_ANSWERED'],
  ['everything sent to https', () => 'return 301 https://$host$request_uri;', 'REDIRECTED'],
  [
    'a password',
    url =>
      `location / { auth_basic "private"; auth_basic_user_file /dev/null; proxy_pass ${url}; ${upgrade} }`,
    'AUTHENTICATION',
  ],
  ['an address that is denied', url => `location / { deny all; proxy_pass ${url}; ${upgrade} }`, 'FORBIDDEN'],
  ['a method that is denied', () => 'location / { return 405; }', 'METHOD'],
  ['maintenance', () => 'location / { return 503; }', 'UNAVAILABLE'],
  [
    'the key removed',
    url => `location / { proxy_pass ${url}; ${upgrade} ${host} proxy_set_header Sec-WebSocket-Key ""; }`,
    'HEADERS_MANGLED',
  ],
  ['a page for every path', () => 'location / { return 200 "<html>"; }', 'UPGRADE_STRIPPED_OR_UNHANDLED'],
]

test.concurrent.each(cases)('nginx with %s is told', async (_, lines, code) => {
  const { problems } = await examine(await behind(lines))
  expect(problems).toEqual(code === undefined ? [] : [code])
})

test.concurrent('nginx that rewrites Host makes the origin rule fail, and its own lines are in the advice', async () => {
  const told = await examine(await behind(url => `location / { proxy_pass ${url}; ${upgrade} }`))
  expect(told.problems).toEqual(['ORIGIN_REFUSED'])
  const stripped = await examine(await behind(url => `location / { proxy_pass ${url}; }`))
  expect(stripped.text).toContain('proxy_set_header Upgrade $http_upgrade;')
})

test.concurrent('An idle time-out of nginx is found, and that pings help', async () => {
  const url = await behind(
    backendUrl => `location / { proxy_pass ${backendUrl}; ${upgrade} ${host} proxy_read_timeout 2s; }`,
  )
  const told = await examine(url, { idleSeconds: 5 })
  expect(told.problems).toEqual(['IDLE_TIMEOUT'])
  expect(told.text).toContain('with pings it stays')
})
