import fc from 'fast-check'
import { expect, test } from 'vitest'
import { serializeRefusal } from './refusal.ts'
import { serializeResponse } from './response.ts'
import { checkRequest, type HandshakeRequest, serverResponseHeaders } from './server-handshake.ts'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='

/** The request of RFC 6455 §1.2 with other headers; `undefined` leaves one out. */
function request(
  headers: HandshakeRequest['headers'] = {},
  line: Partial<HandshakeRequest> = {},
): HandshakeRequest {
  return {
    method: 'GET',
    httpVersion: '1.1',
    ...line,
    headers: {
      host: 'server.example.com',
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': key,
      'sec-websocket-version': '13',
      ...headers,
    },
  }
}

function refusalOf(asked: HandshakeRequest) {
  const result = checkRequest(asked)
  if (result.ok) throw new Error('The request was accepted.')
  return result.refusal
}

test('A minimal request is accepted', () => {
  expect(checkRequest(request())).toEqual({
    ok: true,
    key,
    subprotocols: [],
    extensions: [],
    origin: undefined,
    expectsContinue: false,
  })
})

test('A full request gives its subprotocols, extensions and origin', () => {
  const asked = request({
    origin: 'http://example.com',
    'sec-websocket-protocol': 'chat, superchat',
    'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits',
  })
  expect(checkRequest(asked)).toEqual({
    ok: true,
    key,
    subprotocols: ['chat', 'superchat'],
    extensions: [{ name: 'permessage-deflate', parameters: [['client_max_window_bits', true]] }],
    origin: 'http://example.com',
    expectsContinue: false,
  })
})

test.each<[string, HandshakeRequest]>([
  ['Upgrade in any case', request({ upgrade: 'WebSocket' })],
  ['Upgrade as a list', request({ upgrade: 'h2c, TLS/1.0, websocket' })],
  ['Connection as a list', request({ connection: 'keep-alive, upgrade' })],
  ['repeated Connection', request({ connection: ['keep-alive', 'Upgrade'] })],
  ['Content-Length of 0', request({ 'content-length': '0' })],
  ['a later version of HTTP', request({}, { httpVersion: '2.0' })],
])('A request with %s is accepted', (_, asked) => {
  expect(checkRequest(asked)).toMatchObject({ ok: true })
})

test.each<[string, HandshakeRequest, string, number, Record<string, string>]>([
  ['POST', request({}, { method: 'POST' }), 'BW_METHOD_NOT_GET', 405, { Allow: 'GET' }],
  ['get', request({}, { method: 'get' }), 'BW_METHOD_NOT_GET', 405, {}],
  ['HTTP/1.0', request({}, { httpVersion: '1.0' }), 'BW_HTTP_VERSION_TOO_OLD', 426, { Upgrade: 'websocket' }],
  ['HTTP/0.9', request({}, { httpVersion: '0.9' }), 'BW_HTTP_VERSION_TOO_OLD', 426, {}],
  ['no version of HTTP', request({}, { httpVersion: '' }), 'BW_HTTP_VERSION_TOO_OLD', 426, {}],
  ['no Host', request({ host: undefined }), 'BW_HOST_MISSING', 400, {}],
  ['an empty Host', request({ host: '' }), 'BW_HOST_MISSING', 400, {}],
  ['two Hosts', request({ host: ['a', 'b'] }), 'BW_HOST_MISSING', 400, {}],
  ['a body of known length', request({ 'content-length': '3' }), 'BW_BODY_UNEXPECTED', 400, {}],
  ['a chunked body', request({ 'transfer-encoding': 'chunked' }), 'BW_BODY_UNEXPECTED', 400, {}],
  [
    'an encoded, empty body',
    request({ 'transfer-encoding': 'x', 'content-length': '0' }),
    'BW_BODY_UNEXPECTED',
    400,
    {},
  ],
  [
    'no Upgrade',
    request({ upgrade: undefined }),
    'BW_UPGRADE_MISSING',
    426,
    { Upgrade: 'websocket', Connection: 'Upgrade, close' },
  ],
  ['another Upgrade', request({ upgrade: 'h2c' }), 'BW_UPGRADE_MISSING', 426, {}],
  ['an Upgrade that only looks alike', request({ upgrade: 'websocket2' }), 'BW_UPGRADE_MISSING', 426, {}],
  [
    'no Connection',
    request({ connection: undefined }),
    'BW_CONNECTION_UPGRADE_MISSING',
    426,
    { Upgrade: 'websocket', Connection: 'Upgrade, close' },
  ],
  ['another Connection', request({ connection: 'keep-alive' }), 'BW_CONNECTION_UPGRADE_MISSING', 426, {}],
  ...['12', '8', '', '013', '13, 8', undefined].map(
    (version): [string, HandshakeRequest, string, number, Record<string, string>] => [
      `the version ${version}`,
      request({ 'sec-websocket-version': version }),
      'BW_VERSION_UNSUPPORTED',
      426,
      { 'Sec-WebSocket-Version': '13', Upgrade: 'websocket' },
    ],
  ),
  ['no key', request({ 'sec-websocket-key': undefined }), 'BW_KEY_INVALID', 400, {}],
  ['a key of 15 bytes', request({ 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAA' }), 'BW_KEY_INVALID', 400, {}],
  ['two keys', request({ 'sec-websocket-key': `${key}, ${key}` }), 'BW_KEY_INVALID', 400, {}],
  ['two keys apart', request({ 'sec-websocket-key': [key, key] }), 'BW_KEY_INVALID', 400, {}],
  ...['', ',', 'a b', 'a, a', 'a, b, a', 'a/1'].map(
    (value): [string, HandshakeRequest, string, number, Record<string, string>] => [
      `the subprotocols ${JSON.stringify(value)}`,
      request({ 'sec-websocket-protocol': value }),
      'BW_SUBPROTOCOL_HEADER_INVALID',
      400,
      {},
    ],
  ),
  ...['', 'a;', 'a; b="c d"', 'x'.repeat(8193)].map(
    (value): [string, HandshakeRequest, string, number, Record<string, string>] => [
      `the extensions ${JSON.stringify(value.slice(0, 20))}`,
      request({ 'sec-websocket-extensions': value }),
      'BW_EXTENSIONS_HEADER_INVALID',
      400,
      {},
    ],
  ),
])('A request with %s is refused with its code, status and headers', (_, asked, code, status, headers) => {
  const refusal = refusalOf(asked)
  expect(refusal).toMatchObject({ code, status, headers })
  expect(refusal.text).toMatch(/\bgot\b/)
  expect(() => serializeRefusal(refusal)).not.toThrow()
})

test('A plain request is told about WebSocket clients, stripping proxies and the cure for nginx', () => {
  const { text } = refusalOf(request({ upgrade: undefined, connection: 'close' }))
  expect(text).toBe(
    'This is a WebSocket endpoint: it expected the header "Upgrade: websocket", got none. ' +
      'Connect with a WebSocket client. If you did, a proxy on the way removed the headers; nginx needs:\n' +
      '  proxy_http_version 1.1;\n' +
      '  proxy_set_header Upgrade $http_upgrade;\n' +
      '  proxy_set_header Connection "upgrade";',
  )
})

test('What came is repeated without control characters and cut', () => {
  const { text } = refusalOf(request({ upgrade: `a\u0007\u001b[2J${'b'.repeat(500)}` }))
  expect(text).not.toContain('\u0007')
  expect(text).not.toContain('\u001b')
  expect(text).toContain(`"a[2J${'b'.repeat(94)}…"`)
})

test('Repeated origins are kept together, so that they match no allowed one', () => {
  const asked = request({ origin: ['http://a.example', 'http://b.example'] })
  expect(checkRequest(asked)).toMatchObject({ origin: 'http://a.example, http://b.example' })
})

test('No request makes the check throw, and every refusal can be sent', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('websocket', 'Upgrade', '13', key, 'a;b="c'),
  )
  const value = fc.option(fc.oneof(text, fc.array(text, { maxLength: 3 })), { nil: undefined })
  const names = [
    'host',
    'upgrade',
    'connection',
    'origin',
    'sec-websocket-key',
    'sec-websocket-version',
    'sec-websocket-protocol',
    'sec-websocket-extensions',
  ]
  const headers = fc.dictionary(fc.constantFrom(...names), value)
  fc.assert(
    fc.property(fc.constantFrom('GET', undefined, '\u0000'), text, headers, (method, httpVersion, some) => {
      for (const asked of [request(some), { method, httpVersion, headers: some }]) {
        const result = checkRequest(asked)
        if (!result.ok) expect(() => serializeRefusal(result.refusal)).not.toThrow()
      }
    }),
    { seed: 421, numRuns: 2000 },
  )
})

test('The answer 101 has its headers in order', () => {
  const headers = serverResponseHeaders({
    key,
    subprotocol: 'chat',
    extensions: [{ name: 'permessage-deflate', parameters: [['server_max_window_bits', '10']] }],
    extra: { 'Set-Cookie': ['a=1', 'b=2'], 'X-Absent': undefined },
  })
  expect(serializeResponse(101, headers)).toBe(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n' +
      'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n' +
      'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n',
  )
})

test('The answer 101 names no subprotocol and no extensions when there are none', () => {
  expect(serverResponseHeaders({ key, extensions: [] })).toEqual([
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
  ])
})

test.each([
  ['connection', 'close'],
  ['UPGRADE', 'h2c'],
  ['Sec-WebSocket-Accept', 'x'],
  ['Sec-WebSocket-Protocol', 'x'],
  ['Sec-WebSocket-Extensions', 'x'],
  ['Content-Length', '0'],
  ['Transfer-Encoding', 'chunked'],
  ['X', 'a\r\nb: c'],
  ['X Y', 'a'],
])('The further header %s: %j throws a UsageError', (name, value) => {
  expect(() => serverResponseHeaders({ key, extra: { [name]: value } })).toThrow(
    expect.objectContaining({ code: 'BW_INVALID_HEADER' }),
  )
})

test('A subprotocol that is not a token throws a UsageError', () => {
  expect(() => serverResponseHeaders({ key, subprotocol: 'a\r\nb' })).toThrow(
    expect.objectContaining({ code: 'BW_INVALID_SUBPROTOCOL' }),
  )
})
