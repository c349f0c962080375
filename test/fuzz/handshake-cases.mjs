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

const goodRequest = {
  host: 'example.com',
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}
const goodResponse = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
}
const optional = {
  'sec-websocket-protocol': ['chat', 'chat, superchat', 'superchat'],
  'sec-websocket-extensions': [
    'permessage-deflate',
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; server_max_window_bits=10; server_no_context_takeover, permessage-deflate',
    'foo; bar="baz"',
  ],
  origin: ['http://example.com', 'null'],
}

/**
 * An opening handshake, one way or the other, with some damage.
 *
 * @param {number} seed
 * @returns {import('./cases.d.mts').HandshakeCase}
 */
export function handshakeCase(seed) {
  const random = new Random(seed)
  const target = random.pick(/** @type {const} */ (['request', 'response']))
  /** @type {Record<string, string | string[]>} */
  const headers = { ...(target === 'request' ? goodRequest : goodResponse) }
  for (const [name, values] of Object.entries(optional))
    if (random.oneIn(2)) headers[name] = random.pick(values)
  for (let count = random.pick([0, 1, 1, 2, 4]); count > 0; count--) damage(random, headers)
  return {
    target,
    line:
      target === 'request'
        ? random.pick(['GET', 'GET', 'GET', 'POST', ''])
        : random.pick([101, 101, 101, 200, 403, 999]),
    httpVersion: random.pick(['1.1', '1.1', '1.1', '1.0', '2.0', '']),
    headers,
  }
}

function damage(random, headers) {
  const name = random.pick(Object.keys({ ...headers, ...optional }))
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
