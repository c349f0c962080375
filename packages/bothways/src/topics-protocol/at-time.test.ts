import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { atTime } from './at-time.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const day = 24 * 60 * 60 * 1000

test('A time further away than any timer of Node.js is waited for, and no timer is left', () => {
  let isOver = false
  atTime(Date.now() + 100 * day, () => {
    isOver = true
  })
  vi.advanceTimersByTime(100 * day - 1)
  expect(isOver).toBe(false)
  vi.advanceTimersByTime(1)
  expect([isOver, vi.getTimerCount()]).toEqual([true, 0])
})

test('A time that is over is called at once, and one that was called off never', () => {
  let count = 0
  const callback = (): void => void count++
  atTime(Date.now() - 1, callback)
  const callOff = atTime(Date.now() + 100 * day, callback)
  vi.advanceTimersByTime(50 * day)
  callOff()
  vi.advanceTimersByTime(100 * day)
  expect([count, vi.getTimerCount()]).toEqual([1, 0])
})
