import { expect, test } from 'vitest'
import { parseUrl } from './url.ts'

test.each([
  ['ws://example.test', false, 'example.test', 80, '/'],
  ['wss://example.test/chat?a=1#there', true, 'example.test', 443, '/chat?a=1'],
  ['ws://user:word@EXAMPLE.test:8080/a%20b', false, 'example.test', 8080, '/a%20b'],
  ['ws://[::1]:9000/', false, '::1', 9000, '/'],
  ['ws://example.test/文', false, 'example.test', 80, '/%E6%96%87'],
  ['/chat', false, 'localhost', 80, '/chat'],
])('%s leads to its host, port and path', (text, isSecure, host, port, path) => {
  expect(parseUrl(text)).toEqual({ isSecure, host, port, path })
})

test('A text that is no URL is an error that says so', () => {
  expect(() => parseUrl('http://example.test/')).toThrow('Invalid protocol http:. It must be ws or wss')
  expect(() => parseUrl('ws://')).toThrow(TypeError)
  expect(() => parseUrl(5 as unknown as string)).toThrow(TypeError)
})
