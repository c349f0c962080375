import { expect, test } from 'vitest'
import { formatHash, parseHash } from './location-hash.ts'

test.each([
  ['', { tab: 'console', room: undefined }],
  ['#monitor', { tab: 'monitor', room: undefined }],
  ['#nothing', { tab: 'console', room: undefined }],
  ['#chat/lobby', { tab: 'chat', room: 'lobby' }],
  ['#chat/%E5%A4%A7%E5%8E%85', { tab: 'chat', room: '大厅' }],
  ['#chat/a/b', { tab: 'chat', room: 'a/b' }],
  ['#chat/%', { tab: 'chat', room: '%' }],
])('%s is %j', (hash, expected) => {
  expect(parseHash(hash)).toEqual(expected)
})

test('A room with any characters comes back', () => {
  const location = { tab: 'chat', room: '大厅/2 #?' } as const
  expect(parseHash(formatHash(location))).toEqual(location)
})
