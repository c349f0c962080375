import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { KnownHosts } from './known-hosts.ts'

function refusalOf(
  hosts: readonly string[],
  { url = '/', localAddress = '10.0.0.1' } = {},
): string | undefined {
  const request = { url, headersDistinct: { host: hosts }, socket: { localAddress } }
  const known = new KnownHosts(['0.0.0.0', 'Example.com', '192.0.2.7', '2001:DB8:0::7'])
  return known.refusalOf(request as unknown as IncomingMessage)
}

test.each([
  ...[
    'localhost',
    'LOCALHOST:8080',
    'localhost.',
    'app.localhost:80',
    '127.0.0.1:8080',
    '127.1.2.3',
    '[::1]:8080',
  ],
  ...['example.com', 'EXAMPLE.com.:443', '192.0.2.7:8080', '[2001:db8::7]:8080', '[2001:db8:0:0:0:0:0:7]'],
  ...['10.0.0.1', '10.0.0.1:8080'],
])('%s is answered', host => {
  expect(refusalOf([host])).toBeUndefined()
})

test.each([
  ...[
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    'notlocalhost',
    '127.0.0.1.evil.example',
  ],
  ...['10.0.0.2', '[::2]', 'sub.example.com', '', '127.evil', 'example.com@evil.example', '1270.0.0.1'],
])('%j is not', host => {
  expect(refusalOf([host])).toContain(`--allow-host ${host.replace(/:\d*$/, '').replaceAll(/[[\]]/g, '')}`)
})

test('What stands beside a known host is looked at, too', () => {
  expect(refusalOf(['localhost', 'evil.example'])).toContain("'evil.example'")
  expect(refusalOf(['localhost'], { url: 'http://evil.example/metrics' })).toContain("'evil.example'")
  expect(refusalOf(['localhost'], { url: 'http://localhost/metrics' })).toBeUndefined()
})

test('The address that was connected to is known in either form', () => {
  expect(refusalOf(['10.0.0.9'], { localAddress: '::ffff:10.0.0.9' })).toBeUndefined()
  expect(refusalOf(['[fe80::1]'], { localAddress: 'fe80::1%eth0' })).toBeUndefined()
})

test('A request without a host, as in HTTP/1.0, is answered: it names nothing that could be rebound', () => {
  expect(refusalOf([])).toBeUndefined()
})

test('What is shown of a host is short and printable', () => {
  expect(refusalOf([`evil\u00e9${'x'.repeat(300)}`])).toContain(`'evil?${'x'.repeat(95)}'`)
})
