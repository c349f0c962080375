import { expect, test } from 'vitest'
import { Rate, Rates } from './rate.ts'

test('Ten seconds’ worth may come at once, then one after the other as it is due', () => {
  const rate = new Rate(2, 0)
  let taken = 0
  for (; rate.waitMs(0) === 0; taken++) rate.spend()
  expect(taken).toBe(20)
  expect(rate.waitMs(100)).toBe(400)
  expect(rate.waitMs(500)).toBe(0)
  rate.spend()
  expect(rate.waitMs(500)).toBe(500)
  // A clock that is set back takes nothing away.
  expect(rate.waitMs(0)).toBe(500)
  expect(rate.waitMs(60_000)).toBe(0)
})

test('The rates of very many callers are bounded: those at rest are forgotten first', () => {
  const rates = new Rates(1)
  const busy = rates.of('busy', 0)
  busy.spend()
  for (let at = 0; at < 9_999; at++) rates.of(`idle${at}`, 0)
  rates.of('one more', 0)
  expect(rates.of('busy', 0)).toBe(busy)
  expect(rates.of('busy', 0)).toBe(busy)
})
