import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Heartbeat } from './heartbeat.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('It beats as often as the most demanding member needs, and not at all without members', () => {
  const heartbeat = new Heartbeat()
  const beats = { slow: 0, quick: 0 }
  const slow = { resolutionMs: 1_000, tick: () => void beats.slow++ }
  const quick = { resolutionMs: 100, tick: () => void beats.quick++ }
  heartbeat.add(slow)
  vi.advanceTimersByTime(2_000)
  expect(beats).toEqual({ slow: 2, quick: 0 })
  heartbeat.add(quick)
  vi.advanceTimersByTime(1_000)
  expect(beats).toEqual({ slow: 12, quick: 10 })
  heartbeat.delete(quick)
  heartbeat.delete(quick)
  vi.advanceTimersByTime(2_000)
  expect(beats).toEqual({ slow: 14, quick: 10 })
  heartbeat.delete(slow)
  expect(vi.getTimerCount()).toBe(0)
})
