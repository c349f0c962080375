import { expect, test } from 'vitest'
import { maxRedirects, redirectOf } from './redirect.ts'

const from = 'ws://a.test:81/old?q'
const leadTo = (location: string, status = 302, count = 0, origin = from) =>
  redirectOf({ status, headers: { location }, body: '' }, origin, from, count)

test.each([
  ['/new', 'ws://a.test:81/new', false],
  ['new?x', 'ws://a.test:81/new?x', false],
  ['http://a.test:81/', 'ws://a.test:81/', false],
  ['ws://a.test:81/x#part', 'ws://a.test:81/x', false],
  ['https://a.test:81/x', 'wss://a.test:81/x', true],
  ['http://a.test/x', 'ws://a.test/x', true],
  ['//b.test/', 'ws://b.test/', true],
  ['wss://b.test/', 'wss://b.test/', true],
])('%s leads to %s; another origin: %s', (location, url, isForeign) => {
  expect(leadTo(location)).toEqual({ status: 302, url, isForeign })
})

test('What may not be followed is not: other schemes, other statuses, too many, from TLS to plain text', () => {
  expect(leadTo('ftp://a.test/')).toBeUndefined()
  expect(leadTo('http://[')).toBeUndefined()
  for (const status of [200, 300, 304, 305, 401]) expect(leadTo('/new', status)).toBeUndefined()
  expect(leadTo('/new', 308, maxRedirects - 1)).toBeDefined()
  expect(leadTo('/new', 308, maxRedirects)).toBeUndefined()
  expect(leadTo('http://a.test/', 302, 0, 'wss://a.test/')).toBeUndefined()
  expect(leadTo('ws://a.test/', 302, 0, 'wss://a.test/')).toBeUndefined()
  expect(redirectOf({ status: 302, headers: {}, body: '' }, from, from, 0)).toBeUndefined()
  expect(redirectOf(undefined, from, from, 0)).toBeUndefined()
})
