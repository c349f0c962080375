import { describe, expect, test } from 'vitest'
import { isSerializedOrigin, type OriginPolicy, originRefusal } from './origin.ts'

const sameOrigin: OriginPolicy = { origins: [], missingOrigin: 'accept' }

describe('The same-origin check', () => {
  test.each([
    ['http://my.site', 'my.site'],
    ['https://my.site', 'my.site'],
    ['https://my.site', 'my.site:443'],
    ['http://my.site', 'my.site:80'],
    ['http://my.site:8080', 'my.site:8080'],
    ['http://MY.site', 'my.SITE'],
    ['http://[::1]:8080', '[::1]:8080'],
  ])('accepts %s at %s', (origin, host) => {
    expect(originRefusal(origin, host, sameOrigin)).toBeUndefined()
  })

  test.each([
    ['http://my.site', 'my.site:8080'],
    ['http://my.site:8080', 'my.site'],
    ['https://my.site', 'my.site:80'],
    ['http://evil.my.site', 'my.site'],
    ['http://my.site.evil', 'my.site'],
    ['http://evil', 'evil@my.site'],
    ['http://my.site', 'my.site/path'],
    ['http://my.site', undefined],
    ['ftp://my.site', 'my.site'],
    ['my.site', 'my.site'],
    ['', ''],
    ['null', 'null'],
  ])('refuses %j at %j', (origin, host) => {
    expect(originRefusal(origin, host, sameOrigin)).toBeTypeOf('string')
  })

  test('Its refusal names both sides and the ways out', () => {
    const text = originRefusal('http://my.site', '127.0.0.1:8080', sameOrigin)
    expect(text).toContain('http://my.site')
    expect(text).toContain('127.0.0.1:8080')
    expect(text).toContain('proxy_set_header Host')
  })

  test('Its refusal repeats values cut, without control characters', () => {
    const text = originRefusal(`http://\r\n${'x'.repeat(1_000)}`, 'my.site', sameOrigin) ?? ''
    expect(text).not.toMatch(/[\r\n]/)
    expect(text.length).toBeLessThan(500)
  })
})

test.each([
  ['https://example.com', true],
  ['http://127.0.0.1:8080', true],
  ['chrome-extension://abcdef', true],
  ['null', true],
  ['https://example.com/', false],
  ['https://example.com:443', false],
  ['https://Example.com', false],
  ['https://user@example.com', false],
  ['example.com', false],
  ['*', false],
])('%s is an origin: %s', (text, isOrigin) => {
  expect(isSerializedOrigin(text)).toBe(isOrigin)
})
