import { expect, test } from 'vitest'
import { columns, wrap } from './wrap.ts'

test('Chinese characters take two columns, and so does their punctuation', () => {
  expect([columns('ab'), columns('连接'), columns('a，')]).toEqual([2, 4, 3])
})

test('English is broken at spaces, Chinese between characters but never before closing punctuation', () => {
  expect(wrap('one two three', 8)).toEqual(['one two', 'three'])
  expect(wrap('连接服务器', 4)).toEqual(['连接', '服务', '器'])
  expect(wrap('连接，断开', 4)).toEqual(['连', '接，', '断开'])
  expect(wrap('使用 --port 端口', 8)).toEqual(['使用', '--port', '端口'])
})

test('What is longer than the line stays whole', () => {
  expect(wrap('a https://example.com/long b', 10)).toEqual(['a', 'https://example.com/long', 'b'])
})
