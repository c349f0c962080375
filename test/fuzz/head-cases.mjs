import { Random } from './random.mjs'
import { damage } from './stream-cases.mjs'

const targets = [
  '/',
  '/chat',
  '/chat?room=1',
  '/a%20b',
  '/é',
  '/a b',
  'http://example.com/',
  '*',
  '',
  '/\x7f',
  '//x',
]
const lines = [
  'Host: example.com',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  'Origin: http://example.com',
  'Cookie: a=b; c="d"',
  'X-Empty:',
  'X-Tab:\t value \t',
]
const oddLines = [
  ...['Content-Length: 5', 'content-length: 0', 'Transfer-Encoding: chunked', 'Expect: 100-continue'],
  ...[
    'HOST: other.example',
    'X-Name : value',
    ' folded',
    '\tfolded',
    ': no name',
    'no colon',
    'X-Bytes: é',
    'X-Nul: a\0b',
  ],
  ...[
    'X-Bare: a\rb',
    'X-Line: a\nY: b',
    'constructor: x',
    '__proto__: x',
    'X\u212a: y',
    'X-Long: '.padEnd(9_000, 'x'),
  ],
]

/**
 * The head of a request as bytes, with what follows it.
 *
 * @param {number} seed
 * @returns {import('./cases.d.mts').HeadCase}
 */
export function headCase(seed) {
  const random = new Random(seed)
  const chosen = lines.filter(() => !random.oneIn(4))
  for (let count = random.pick([0, 1, 1, 2]); count > 0; count--) {
    chosen.splice(random.below(chosen.length + 1), 0, random.pick(oddLines))
  }
  if (random.oneIn(10) && chosen.length > 0) chosen.push(random.pick(chosen))
  const or = (right, others) => (random.oneIn(10) ? random.pick(others) : right)
  const method = or('GET', ['GEX', 'PUT', 'get', 'POST'])
  const target = or('/', targets)
  const version = or('HTTP/1.1', ['HTTP/1.0', 'HTTP/1.11', 'http/1.1'])
  const lineBreak = random.oneIn(20) ? '\n' : '\r\n'
  const text = [`${method} ${target} ${version}`, ...chosen, '', ''].join(lineBreak)
  let bytes = Buffer.concat([Buffer.from(text, 'latin1'), random.bytes(random.pick([0, 0, 6, 40]))])
  for (let count = random.pick([0, 0, 0, 0, 1]); count > 0; count--) bytes = damage(random, bytes)
  return {
    target: 'head',
    bytes: bytes.toString('hex'),
    end: random.oneIn(5) ? random.below(bytes.length + 1) : undefined,
  }
}
