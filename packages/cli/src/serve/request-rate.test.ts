import { expect, test } from 'vitest'
import { RequestRate } from './request-rate.ts'

test('A client may ask so often at once, then as it grows back, and never more than at first', () => {
  const rate = new RequestRate({ burst: 3, perSecond: 2 }, 0)
  expect([1, 1, 1, 1].map(cost => rate.take(cost, 0))).toEqual([true, true, true, false])
  expect([rate.take(1, 499), rate.take(1, 500), rate.take(1, 500)]).toEqual([false, true, false])
  expect([rate.take(2, 1_000), rate.take(2, 1_500)]).toEqual([false, true])
  expect([rate.take(4, 100_000), rate.take(3, 100_000), rate.take(1, 100_000)]).toEqual([false, true, false])
})
