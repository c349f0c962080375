import { checkLaw } from '@bothways/test-support/law'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Ticker, type TickerMember } from './ticker.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

class Member implements TickerMember {
  readonly resolutionMs: number
  readonly ticks: number[] = []
  before: TickerMember | undefined
  after: TickerMember | undefined
  lostMs = 0

  constructor(resolutionMs: number) {
    this.resolutionMs = resolutionMs
  }

  tick(nowMs: number, lostMs: number): void {
    this.ticks.push(nowMs)
    this.lostMs += lostMs
  }
}

/** An immediate runs a virtual millisecond after its timer, at most. */
const slackMs = 1

test('Each member is asked as often as it needs, and nobody without members', () => {
  const ticker = new Ticker()
  const [slow, quick] = [new Member(1_000), new Member(100)]
  ticker.add(slow)
  vi.advanceTimersByTime(2_000 + slackMs)
  expect([slow.ticks.length, quick.ticks.length]).toEqual([2, 0])
  ticker.add(quick)
  vi.advanceTimersByTime(1_000)
  expect([slow.ticks.length, quick.ticks.length]).toEqual([3, 9])
  ticker.delete(quick)
  ticker.delete(quick)
  vi.advanceTimersByTime(2_000)
  expect([slow.ticks.length, quick.ticks.length]).toEqual([5, 9])
  ticker.delete(slow)
  expect(vi.getTimerCount()).toBe(0)
})

test('Each member is asked within its resolution, however many come and go', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), resolutionMs: fc.constantFrom(10, 25, 100, 250, 1_000) }),
    fc.record({ do: fc.constant('delete' as const), at: fc.nat() }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 400 }) }),
  )
  checkLaw(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      vi.clearAllTimers()
      const ticker = new Ticker()
      const members: { readonly member: Member; readonly addedMs: number }[] = []
      const check = (): void => {
        for (const { member, addedMs } of members) {
          const lastMs = member.ticks.at(-1) ?? addedMs
          expect(performance.now() - lastMs).toBeLessThanOrEqual(member.resolutionMs + slackMs)
          expect(member.lostMs).toBe(0)
        }
      }
      for (const it of steps) {
        if (it.do === 'add') {
          const member = new Member(it.resolutionMs)
          members.push({ member, addedMs: performance.now() })
          ticker.add(member)
        } else if (it.do === 'delete') {
          const [gone] = members.splice(it.at % (members.length + 1), 1)
          if (gone !== undefined) ticker.delete(gone.member)
        } else {
          for (let ms = 0; ms < it.ms; ms += 5) {
            vi.advanceTimersByTime(Math.min(5, it.ms - ms))
            check()
          }
        }
      }
      for (const { member } of members) ticker.delete(member)
      vi.advanceTimersByTime(slackMs)
      expect(vi.getTimerCount()).toBe(0)
    }),
  )
})

test('Short-lived members do not keep the others from being asked', () => {
  const ticker = new Ticker()
  const member = new Member(1_000)
  ticker.add(member)
  for (let ms = 0; ms < 10_000; ms += 50) {
    const visitor = new Member(250)
    ticker.add(visitor)
    vi.advanceTimersByTime(50)
    ticker.delete(visitor)
  }
  expect(member.ticks.length).toBeGreaterThanOrEqual(9)
})

test('Thousands of members are asked in several turns, each once in a tick', () => {
  const ticker = new Ticker()
  const members = Array.from({ length: 2_000 }, () => new Member(100))
  const asked = (): number => members.filter(it => it.ticks.length > 0).length
  for (const member of members) ticker.add(member)
  vi.advanceTimersByTime(100)
  const counts: number[] = []
  while (asked() < members.length) {
    vi.advanceTimersToNextTimer()
    counts.push(asked())
  }
  expect(counts.length).toBeGreaterThan(4)
  expect(new Set(members.map(it => it.ticks.length))).toEqual(new Set([1]))
  for (const member of members) ticker.delete(member)
})
