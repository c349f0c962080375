import { expect, test } from 'vitest'
import { slotOf } from './key-slot.ts'

test.each([
  ['123456789', 0x31c3],
  ['', 0],
  ['{user1000}.following', slotOf('user1000')],
  ['foo{}{bar}', slotOf('foo{}{bar}')],
  ['foo{{bar}}zap', slotOf('{bar')],
  ['foo{bar}{zap}', slotOf('bar')],
  ['{你好}', slotOf('你好')],
])('The slot of %s is that of the cluster specification', (key, slot) => {
  expect(slotOf(key)).toBe(slot)
})

test('A hash tag that is empty is none', () => {
  expect(slotOf('foo{}{bar}')).not.toBe(slotOf('bar'))
})
