import { createHash } from 'node:crypto'
import { Random } from './random.mjs'

const pieces = [
  ...[
    'websocket',
    'Upgrade',
    'keep-alive',
    '13',
    '8',
    'permessage-deflate',
    'chat',
    'x-webkit-deflate-frame',
  ],
  ...[
    'server_no_context_takeover',
    'client_no_context_takeover',
    'server_max_window_bits',
    'client_max_window_bits',
  ],
  ...[
    '=',
    ';',
    ',',
    ', ',
    '; ',
    ' ',
    '\t',
    '"',
    '\\',
    '"15"',
    '=8',
    '=15',
    '=16',
    '=09',
    '="1\\0"',
    '\0',
    '\r\n',
    'é',
  ],
  ...['dGhlIHNhbXBsZSBub25jZQ==', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'example.com', 'http://example.com', '*'],
]

const deflateAnswers = [
  'permessage-deflate',
  'permessage-deflate; server_no_context_takeover',
  'permessage-deflate; client_no_context_takeover; client_max_window_bits=11',
  'permessage-deflate; server_max_window_bits=10; server_no_context_takeover',
  'permessage-deflate; server_max_window_bits=16',
  'permessage-deflate; server_max_window_bits=15',
  'permessage-deflate; client_max_window_bits=16',
  'permessage-deflate; client_max_window_bits',
  'permessage-deflate; server_max_window_bits=7',
  'permessage-deflate; server_max_window_bits=08',
  'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
  'permessage-deflate; server_no_context_takeover=1',
  'permessage-deflate; client_no_context_takeover=1',
  'permessage-deflate; server_max_window_bits="1\\0"',
  'permessage-deflate; unknown',
  'permessage-deflate, permessage-deflate',
]
const deflateOffers = [
  ...deflateAnswers,
  'permessage-deflate; client_max_window_bits',
  'permessage-deflate; client_max_window_bits=9; server_max_window_bits=12',
  'permessage-deflate; server_max_window_bits="12"; client_max_window_bits',
  'permessage-deflate; server_max_window_bits=8, permessage-deflate; client_max_window_bits',
  'permessage-deflate; unknown, permessage-deflate',
  'foo; bar="baz", permessage-deflate',
  'foo; bar="b a", permessage-deflate',
  'foo; bar=""',
  `${'foo, '.repeat(63)}permessage-deflate`,
  `${'foo, '.repeat(64)}permessage-deflate`,
]
const subprotocolLists = [
  'chat',
  'chat, superchat',
  'superchat',
  'other',
  'Chat',
  'chat, chat',
  'soap/1.1',
  'chat,, x',
]
const origins = ['http://example.com', 'null']

/**
 * An opening handshake, one way or the other, with some damage.
 *
 * @param {number} seed
 * @returns {import('./cases.d.mts').HandshakeCase}
 */
export function handshakeCase(seed) {
  const random = new Random(seed)
  const key = random.bytes(16).toString('base64')
  return random.oneIn(2) ? requestCase(random, key) : responseCase(random, key)
}

function requestCase(random, key) {
  const or = usually(random)
  const headers = {
    host: 'example.com',
    upgrade: or('websocket', ['WebSocket', 'TLS/1.0, websocket', 'websockets', 'h2c']),
    connection: or('Upgrade', ['keep-alive, Upgrade', 'keep-alive', 'upgrade', 'Upgraded']),
    'sec-websocket-version': or('13', ['8', '013', '13, 8', '14']),
    'sec-websocket-key': or(key, brokenKeys(key)),
  }
  maybe(random, headers, 'sec-websocket-protocol', subprotocolLists)
  maybe(random, headers, 'sec-websocket-extensions', deflateOffers)
  maybe(random, headers, 'origin', origins)
  damageSome(random, headers)
  return {
    target: 'request',
    line: or('GET', ['POST', '', 'get']),
    httpVersion: or('1.1', ['1.0', '2.0', '', '11']),
    headers,
    deflate: deflateOptions(random),
  }
}

function responseCase(random, key) {
  const or = usually(random)
  const subprotocols = random.pick([[], [], ['chat'], ['chat', 'superchat']])
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const headers = {
    upgrade: or('websocket', ['WebSocket', 'websocket, h2c', 'h2c']),
    connection: or('Upgrade', ['keep-alive, upgrade', 'close']),
    'sec-websocket-accept': or(accept, [key, accept.toLowerCase(), accept.slice(1), '']),
  }
  if (subprotocols.length > 0) headers['sec-websocket-protocol'] = or('chat', subprotocolLists)
  else if (random.oneIn(10)) headers['sec-websocket-protocol'] = 'chat'
  if (random.oneIn(10)) delete headers['sec-websocket-protocol']
  maybe(random, headers, 'sec-websocket-extensions', [...deflateAnswers, 'foo', 'x-webkit-deflate-frame'])
  damageSome(random, headers)
  return {
    target: 'response',
    line: or(101, [200, 403, 999, 100]),
    headers,
    key,
    subprotocols,
    deflate: random.oneIn(5) ? undefined : deflateOptions(random),
  }
}

/** Picks the right value, or seldom another one: most cases have no more than one thing wrong. */
function usually(random) {
  return (right, others) => (random.oneIn(16) ? random.pick(others) : right)
}

/** As a side's options for permessage-deflate. */
export function deflateOptions(random) {
  const bits = () => (random.oneIn(2) ? 15 : 8 + random.below(8))
  return {
    serverNoContextTakeover: random.oneIn(2),
    clientNoContextTakeover: random.oneIn(2),
    serverMaxWindowBits: bits(),
    clientMaxWindowBits: bits(),
  }
}

function brokenKeys(key) {
  return [key.slice(0, -1), key.slice(0, -2), `${key}=`, key.slice(4), `A${key}`, key.replace(/.==$/, '===')]
}

function maybe(random, headers, name, values) {
  if (random.oneIn(2)) headers[name] = random.pick(values)
}

const damageable = ['sec-websocket-protocol', 'sec-websocket-extensions', 'origin', 'host']

function damageSome(random, headers) {
  for (let count = random.pick([0, 0, 0, 0, 1, 3]); count > 0; count--) damage(random, headers)
}

function damage(random, headers) {
  const name = random.pick([...Object.keys(headers), ...damageable])
  const value = headers[name] ?? ''
  switch (random.below(5)) {
    case 0:
      delete headers[name]
      break
    case 1:
      headers[name] = rubbish(random)
      break
    case 2:
      headers[name] = [value, rubbish(random)].flat()
      break
    case 3:
      headers[name] = splice(random, value, rubbish(random))
      break
    default:
      headers[name] = random.oneIn(20) ? rubbish(random).repeat(3_000) : splice(random, value, '')
  }
}

function rubbish(random) {
  return Array.from({ length: random.below(8) }, () => random.pick(pieces)).join('')
}

function splice(random, value, inserted) {
  const text = [value].flat().join(',')
  const at = random.below(text.length + 1)
  return text.slice(0, at) + inserted + text.slice(at + random.below(4))
}
