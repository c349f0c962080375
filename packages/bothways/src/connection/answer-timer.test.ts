import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AnswerTimer } from './answer-timer.ts'

let lostMs = 0

beforeEach(() => {
  vi.useFakeTimers()
  const now = performance.now.bind(performance)
  lostMs = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now() + lostMs)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** The event loop does not turn for so long, and time passes. */
function block(ms: number): void {
  lostMs += ms
}

function start() {
  const passed: string[] = []
  return { passed, timer: new AnswerTimer(1_000, () => void passed.push('passed')) }
}

test('It passes once, and not when it was stopped', () => {
  const { passed } = start()
  vi.advanceTimersByTime(999)
  expect(passed).toEqual([])
  vi.advanceTimersByTime(10_000)
  expect(passed).toEqual(['passed'])
  const { passed: stopped, timer } = start()
  timer.stop()
  vi.advanceTimersByTime(10_000)
  expect(stopped).toEqual([])
})

test('An answer that is read in the turn in which the time is over counts', () => {
  const { passed, timer } = start()
  setTimeout(() => timer.stop(), 1_000)
  vi.advanceTimersByTime(2_000)
  expect(passed).toEqual([])
})

test('After a block the time begins anew, once', () => {
  const { passed } = start()
  vi.advanceTimersByTime(500)
  block(20_000)
  vi.advanceTimersByTime(1_400)
  expect(passed).toEqual([])
  block(20_000)
  vi.advanceTimersByTime(200)
  expect(passed).toEqual(['passed'])
})
