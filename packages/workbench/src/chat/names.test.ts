import { expect, test } from 'vitest'
import { isSameName, visibleName } from './names.ts'

test.each([
  ['  张三 ', '张三'],
  ['a\u202eb\u200bc', 'abc'],
  ['e\u0301', '\u00e9'],
  ['\u3164', ''],
  ['x'.repeat(41), 'x'.repeat(40)],
  [`${'x'.repeat(39)}😀`, 'x'.repeat(39)],
  [undefined, ''],
  [1, ''],
])('%j is seen as %j', (name, seen) => {
  expect(visibleName(name)).toBe(seen)
})

test('Names are the same when readers take one for the other', () => {
  expect(isSameName('Eve', '\u0415v\u0435')).toBe(true)
  expect(isSameName('Ann', 'Anne')).toBe(false)
})
