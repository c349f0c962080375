import { expect, test } from 'vitest'
import { TrustedProxies } from './forwarded.ts'
import { HandshakeRequest, requestPath } from './upgrade-request.ts'

function describeRaw(target: string, host: string, trustedProxies: string[] = [], headers = {}) {
  const facts = {
    method: 'GET',
    httpVersion: '1.1',
    target,
    headers: { host, ...headers },
    peerAddress: '127.0.0.1',
    peerPort: 1,
    isTls: false,
  }
  const request = HandshakeRequest.of(facts, [], new TrustedProxies(trustedProxies))
  return { request, routedPath: requestPath(target) }
}

test.each([
  ['/chat?room=1', 'ws://example.com/chat?room=1'],
  ['http://example.com/chat?room=1', 'ws://example.com/chat?room=1'],
  ['//chat', 'ws://example.com//chat'],
  ['/a/../b', 'ws://example.com/b'],
  ['/a/./b/', 'ws://example.com/a/b/'],
  ['/a/%2e%2e/b', 'ws://example.com/b'],
  ['/.a/b..c', 'ws://example.com/.a/b..c'],
  ['/ä', 'ws://example.com/%C3%A4'],
  ['/a\\b', 'ws://example.com/a/b'],
  ['/a?b/../c', 'ws://example.com/a?b/../c'],
  ['/', 'ws://example.com/'],
])('The target %s is %s, and its path the one that is routed', (target, url) => {
  const { request, routedPath } = describeRaw(target, 'example.com')
  expect(request?.url.href).toBe(url)
  expect(request?.path).toBe(routedPath)
})

test.each(['x/public?', 'x/', 'x?', 'x#', 'user@x', 'x\\public?', 'x /public', ''])(
  'A Host of %j makes no request: authenticate would see another path than the one that is routed',
  host => {
    expect(describeRaw('/secret', host).request).toBeUndefined()
    const forwarded = { 'x-forwarded-host': host }
    if (host !== '') {
      expect(describeRaw('/secret', 'proxy', ['127.0.0.1'], forwarded).request).toBeUndefined()
    }
  },
)

test('A Host that is longer than any name makes no request', () => {
  expect(describeRaw('/', `${'a.'.repeat(128)}:65535`).request).toBeDefined()
  expect(describeRaw('/', 'a'.repeat(263)).request).toBeUndefined()
})

test('Of a long head the short values are kept', () => {
  const long = 'x'.repeat(15_000)
  const headers = { cookie: long, origin: 'https://example.com', 'x-token': 'short', 'x-list': ['a', 'b'] }
  const { request } = describeRaw(`/chat?token=${long}`, 'example.com', [], headers)
  expect(request?.headers.cookie).toBe(long)
  expect(request?.url.search).toBe(`?token=${long}`)
  request?.forgetLongHead()
  expect(request?.headers).toEqual({
    host: 'example.com',
    origin: 'https://example.com',
    'x-token': 'short',
    'x-list': ['a', 'b'],
  })
  expect(request?.url.href).toBe('ws://example.com/chat')
  expect([request?.host, request?.path, request?.origin]).toEqual([
    'example.com',
    '/chat',
    'https://example.com',
  ])
})
