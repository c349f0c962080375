import { expect, test } from 'vitest'
import { echoedValue } from './echoed-value.ts'

test('A value is quoted, a missing one is none, and repeated ones are joined', () => {
  expect(echoedValue('a')).toBe('"a"')
  expect(echoedValue('')).toBe('""')
  expect(echoedValue(undefined)).toBe('none')
  expect(echoedValue(['a', 'b'])).toBe('"a, b"')
})

test('A value of 100 characters is whole, a longer one is cut', () => {
  expect(echoedValue('x'.repeat(100))).toBe(`"${'x'.repeat(100)}"`)
  expect(echoedValue('x'.repeat(101))).toBe(`"${'x'.repeat(100)}…"`)
  expect(echoedValue('abc', 2)).toBe('"ab…"')
})

test('Control characters, bidirectional overrides and half characters are left out', () => {
  expect(echoedValue('a\r\n\u0000\u001b[31mb\u0085\u202ec\ud83d')).toBe('"a[31mbc"')
  expect(echoedValue(`${'x'.repeat(99)}😀`)).toBe(`"${'x'.repeat(99)}…"`)
})
