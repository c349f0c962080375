import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HandshakeRates } from './admission.ts'

test('As many as a second allows may come at once; then they come back evenly', () => {
  const rates = new HandshakeRates(4)
  const take = (nowMs: number) => rates.take('192.0.2.1', nowMs)
  expect([0, 0, 0, 0, 0].map(take)).toEqual([true, true, true, true, false])
  expect([249, 250, 250, 500].map(take)).toEqual([false, true, false, true])
  expect([9_000, 9_000, 9_000, 9_000, 9_000].map(take)).toEqual([true, true, true, true, false])
})

test('Each address has its own; those of one /64 share', () => {
  const rates = new HandshakeRates(1)
  expect(rates.take('192.0.2.1', 0)).toBe(true)
  expect(rates.take('192.0.2.2', 0)).toBe(true)
  expect(rates.take('::ffff:192.0.2.2', 0)).toBe(false)
  expect(rates.take('2001:db8::1', 0)).toBe(true)
  expect(rates.take('2001:db8::2', 0)).toBe(false)
  expect(rates.take('2001:db8:0:1::2', 0)).toBe(true)
})

test('In no stretch of time more are let through than the rate and one burst', () => {
  const law = fc.property(
    fc.integer({ min: 1, max: 20 }),
    fc.array(fc.nat(400), { maxLength: 200 }),
    (perSecond, steps) => {
      const rates = new HandshakeRates(perSecond)
      const taken: number[] = []
      let nowMs = 0
      for (const step of steps) {
        nowMs += step
        if (rates.take('192.0.2.1', nowMs)) taken.push(nowMs)
      }
      for (const [at, from] of taken.entries()) {
        for (const [count, to] of taken.slice(at).entries()) {
          expect(count + 1).toBeLessThanOrEqual(perSecond + ((to - from) * perSecond) / 1_000 + 1e-6)
        }
      }
    },
  )
  fc.assert(law, { seed: 10, numRuns: 60 })
})
