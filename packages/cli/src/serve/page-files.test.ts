import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Serving, startServe } from './serve.ts'

let serving: Serving
beforeAll(async () => {
  serving = await startServe({ port: 0, host: '127.0.0.1', origins: [], page: true })
})
afterAll(() => serving.close())

const get = (path: string, init?: RequestInit) => fetch(new URL(path, serving.url), init)

test('The page is checked each time, what has a hash in its name never again', async () => {
  const page = await get('/')
  expect(page.headers.get('cache-control')).toBe('no-cache')
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.headers.get('content-security-policy')).toContain("connect-src 'self' ws: wss:")
  expect(page.headers.get('x-content-type-options')).toBe('nosniff')
  const script = /src="(\.\/assets\/[^"]+\.js)"/.exec(await page.text())?.[1] ?? ''
  const asset = await get(script)
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(asset.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(asset.headers.get('content-encoding')).toBe('gzip')
  const again = await get('/', { headers: { 'If-None-Match': page.headers.get('etag') ?? '' } })
  expect(again.status).toBe(304)
})

test.each([
  '/../package.json',
  '/assets/../../package.json',
  '/%2e%2e/package.json',
  '/assets/%2e%2e%2f..%2fpackage.json',
  '/index.html/..',
])('%s leads to no file outside of the page', async path => {
  const answer = await get(path)
  // Clients and servers resolve dots; the path that is left leads to the page or nothing.
  expect([200, 404]).toContain(answer.status)
  expect(await answer.text()).not.toContain('"version"')
})
