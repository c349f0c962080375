import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ProcessAbsence } from './process-absence.ts'

const limitMs = 1600
let returns = 0
let absence: ProcessAbsence

beforeEach(() => {
  vi.useFakeTimers()
  returns = 0
  absence = new ProcessAbsence({
    limitMs,
    onReturn: () => {
      returns++
    },
  })
})
afterEach(() => {
  absence.close()
  vi.useRealTimers()
})

/** The clocks go on, and no timer runs. */
function standStill(ms: number): void {
  const start = performance.now()
  vi.setSystemTime(Date.now() + ms)
  vi.spyOn(performance, 'now').mockReturnValue(start + ms)
}

test('A process that runs is not away, however long nobody asks', () => {
  vi.advanceTimersByTime(100 * limitMs)
  expect([absence.look(), returns, absence.isJustOver]).toEqual([false, 0, false])
})

test('A pause of the limit is no absence; a longer one is told once, and is just over for a second', () => {
  standStill(limitMs)
  expect(absence.look()).toBe(false)
  standStill(limitMs + 1)
  expect([absence.look(), absence.look(), returns, absence.isJustOver]).toEqual([true, false, 1, true])
  standStill(999)
  expect(absence.isJustOver).toBe(true)
  standStill(1)
  expect(absence.isJustOver).toBe(false)
})

test('A sleep that only the wall clock has seen is an absence, and a timer notices it where nobody asks', () => {
  vi.setSystemTime(Date.now() + limitMs)
  vi.advanceTimersByTime(limitMs / 16)
  expect([returns, absence.isJustOver]).toEqual([1, true])
})
