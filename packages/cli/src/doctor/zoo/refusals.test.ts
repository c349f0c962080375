import { afterAll, expect, test } from 'vitest'
import { answering, closeAll, examine, header, http, isUpgrade, rawServer, switching } from './keeper.ts'

afterAll(closeAll)

/** Servers of this process that say nothing now say nothing later. */
const totalMs = 5000

/** Name, the server's answer, and the one code that the doctor must say. */
const cases: readonly (readonly [string, (head: string) => string | undefined, string])[] = [
  ['A route that answers 200', () => http('200 OK', '<html>'), 'HTTP_ANSWERED'],
  ['A route that answers 204', () => http('204 No Content'), 'HTTP_ANSWERED'],
  ['A redirect to https', () => http('301 Moved', '', 'Location: https://127.0.0.1/\r\n'), 'REDIRECTED'],
  ['A redirect to a login', () => http('302 Found', '', 'Location: /login\r\n'), 'REDIRECTED'],
  [
    'A redirect that adds a slash',
    () => http('308 Permanent Redirect', '', 'Location: /chat/\r\n'),
    'REDIRECTED',
  ],
  ['A 404 from nobody in particular', () => http('404 Not Found', 'Cannot GET /chat'), 'NOT_FOUND'],
  [
    'ws with another path',
    head => (isUpgrade(head) ? http('400 Bad Request', 'Bad Request') : http('404 Not Found')),
    'WRONG_PATH',
  ],
  [
    'websocket without a request listener',
    () =>
      http(
        '404 Not Found',
        '',
        'X-WebSocket-Reject-Reason: No handler is configured to accept the connection.\r\n',
      ),
    'NO_REQUEST_HANDLER',
  ],
  ['A route that knows POST only', () => http('405 Method Not Allowed', '', 'Allow: POST\r\n'), 'METHOD'],
  [
    'Missing credentials',
    () => http('401 Unauthorized', '', 'WWW-Authenticate: Basic realm="x"\r\n'),
    'AUTHENTICATION',
  ],
  ['A firewall', () => http('403 Forbidden', 'Access denied'), 'FORBIDDEN'],
  ['An origin rule that says so', () => http('403 Forbidden', 'Origin not allowed'), 'ORIGIN_REFUSED'],
  [
    'An origin rule that says nothing',
    head =>
      isUpgrade(head) && header(head, 'Origin') === undefined ? switching(head) : http('403 Forbidden'),
    'ORIGIN_REFUSED',
  ],
  ['A proxy with a password', () => http('407 Proxy Authentication Required'), 'PROXY_AUTHENTICATION'],
  ['A stripped upgrade at ws', () => http('426 Upgrade Required', 'Upgrade Required'), 'UPGRADE_STRIPPED'],
  [
    'A stripped upgrade at gorilla',
    () =>
      http(
        '400 Bad Request',
        "Bad Request\nwebsocket: the client is not using the websocket protocol: 'upgrade' token not found in 'Connection' header",
      ),
    'UPGRADE_STRIPPED',
  ],
  [
    'A stripped upgrade at Spring',
    () => http('400 Bad Request', 'Can "Upgrade" only to "WebSocket".'),
    'UPGRADE_STRIPPED',
  ],
  [
    'A server of the drafts',
    () => http('426 Upgrade Required', '', 'Sec-WebSocket-Version: 8, 7\r\n'),
    'VERSION',
  ],
  [
    'A mangled key at ws',
    () =>
      http(
        '400 Bad Request',
        'Missing or invalid Sec-WebSocket-Key header',
        'Sec-WebSocket-Version: 13, 8\r\n',
      ),
    'HEADERS_MANGLED',
  ],
  ['A 400 with a reason', () => http('400 Bad Request', 'missing tenant'), 'BAD_REQUEST'],
  ['A rate limit', () => http('429 Too Many Requests', '', 'Retry-After: 7\r\n'), 'TOO_MANY_REQUESTS'],
  ['A server that drains', () => http('503 Service Unavailable', '', 'Retry-After: 1\r\n'), 'UNAVAILABLE'],
  ['A handler that throws', () => http('500 Internal Server Error'), 'SERVER_ERROR'],
  ['A proxy without its backend', () => http('502 Bad Gateway', '', 'Server: nginx\r\n'), 'BAD_GATEWAY'],
  ['A proxy whose backend is slow', () => http('504 Gateway Timeout'), 'BAD_GATEWAY'],
  [
    'Cloudflare without its origin',
    () => http('522 Origin Timeout', '', 'Server: cloudflare\r\n'),
    'CLOUDFLARE_ORIGIN',
  ],
  ['A status that nobody knows', () => http('418 I am a teapot'), 'STATUS'],
  [
    'A plain request at a TLS port, as nginx says it',
    () => http('400 Bad Request', 'The plain HTTP request was sent to HTTPS port'),
    'WS_TO_TLS_PORT',
  ],
  [
    'A plain request at a TLS port, as Go says it',
    () => http('400 Bad Request', 'Client sent an HTTP request to an HTTPS server.'),
    'WS_TO_TLS_PORT',
  ],
  [
    'A head that never ends',
    () => 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n',
    'HTTP_INCOMPLETE',
  ],
  [
    'A server that chokes on extensions',
    head =>
      !isUpgrade(head)
        ? http('404 Not Found')
        : header(head, 'Sec-WebSocket-Extensions') === undefined
          ? switching(head)
          : http('400 Bad Request'),
    'COMPRESSION_REFUSED',
  ],
  [
    'A server that wants a subprotocol',
    head =>
      /mqtt/.test(header(head, 'Sec-WebSocket-Protocol') ?? '')
        ? switching(head, 'Sec-WebSocket-Protocol: mqtt\r\n')
        : http('400 Bad Request'),
    'SUBPROTOCOL_REQUIRED',
  ],
  [
    'A path that lacks a slash',
    head => (head.startsWith('GET /chat/ ') && isUpgrade(head) ? switching(head) : http('404 Not Found')),
    'WRONG_PATH',
  ],
  [
    'A server on /ws',
    head => (head.startsWith('GET /ws ') && isUpgrade(head) ? switching(head) : http('404 Not Found')),
    'WRONG_PATH',
  ],
  [
    'An upgrade that nobody answers',
    head => (isUpgrade(head) ? undefined : http('200 OK', 'page')),
    'UPGRADE_IGNORED',
  ],
  ['A server that answers nothing', () => undefined, 'SERVER_SILENT'],
  [
    'Express behind nginx',
    () => http('404 Not Found', 'Cannot GET', 'Server: nginx/1.22\r\nX-Powered-By: Express\r\n'),
    'UPGRADE_STRIPPED_OR_UNHANDLED',
  ],
]

test.concurrent.each(cases)('%s is told as such', async (_, answer, code) => {
  const port = await answering(answer)
  const { problems } = await examine(`ws://127.0.0.1:${port}/chat`, { totalMs })
  expect(problems).toEqual([code])
})

test.concurrent('A subprotocol that the server refuses is told from one that it does not choose', async () => {
  const port = await answering(head =>
    !isUpgrade(head)
      ? http('404 Not Found')
      : header(head, 'Sec-WebSocket-Protocol') === undefined
        ? switching(head)
        : http('400 Bad Request'),
  )
  expect((await examine(`ws://127.0.0.1:${port}/`, { protocols: ['chat'] })).problems).toEqual([
    'SUBPROTOCOL_REFUSED',
  ])
})

test.concurrent('An origin that was named by the user is told apart from the server’s own', async () => {
  const port = await answering(head =>
    isUpgrade(head) && /127\.0\.0\.1/.test(header(head, 'Origin') ?? '')
      ? switching(head)
      : http('403 Forbidden'),
  )
  const told = await examine(`ws://127.0.0.1:${port}/`, { origin: 'https://app.example.com' })
  expect(told.problems).toEqual(['ORIGIN_REFUSED'])
  expect(told.text).toContain("origins: ['https://app.example.com']")
})

test.concurrent('A connection that ends at once without a byte is told, and whether a plain request fares better', async () => {
  const both = await rawServer(socket => socket.destroy())
  expect((await examine(`ws://127.0.0.1:${both}/`)).problems).toEqual(['ENDED_WITHOUT_ANSWER'])
  const upgradeOnly = await answering((head, socket) => {
    if (!isUpgrade(head)) return http('200 OK', 'page')
    socket.destroy()
    return undefined
  })
  expect((await examine(`ws://127.0.0.1:${upgradeOnly}/`)).problems).toEqual(['UPGRADE_CRASHES'])
})

/** Servers at a port that is not HTTP, by their own first words. */
const speakers: readonly (readonly [string, string | Buffer, boolean])[] = [
  ['SSH', 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', true],
  ['SMTP', '220 mail.example.com ESMTP Postfix\r\n', true],
  ['FTP', '220 (vsFTPd 3.0.3)\r\n', true],
  ['MySQL', Buffer.concat([Buffer.from([0x4a, 0, 0, 0, 10]), Buffer.from('8.0.36\0')]), true],
  ['Redis', "-ERR wrong number of arguments for 'get' command\r\n", false],
  ['NATS', 'INFO {"server_id":"X","version":"2.9.10"} \r\n', true],
  [
    'PostgreSQL',
    Buffer.from('E\0\0\0\x32SFATAL\0C0A000\0Munsupported frontend protocol\0\0', 'latin1'),
    false,
  ],
  [
    'MongoDB',
    'It looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n',
    false,
  ],
  ['a protocol of its own', 'hello there\n', true],
]

test.concurrent.each(speakers)('%s at the port is named', async (name, words, speaksFirst) => {
  const port = await rawServer(socket => {
    if (speaksFirst) socket.write(words)
    else socket.once('data', () => socket.end(words))
  })
  const told = await examine(`ws://127.0.0.1:${port}/`)
  expect(told.problems).toEqual(['NOT_HTTP'])
  expect(told.text).toContain(`This port speaks ${name}`)
})
