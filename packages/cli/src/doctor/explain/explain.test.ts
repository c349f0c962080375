import fc from 'fast-check'
import { expect, test } from 'vitest'
import { explain } from './explain.ts'
import { explainHar } from './har.ts'

/** A text as users paste it, and the code of the likeliest cause. */
const texts: readonly (readonly [string, string])[] = [
  [
    "Uncaught InvalidStateError: Failed to execute 'send' on 'WebSocket': Still in CONNECTING state.",
    'SEND_BEFORE_OPEN',
  ],
  ['Error: WebSocket is not open: readyState 0 (CONNECTING)', 'SEND_BEFORE_OPEN'],
  ['WebSocket is already in CLOSING or CLOSED state.', 'SEND_AFTER_CLOSE'],
  ['Error: WebSocket is not open: readyState 3 (CLOSED)', 'SEND_AFTER_CLOSE'],
  [
    "WebSocket connection to 'ws://localhost:3000/' failed: WebSocket is closed before the connection is established.",
    'CLOSE_BEFORE_OPEN',
  ],
  [
    "SyntaxError: Failed to construct 'WebSocket': The URL's scheme must be either 'http', 'https', 'ws', or 'wss'. 'ftp' is not allowed.",
    'URL_SCHEME_UNSUPPORTED',
  ],
  [
    "WebSocket connection to 'ws://localhost:3001/' failed: Error in connection establishment: net::ERR_CONNECTION_REFUSED",
    'PORT_CLOSED',
  ],
  ['Error: connect ECONNREFUSED 127.0.0.1:8080', 'PORT_CLOSED'],
  [
    "WebSocket connection to 'ws://localhost:8080/' failed: Error during WebSocket handshake: Unexpected response code: 200",
    'HTTP_ANSWERED',
  ],
  [
    "WebSocket connection to 'ws://localhost:8080/x' failed: Error during WebSocket handshake: Unexpected response code: 404",
    'NOT_FOUND',
  ],
  ['Error: Unexpected server response: 403', 'ORIGIN_REFUSED'],
  ['Error: Unexpected server response: 502', 'BAD_GATEWAY'],
  [
    'Error: Server responded with a non-101 status: 404 Not Found\nX-WebSocket-Reject-Reason: No handler is configured to accept the connection.',
    'NO_REQUEST_HANDLER',
  ],
  [
    "WebSocket connection to 'ws://localhost:3000/' failed: Connection closed before receiving a handshake response",
    'SOCKET_IO_SERVER',
  ],
  ['Error: socket hang up', 'SOCKET_IO_SERVER'],
  [
    "WebSocket connection to 'wss://localhost:3000/' failed: HTTP Authentication failed; no valid credentials available",
    'AUTHENTICATION',
  ],
  ["WebSocket connection to 'ws://a/' failed: Invalid frame header", 'SECOND_ANSWER'],
  ['RangeError: Invalid WebSocket frame: RSV1 must be clear', 'SECOND_ANSWER'],
  ['RangeError: Invalid WebSocket frame: MASK must be clear', 'FRAME_MASKED'],
  ['A server must not mask any frames that it sends to the client.', 'FRAME_MASKED'],
  ['Could not decode a text frame as UTF-8.', 'INVALID_UTF8'],
  ['Error: self-signed certificate; code DEPTH_ZERO_SELF_SIGNED_CERT', 'CERTIFICATE_SELF_SIGNED'],
  ['net::ERR_CERT_DATE_INVALID', 'CERTIFICATE_EXPIRED'],
  [
    'write EPROTO 40EC: error:0A00010B:SSL routines:ssl3_get_record:wrong version number',
    'WSS_TO_PLAIN_PORT',
  ],
  [
    'Mixed Content: The page at https://a was loaded over HTTPS, but attempted to connect to the insecure WebSocket endpoint',
    'MIXED_CONTENT',
  ],
  [
    "Refused to connect to 'ws://x' because it violates the following Content Security Policy directive: \"connect-src 'self'\".",
    'CONTENT_SECURITY_POLICY',
  ],
  ['Error: xhr poll error', 'PORT_CLOSED'],
  ['{"code":1,"message":"Session ID unknown"}', 'SOCKET_IO_NOT_STICKY'],
  ['{"code":5,"message":"Unsupported protocol version"}', 'SOCKET_IO_VERSION'],
  ['Disconnected: ping timeout', 'SOCKET_IO_PING_TIMEOUT'],
  ['Firefox 无法建立到 ws://localhost:8080/ 服务器的连接。', 'GENERIC'],
  ['加载页面时与 ws://localhost:8080/ 的连接中断。', 'CLOSE_BEFORE_OPEN'],
  ['localhost 拒绝连接。', 'PORT_CLOSED'],
  ['CloseEvent code: 1006', 'ABNORMAL_CLOSURE'],
  ['1009', 'SIZE_LIMIT'],
  ['关闭码 4401', 'CLOSE_APPLICATION'],
  ["Unhandled 'error' event", 'UNHANDLED_ERROR'],
  ['upstream timed out (110: Connection timed out) while reading response header', 'IDLE_TIMEOUT'],
  ['the cat sat on the keyboard', 'TEXT_UNKNOWN'],
  ['', 'TEXT_UNKNOWN'],
  ['Received a broken close frame containing invalid UTF-8.', 'CLOSE_FRAME_INVALID'],
  ['Received start of new message but previous message is unfinished.', 'FRAGMENTATION'],
  ['Received fragmented control frame: opcode = 9', 'CONTROL_FRAME'],
  ['net::ERR_PROXY_CONNECTION_FAILED', 'PROXY_TUNNEL'],
  ['net::ERR_CONNECTION_CLOSED', 'CONNECTION_RESET'],
  ['net::ERR_NETWORK_CHANGED', 'ABNORMAL_CLOSURE'],
  ['net::ERR_BLOCKED_BY_CLIENT', 'BLOCKED_BY_EXTENSION'],
  ['Error: unexpected server response (404)', 'NOT_FOUND'],
  ['getaddrinfo EAI_AGAIN db', 'NAME_SERVER_SILENT'],
  ['write EPIPE', 'CONNECTION_RESET'],
  ['It seems you are trying to reach a Socket.IO server in v2.x with a v3.x client', 'SOCKET_IO_VERSION'],
  ['Invalid namespace', 'SOCKET_IO_NAMESPACE'],
  ['io server disconnect', 'SOCKET_IO_DISCONNECTED'],
  ['blocked by CORS policy: No Access-Control-Allow-Origin header is present', 'CORS'],
  ['已被 CORS 策略阻止', 'CORS'],
  [
    'recv() failed (104: Connection reset by peer) while reading response header from upstream',
    'BAD_GATEWAY',
  ],
  ['host not found in upstream "app"', 'BAD_GATEWAY'],
  ['WebSocket连接失败：404', 'NOT_FOUND'],
  ['服务器返回 502', 'BAD_GATEWAY'],
  ['报错 426', 'UPGRADE_STRIPPED'],
  ['证书无效', 'CERTIFICATE_SELF_SIGNED'],
  ['您的连接不是私密连接', 'CERTIFICATE_SELF_SIGNED'],
  ['握手失败', 'GENERIC'],
  ["URL 的方案必须是 'ws' 或 'wss'。不允许使用 'http'。", 'URL_SCHEME_UNSUPPORTED'],
  ["在 'WebSocket' 上执行 'send' 失败：仍处于连接状态", 'SEND_BEFORE_OPEN'],
  ['The message must not be greater than 123 bytes', 'CLOSE_ARGUMENT'],
  ['Cannot POST /ws', 'METHOD'],
  ['404 page not found', 'NOT_FOUND'],
  ['tlsv1 unrecognized name', 'TLS_FAILED'],
  [
    'websockets.exceptions.InvalidStatusCode: server rejected WebSocket connection: HTTP 403',
    'ORIGIN_REFUSED',
  ],
  ["Expected HTTP 101 response but was '200 OK'", 'HTTP_ANSWERED'],
  ['SocketTimeoutException: failed to connect to /10.0.2.2 (port 8080) after 10000ms', 'NO_ANSWER'],
  ['小程序 url not in domain list', 'DOMAIN_NOT_LISTED'],
  ['Error: listen EADDRINUSE: address already in use :::8080', 'PORT_IN_USE'],
  ['upstream timed out after 500 ms', 'IDLE_TIMEOUT'],
]

test.each(texts)('%s is explained', (text, code) => {
  expect(explain(text, 'en')[0]?.code).toBe(`BW_DOCTOR_${code}`)
})

test('A text with several causes comes with all of them and the question that tells them apart, in both languages', () => {
  const text = 'Connection closed before receiving a handshake response'
  for (const language of ['en', 'zh'] as const) {
    const findings = explain(text, language)
    expect(findings).toHaveLength(3)
    expect(findings[0]?.question).toMatch(/Socket\.IO/)
  }
})

test('A sentence names what stands in the text', () => {
  expect(
    explain("WebSocket connection to 'wss://example.com/ws' failed: wrong version number", 'en')[0]?.advice,
  ).toContain('ws://example.com/ws')
})

test('A recording of a browser is read, and its failed WebSockets are explained', () => {
  const entries = [
    { request: { url: 'ws://localhost/ok' }, response: { status: 101 }, _resourceType: 'websocket' },
    { request: { url: 'ws://localhost/bad' }, response: { status: 404 }, _resourceType: 'websocket' },
    { request: { url: 'http://localhost/page' }, response: { status: 500 } },
    {
      request: { url: 'ws://localhost/gone' },
      response: { status: 0, _error: 'net::ERR_CONNECTION_REFUSED' },
      _resourceType: 'websocket',
    },
  ]
  const found = explainHar(JSON.stringify({ log: { entries } }), 'en')
  expect(found.map(({ url, findings }) => [url, findings[0]?.code])).toEqual([
    ['ws://localhost/bad', 'BW_DOCTOR_NOT_FOUND'],
    ['ws://localhost/gone', 'BW_DOCTOR_PORT_CLOSED'],
    ['ws://localhost/ok', 'BW_DOCTOR_RECORDING_OPENED'],
  ])
  expect(found[0]?.findings[0]?.evidence).toEqual(['ws://localhost/bad: 404'])
  expect(found.at(-1)?.findings[0]?.title).toBe('Of 3 WebSockets in the recording, 1 opened')
  expect(() => explainHar('{}', 'en')).toThrow('log.entries')
})

test('Whatever is pasted has an explanation, and none takes long', () => {
  const pieces = fc.oneof(
    fc.constantFrom(...texts.map(([text]) => text)),
    fc.string({ unit: 'binary' }),
    fc.integer(),
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 6 }), parts => {
      const findings = explain(parts.join(' '), 'zh')
      expect(findings.length).toBeGreaterThan(0)
      for (const { title, advice } of findings) expect([title, advice]).not.toContain('')
    }),
  )
  const startedAt = performance.now()
  for (const piece of ['websocket ', 'not allowed ', '加载页面时与', "Sec-WebSocket-Protocol value '", '1'])
    explain(piece.repeat(200_000), 'en')
  expect(performance.now() - startedAt).toBeLessThan(5000)
})

test('A recording that is broken in any way is no recording, or has entries that say nothing', () => {
  fc.assert(
    fc.property(fc.anything({ maxDepth: 3 }), fc.anything({ maxDepth: 2 }), (response, url) => {
      const entry = { _resourceType: 'websocket', request: { url }, response }
      const text = JSON.stringify({ log: { entries: [entry, response, url, null] } })
      for (const { findings } of explainHar(text, 'en')) expect(findings.length).toBeGreaterThan(0)
    }),
  )
  for (const text of ['', '{', 'null', '[]', '{"log":null}', '{"log":{"entries":{}}}', '\0'])
    expect(() => explainHar(text, 'en')).toThrow(SyntaxError)
  const odd = { _resourceType: 'websocket', response: { status: { toString: 1, valueOf: 1 } } }
  expect(explainHar(JSON.stringify({ log: { entries: [odd] } }), 'en')).toHaveLength(1)
  const [empty] = explainHar('\uFEFF{"log":{"entries":[]}}', 'en')
  expect(empty?.findings[0]?.title).toBe('The recording has no WebSocket, only 0 other requests')
})
