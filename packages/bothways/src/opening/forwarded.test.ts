import { describe, expect, test } from 'vitest'
import { TrustedProxies } from './forwarded.ts'

const headers = {
  host: '127.0.0.1:8080',
  'x-forwarded-for': '198.51.100.1, 203.0.113.7, 10.0.0.2',
  'x-forwarded-host': 'my.site',
  'x-forwarded-proto': 'https',
}

describe('Trusted proxies', () => {
  test('Without any, the headers mean nothing', () => {
    expect(new TrustedProxies([]).resolve(headers, '127.0.0.1', false)).toEqual({
      remoteAddress: '127.0.0.1',
      host: '127.0.0.1:8080',
      isSecure: false,
    })
  })

  test('The client is the first address from the right that is no trusted proxy', () => {
    const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/8'])
    expect(proxies.resolve(headers, '127.0.0.1', false)).toEqual({
      remoteAddress: '203.0.113.7',
      host: 'my.site',
      isSecure: true,
    })
  })

  test.each([
    ['203.0.113.7:4711', '203.0.113.7'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['not an address', '127.0.0.1'],
    ['203.0.113.7, unknown', '127.0.0.1'],
    ['', '127.0.0.1'],
  ])('X-Forwarded-For %j names %s', (value, remoteAddress) => {
    const proxies = new TrustedProxies(['127.0.0.1'])
    expect(proxies.resolve({ 'x-forwarded-for': value }, '127.0.0.1', false).remoteAddress).toBe(
      remoteAddress,
    )
  })

  test('An IPv4 address that came over IPv6 is the same address', () => {
    const proxies = new TrustedProxies(['127.0.0.1'])
    expect(proxies.resolve(headers, '::ffff:127.0.0.1', false).host).toBe('my.site')
  })

  test.each([
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/x',
    '10.0.0.0/',
    '10.0.0.0/ 8',
    '10.0.0.0/8/8',
    '',
  ])('%j is no entry', entry => {
    expect(() => new TrustedProxies([entry])).toThrow('trustedProxies')
  })
})
