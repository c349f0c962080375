import { expect, test } from 'vitest'
import { ClockOffset } from './clock-offset.ts'

test('The fastest round trip counts', () => {
  const clock = new ClockOffset()
  expect(clock.isKnown).toBe(false)
  clock.add(1_000, 51_090, 1_100)
  clock.add(2_000, 52_001, 2_002)
  clock.add(3_000, 53_500, 3_600)
  expect([clock.offsetMs, clock.uncertaintyMs]).toEqual([50_000, 1])
})

test('Old readings are forgotten: clocks drift', () => {
  const clock = new ClockOffset(2)
  clock.add(0, 100, 0)
  clock.add(0, 205, 10)
  clock.add(0, 210, 20)
  expect(clock.offsetMs).toBe(200)
})
