import { expect, test } from 'vitest'
import { formatBytes, formatMs, formatPercent, formatRate, formatTime } from './quantity.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 KB'],
  [10_240, '10 KB'],
  [1_048_576, '1.0 MB'],
  [64 * 1_048_576, '64 MB'],
])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

test.each([
  [0, '0 ms'],
  [0.44, '0.4 ms'],
  [9.96, '10 ms'],
  [500, '500 ms'],
  [1_000, '1 s'],
  [1_540, '1.5 s'],
  [12_300, '12 s'],
])('%d ms are %s', (ms, text) => expect(formatMs(ms)).toBe(text))

test('Shares, rates and times have their units', () => {
  expect(formatPercent(0.0512)).toBe('5.1 %')
  expect(formatPercent(1)).toBe('100 %')
  expect(formatPercent(0)).toBe('0 %')
  expect(formatRate(2)).toBe('2')
  expect(formatRate(12_345.6)).toBe('12,346')
  expect(formatTime(new Date(2026, 0, 2, 3, 4, 5, 6).getTime())).toBe('03:04:05.006')
})
