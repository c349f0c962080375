import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { TrustedProxies } from './forwarded.ts'
import { describeRequest, requestPath } from './upgrade-request.ts'

function describeRaw(url: string, host: string, trustedProxies: string[] = [], headers = {}) {
  const socket = { remoteAddress: '127.0.0.1', remotePort: 1 }
  const raw = { url, headers: { host, ...headers }, socket } as unknown as IncomingMessage
  const request = describeRequest(raw, [], new TrustedProxies(trustedProxies), new AbortController().signal)
  return { request, routedPath: requestPath(raw) }
}

test.each([
  ['/chat?room=1', 'ws://example.com/chat?room=1'],
  ['http://example.com/chat?room=1', 'ws://example.com/chat?room=1'],
  ['//chat', 'ws://example.com//chat'],
  ['/a/../b', 'ws://example.com/b'],
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
