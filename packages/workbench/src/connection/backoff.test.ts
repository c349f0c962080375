import { expect, test } from 'vitest'
import { backoffMs } from './backoff.ts'

test('The wait doubles up to ten seconds, and half of it is chance', () => {
  expect([0, 1, 2, 3, 4, 5, 60].map(attempt => backoffMs(attempt, 1))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
  ])
  expect(backoffMs(1, 0)).toBe(500)
})
