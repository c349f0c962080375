import { Random } from './random.mjs'

const hosts = [
  'example.com',
  'EXAMPLE.com',
  'example.org',
  'example.com.evil.org',
  'evil-example.com',
  '[::1]',
  '127.0.0.1',
]
const ports = ['', '', '', ':80', ':443', ':8080', ':08080']
const schemes = ['http', 'https', 'https', 'HTTP', 'ws', 'chrome-extension']
const ends = ['', '', '', '', '/path', '@example.org', ':x']

/**
 * Where a page says it comes from, and where it asks to go.
 *
 * @param {number} seed
 * @returns {import('./cases.d.mts').OriginCase}
 */
export function originCase(seed) {
  const random = new Random(seed)
  const host = random.pick(hosts)
  const port = random.pick(ports)
  const pageHost = random.oneIn(2) ? host : random.pick(hosts)
  const pagePort = random.oneIn(2) ? port : random.pick(ports)
  const origin = `${random.pick(schemes)}://${pageHost}${pagePort}`
  return {
    target: 'origin',
    origin: random.oneIn(10) ? random.pick([undefined, 'null', '', host]) : origin,
    host: random.oneIn(20) ? undefined : host + port + random.pick(ends),
    origins: random.oneIn(12)
      ? '*'
      : random.pick([[], [], [origin], ['http://example.com'], ['null'], [origin.slice(0, -1)]]),
    missingOrigin: random.pick(['accept', 'refuse']),
  }
}
