import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DeadlineQueue } from './deadline-queue.ts'
import { Heartbeats } from './heartbeats.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('A queue hands over each item at its time, with one timer', () => {
  const due: string[] = []
  const queue = new DeadlineQueue<string>(100, item => due.push(item))
  queue.add('a')
  vi.advanceTimersByTime(30)
  queue.add('b')
  queue.add('c')
  vi.advanceTimersByTime(20)
  queue.add('a')
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(79)
  expect(due).toEqual([])
  vi.advanceTimersByTime(2)
  expect(due).toEqual(['b', 'c'])
  expect(queue.has('a')).toBe(true)
  vi.advanceTimersByTime(20)
  expect(due).toEqual(['b', 'c', 'a'])
  expect(vi.getTimerCount()).toBe(0)
})

test('A queue keeps no timer for nothing', () => {
  const queue = new DeadlineQueue<string>(100, () => {})
  queue.add('a')
  queue.add('b')
  queue.delete('a')
  expect(vi.getTimerCount()).toBe(1)
  queue.delete('b')
  expect(vi.getTimerCount()).toBe(0)
  expect(queue.delete('b')).toBe(false)
})

test('A queue waits longer than a timer can', () => {
  const due: string[] = []
  const queue = new DeadlineQueue<string>(2 ** 32, item => due.push(item))
  queue.add('a')
  vi.advanceTimersByTime(2 ** 31)
  expect(due).toEqual([])
  vi.advanceTimersByTime(2 ** 31 + 10)
  expect(due).toEqual(['a'])
})

test('An item that is due may be added again, also without delay', () => {
  const due: string[] = []
  const queue: DeadlineQueue<string> = new DeadlineQueue(0, item => {
    due.push(item)
    if (due.length < 3) queue.add(item)
  })
  queue.add('a')
  vi.advanceTimersByTime(10)
  expect(due).toEqual(['a', 'a', 'a'])
})

test('An item that is added again when it is due does not keep the next one waiting', () => {
  const due: string[] = []
  const queue: DeadlineQueue<string> = new DeadlineQueue(100, item => {
    due.push(item)
    if (item === 'a') queue.add(item)
  })
  queue.add('a')
  vi.advanceTimersByTime(5)
  queue.add('b')
  vi.advanceTimersByTime(101)
  expect(due).toEqual(['a', 'b'])
  vi.advanceTimersByTime(100)
  expect(due).toEqual(['a', 'b', 'a'])
})

test('A member of version 4 is pinged, and found silent unless it answers; another packet gives it time once', () => {
  const log: string[] = []
  const member = {
    protocol: 4,
    onPingDue: (): void => note('ping'),
    onSilence: (): void => note('silent'),
  } as const
  // To 10 ms: each look comes behind its timer, a virtual millisecond later.
  const note = (what: string): void =>
    void log.push(`${what} ${Math.trunc((performance.now() - start) / 10) * 10}`)
  const start = performance.now()
  const beats = new Heartbeats(100, 50)
  beats.add(member)
  vi.advanceTimersByTime(110)
  beats.onBeat(member)
  vi.advanceTimersByTime(100)
  vi.advanceTimersByTime(40)
  beats.onOther(member)
  vi.advanceTimersByTime(40)
  beats.onOther(member)
  vi.advanceTimersByTime(20)
  expect(log).toEqual(['ping 100', 'ping 210', 'silent 300'])
  expect(vi.getTimerCount()).toBe(0)
})

/** The event loop does not turn for so long, and time passes. */
function block(ms: number): void {
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ms)
}

test('What is due is looked for behind the reading of what has come', () => {
  const due: string[] = []
  const queue = new DeadlineQueue<string>(100, item => due.push(item))
  queue.add('answered')
  queue.add('silent')
  // Behind the timer of the queue, in the same turn.
  setTimeout(() => queue.delete('answered'), 100)
  vi.advanceTimersByTime(110)
  expect(due).toEqual(['silent'])
})

test('After a block the time of all begins anew, where blocks are excused', () => {
  for (const excusesBlocks of [true, false]) {
    const due: string[] = []
    const queue = new DeadlineQueue<string>(100, item => due.push(item), excusesBlocks)
    queue.add('a')
    vi.advanceTimersByTime(20)
    queue.add('b')
    block(10_000)
    vi.advanceTimersByTime(90)
    expect(due).toEqual(excusesBlocks ? [] : ['a', 'b'])
    vi.advanceTimersByTime(120)
    expect(due).toEqual(['a', 'b'])
    vi.restoreAllMocks()
  }
})

test('Of many that are due some are handed over in each turn', () => {
  const due: number[] = []
  const queue = new DeadlineQueue<number>(100, item => due.push(item))
  const items = Array.from({ length: 1_000 }, (_, at) => at)
  for (const item of items) queue.add(item)
  vi.advanceTimersByTime(100)
  const counts: number[] = []
  while (due.length < items.length) {
    vi.advanceTimersToNextTimer()
    counts.push(due.length)
  }
  expect(counts.length).toBeGreaterThan(3)
  expect(due).toEqual(items)
  expect(vi.getTimerCount()).toBe(0)
})

test('A member of version 3 is found silent unless it pings', () => {
  let silences = 0
  const member = { protocol: 3, onPingDue: (): void => {}, onSilence: (): void => void silences++ } as const
  const beats = new Heartbeats(100, 50)
  beats.add(member)
  vi.advanceTimersByTime(140)
  beats.onBeat(member)
  beats.onOther(member)
  vi.advanceTimersByTime(149)
  expect(silences).toBe(0)
  vi.advanceTimersByTime(2)
  expect(silences).toBe(1)
})
