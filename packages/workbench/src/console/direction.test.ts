import { expect, test } from 'vitest'
import { directionOf } from './direction.ts'

test.each([
  ['שלום (abc)', 'rtl'],
  ['123 مرحبا', 'rtl'],
  ['abc שלום', 'ltr'],
  ['你好', 'ltr'],
  ['[1, 2]', 'ltr'],
  ['', 'ltr'],
])('%j goes %s', (text, direction) => {
  expect(directionOf(text)).toBe(direction)
})
