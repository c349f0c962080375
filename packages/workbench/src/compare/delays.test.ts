import { expect, test } from 'vitest'
import { Delays, quantile } from './delays.ts'

test('Quantiles are values that occurred', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => at + 1)
  expect(quantile(hundred, 0.5)).toBe(50)
  expect(quantile(hundred, 0.99)).toBe(99)
  expect(quantile(hundred, 1)).toBe(100)
  expect(quantile([7], 0.5)).toBe(7)
  expect(quantile([], 0.5)).toBeUndefined()
})

test('Only the newest delays count', () => {
  const delays = new Delays(3)
  for (const ms of [1_000, 3, 1, 2]) delays.add(ms)
  expect(delays.quantiles([0.5, 0.99])).toEqual([2, 3])
  expect(delays.count).toBe(3)
})
