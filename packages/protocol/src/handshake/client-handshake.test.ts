import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deflateExtensionName } from '../deflate/deflate-agreement.ts'
import { HandshakeError } from '../errors.ts'
import { acceptKey } from './accept-key.ts'
import {
  type ClientHandshake,
  checkResponse,
  createRequestHeaders,
  type HandshakeResponse,
} from './client-handshake.ts'
import type { Extension } from './extensions.ts'
import type { HeaderList, HeaderRecord } from './header.ts'
import { checkRequest, serverResponseHeaders } from './server-handshake.ts'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const deflateOffer: Extension = {
  name: deflateExtensionName,
  parameters: [['client_max_window_bits', true]],
}

/** The answer of RFC 6455 §1.2 with other headers; `undefined` leaves one out. */
function response(headers: HeaderRecord = {}): HandshakeResponse {
  return {
    status: 101,
    headers: {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      ...headers,
    },
  }
}

function errorOf(answer: HandshakeResponse, offered: Partial<ClientHandshake> = {}): HandshakeError {
  const result = checkResponse(answer, { key, ...offered })
  if (result.ok) throw new Error('The answer was accepted.')
  expect(result.error).toBeInstanceOf(HandshakeError)
  return result.error
}

test('A request has its headers in order', () => {
  expect(
    createRequestHeaders({
      key,
      host: 'server.example.com',
      subprotocols: ['chat', 'superchat'],
      extensions: [deflateOffer],
      origin: 'http://example.com',
      extra: { Cookie: 'a=1' },
    }),
  ).toEqual([
    ['Host', 'server.example.com'],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', key],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Protocol', 'chat, superchat'],
    ['Sec-WebSocket-Extensions', 'permessage-deflate; client_max_window_bits'],
    ['Origin', 'http://example.com'],
    ['Cookie', 'a=1'],
  ])
})

test('A request without options has the four headers of the handshake', () => {
  expect(createRequestHeaders({ key }).map(([name]) => name)).toEqual([
    'Upgrade',
    'Connection',
    'Sec-WebSocket-Key',
    'Sec-WebSocket-Version',
  ])
})

test.each([
  [{ subprotocols: ['a', 'a'] }, 'BW_INVALID_SUBPROTOCOL'],
  [{ subprotocols: ['a b'] }, 'BW_INVALID_SUBPROTOCOL'],
  [{ extensions: [{ name: 'a b', parameters: [] }] }, 'BW_INVALID_HEADER'],
  [{ origin: 'http://a\r\nb: c' }, 'BW_INVALID_HEADER'],
  [{ host: 'a\nb' }, 'BW_INVALID_HEADER'],
  [{ extra: { 'sec-websocket-key': 'x' } }, 'BW_INVALID_HEADER'],
  [{ origin: 'http://a', extra: { origin: 'http://b' } }, 'BW_INVALID_HEADER'],
  [{ extra: { Cookie: 'é' } }, 'BW_INVALID_HEADER'],
])('A request with %j throws a UsageError', (options, code) => {
  expect(() => createRequestHeaders({ key, ...options })).toThrow(expect.objectContaining({ code }))
})

test('A host and an origin may come as further headers', () => {
  const extra = { Host: 'a.example', Origin: 'http://a.example' }
  expect(createRequestHeaders({ key, extra })).toContainEqual(['Host', 'a.example'])
})

test('A minimal answer is accepted', () => {
  expect(checkResponse(response(), { key })).toEqual({
    ok: true,
    subprotocol: '',
    extensions: [],
    deflate: undefined,
  })
})

test('An answer with a subprotocol and compression gives what was agreed', () => {
  const answer = response({
    upgrade: 'WebSocket',
    connection: 'keep-alive, upgrade',
    'sec-websocket-protocol': 'superchat',
    'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits=12',
  })
  const offered = { key, subprotocols: ['chat', 'superchat'], extensions: [deflateOffer] }
  expect(checkResponse(answer, offered)).toEqual({
    ok: true,
    subprotocol: 'superchat',
    extensions: [{ name: deflateExtensionName, parameters: [['client_max_window_bits', '12']] }],
    deflate: {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 12,
    },
  })
})

test.each<[string, HeaderRecord, string]>([
  ['no Upgrade', { upgrade: undefined }, 'BW_UPGRADE_MISSING'],
  ['a list as Upgrade', { upgrade: 'websocket, h2c' }, 'BW_UPGRADE_MISSING'],
  ['two Upgrades', { upgrade: ['websocket', 'websocket'] }, 'BW_UPGRADE_MISSING'],
  ['no Connection', { connection: undefined }, 'BW_CONNECTION_UPGRADE_MISSING'],
  ['another Connection', { connection: 'close' }, 'BW_CONNECTION_UPGRADE_MISSING'],
  ['no accept value', { 'sec-websocket-accept': undefined }, 'BW_ACCEPT_WRONG'],
  ['another case', { 'sec-websocket-accept': 'S3pPLMBiTxaQ9kYGzzhZRbK+xOo=' }, 'BW_ACCEPT_WRONG'],
  ['an unasked subprotocol', { 'sec-websocket-protocol': 'chat' }, 'BW_SUBPROTOCOL_NOT_OFFERED'],
  ['an unasked extension', { 'sec-websocket-extensions': 'permessage-deflate' }, 'BW_EXTENSION_NOT_OFFERED'],
  ['malformed extensions', { 'sec-websocket-extensions': 'a;' }, 'BW_EXTENSIONS_HEADER_INVALID'],
])('An answer with %s fails', (_, headers, code) => {
  expect(errorOf(response(headers))).toMatchObject({ code, answer: { status: 101 } })
})

test('A wrong accept value is shown beside the expected one', () => {
  const { message } = errorOf(response({ 'sec-websocket-accept': 'abc' }))
  expect(message).toContain('"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="')
  expect(message).toContain('got "abc"')
})

test.each([
  [undefined, 'BW_SUBPROTOCOL_NOT_CHOSEN'],
  ['', 'BW_SUBPROTOCOL_NOT_OFFERED'],
  ['Chat', 'BW_SUBPROTOCOL_NOT_OFFERED'],
  ['other', 'BW_SUBPROTOCOL_NOT_OFFERED'],
  ['chat, superchat', 'BW_SUBPROTOCOL_NOT_OFFERED'],
  [['chat', 'chat'], 'BW_SUBPROTOCOL_NOT_OFFERED'],
])('A client that offered chat and superchat fails when the server selects %j', (value, code) => {
  const answer = response({ 'sec-websocket-protocol': value })
  expect(errorOf(answer, { subprotocols: ['chat', 'superchat'] })).toMatchObject({ code })
})

test.each([
  ['permessage-deflate; server_max_window_bits=99', 'BW_EXTENSION_PARAMETERS_INVALID'],
  ['permessage-deflate; unknown', 'BW_EXTENSION_PARAMETERS_INVALID'],
  ['permessage-deflate, permessage-deflate', 'BW_EXTENSION_PARAMETERS_INVALID'],
  ['permessage-deflate, other', 'BW_EXTENSION_NOT_OFFERED'],
  ['Permessage-Deflate', 'BW_EXTENSION_NOT_OFFERED'],
])('A client that offered permessage-deflate fails when the server answers %j', (value, code) => {
  const answer = response({ 'sec-websocket-extensions': value })
  expect(errorOf(answer, { extensions: [deflateOffer] })).toMatchObject({ code })
})

test('Extensions that this package does not know are passed on as they are', () => {
  const mine: Extension = { name: 'x-mine', parameters: [] }
  const answer = response({ 'sec-websocket-extensions': 'x-mine; a=1' })
  expect(checkResponse(answer, { key, extensions: [mine] })).toMatchObject({
    ok: true,
    extensions: [{ name: 'x-mine', parameters: [['a', '1']] }],
    deflate: undefined,
  })
})

test.each<[number, string, HeaderRecord, RegExp]>([
  [200, '<html>', {}, /attach the WebSocket server to the same HTTP server/],
  [
    301,
    '',
    { location: 'https://a.example/' },
    /final URL\. The answer's location is "https:\/\/a\.example\/"/,
  ],
  [400, '{"code":0,"message":"Transport unknown"}', {}, /Socket\.IO server/],
  [400, 'Transport unknown', {}, /Socket\.IO server/],
  [400, '{"code":1,"message":"Session ID unknown"}', {}, /sticky/],
  [400, '{"code":3,"message":"Bad request"}', {}, /proxy removed .* Socket\.IO/],
  [400, '{"code":5,"message":"Unsupported protocol version"}', {}, /allowEIO3/],
  [400, '<h1>The plain HTTP request was sent to HTTPS port</h1>', {}, /wss:/],
  [400, 'Bad Request', {}, /another path/],
  [400, 'x', { 'sec-websocket-version': '13, 8' }, /Sec-WebSocket-Version did not arrive/],
  [400, 'x', {}, /did not understand/],
  [401, '', {}, /credentials/],
  [403, '', { 'x-websocket-reject-reason': 'origin' }, /Origin.*x-websocket-reject-reason is "origin"/],
  [404, '', {}, /nothing handles WebSocket under this path/],
  [405, '', {}, /GET/],
  [407, '', {}, /proxy on the way wants credentials/],
  [426, '', {}, /proxy removed the headers Upgrade/],
  [429, '', { 'retry-after': '5' }, /retry-after is "5"/],
  [500, '', {}, /log of the server/],
  [502, '', {}, /proxy cannot reach/],
  [503, '', {}, /overloaded/],
  [504, '', {}, /proxy cannot reach/],
  [525, '', {}, /Cloudflare/],
  [403, 'No.\u0007', { 'content-type': 'text/plain; charset=utf-8' }, /Its body says "No\."\.$/],
])(
  'An answer %i with the body %j and headers %j names the likely cause',
  (status, body, headers, message) => {
    const error = errorOf({ status, headers, body })
    expect(error.code).toBe('BW_STATUS_NOT_101')
    expect(error.message).toContain(`status ${status} instead of 101`)
    expect(error.message).toMatch(message)
    expect(error.answer).toEqual({ status, headers, body })
  },
)

test('An answer with a status nobody knows names no cause', () => {
  expect(errorOf({ status: 418, headers: {} }).message).toBe(
    'The server answered the opening handshake with status 418 instead of 101.',
  )
})

test('A page as body is not repeated in the message', () => {
  const error = errorOf({ status: 404, headers: { 'content-type': 'text/html' }, body: '<html>' })
  expect(error.message).not.toContain('<html>')
})

test('No answer makes the check throw', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'websocket',
      'Upgrade',
      acceptKey(key),
      'chat',
      'permessage-deflate; server_max_window_bits=8',
    ),
  )
  const value = fc.option(fc.oneof(text, fc.array(text, { maxLength: 3 })), { nil: undefined })
  const names = [
    'upgrade',
    'connection',
    'location',
    'content-type',
    'sec-websocket-accept',
    'sec-websocket-protocol',
    'sec-websocket-extensions',
  ]
  const headers = fc.dictionary(fc.constantFrom(...names), value)
  const offered = { key, subprotocols: ['chat'], extensions: [deflateOffer] }
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), headers, text, (status, some, body) => {
      checkResponse({ status, headers: some, body }, offered)
      checkResponse(response(some), offered)
    }),
    { seed: 41, numRuns: 2000 },
  )
})

test('What a client asks for the server reads, and what the server answers the client accepts', () => {
  const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/)
  const subprotocols = fc.uniqueArray(token, { maxLength: 5 })
  const names = fc.uniqueArray(
    token.filter(name => name !== deflateExtensionName),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(subprotocols, names, fc.nat(), (offeredSubprotocols, extensionNames, choice) => {
      const extensions = extensionNames.map(name => ({ name, parameters: [] }))
      const offered = { key, subprotocols: offeredSubprotocols, extensions }
      const request = checkRequest({
        method: 'GET',
        httpVersion: '1.1',
        headers: asRead(createRequestHeaders({ ...offered, host: 'a', origin: 'http://b' })),
      })
      expect(request).toEqual({ ok: true, ...offered, origin: 'http://b', expectsContinue: false })

      const subprotocol = offeredSubprotocols[choice % Math.max(1, offeredSubprotocols.length)]
      const headers = asRead(serverResponseHeaders({ key, subprotocol, extensions }))
      expect(checkResponse({ status: 101, headers }, offered)).toEqual({
        ok: true,
        subprotocol: subprotocol ?? '',
        extensions,
        deflate: undefined,
      })
    }),
    { seed: 4142 },
  )
})

function asRead(headers: HeaderList): HeaderRecord {
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))
}
