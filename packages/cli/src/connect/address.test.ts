import { expect, test } from 'vitest'
import { WrongUse } from '../wrong-use.ts'
import { readAddress } from './address.ts'

test.each([
  'ws://localhost/',
  'WSS://example.com/chat?x#y',
  'http://localhost',
  'https://localhost',
  'ws:localhost',
  'ftp://localhost',
])('%s stays as it is', url => {
  expect(readAddress(url)).toEqual({ url, notice: undefined })
})

test.each([
  ['localhost', 'ws://localhost'],
  ['localhost:8080/chat', 'ws://localhost:8080/chat'],
  ['ws:8080', 'ws://ws:8080'],
  ['//localhost:8080/', 'ws://localhost:8080/'],
  [':8080/chat', 'ws://localhost:8080/chat'],
  ['8080', 'ws://localhost:8080'],
  ['127.0.0.1', 'ws://127.0.0.1'],
  ['[::1]:8080', 'ws://[::1]:8080'],
  ['example.com:443/chat', 'wss://example.com:443/chat'],
])('%s is taken as %s, and that is said', (typed, url) => {
  expect(readAddress(typed)).toEqual({
    url,
    notice: { en: `No scheme in the URL: taking ${url}`, zh: `URL 没有写协议：按 ${url} 处理` },
  })
})

test.each(['', ' ', '/chat'])('%j has no host', typed => {
  expect(() => readAddress(typed)).toThrow(WrongUse)
})
