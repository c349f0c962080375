import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createKeepalive, type Keepalive } from './keepalive.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  keepalive?.stop()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

let keepalive: Keepalive | undefined

/** A peer that was heard at the beginning, and its keepalive of 100 and 50 ms. */
function peer(config: object = {}) {
  let heardAtMs = performance.now()
  const events: [what: string, atMs: number][] = []
  const start = heardAtMs
  const note = (what: string) => () => {
    events.push([what, performance.now() - start])
  }
  const member = {
    bytesReceived: 0,
    isPaused: false,
    get idleMs() {
      return performance.now() - heardAtMs
    },
    ping: note('ping'),
    drop: note('drop'),
  }
  const settings = {
    keepalive: true,
    keepaliveInterval: 100,
    dropConnectionOnKeepaliveTimeout: true,
    keepaliveGracePeriod: 50,
    ...config,
  }
  keepalive = createKeepalive(settings, member)
  const hear = (): void => {
    heardAtMs = performance.now()
    member.bytesReceived++
  }
  return { member, events, hear }
}

test('A silent peer is pinged after the interval, and dropped after the grace period', () => {
  const { events } = peer()
  vi.advanceTimersByTime(1_000)
  expect(events).toEqual([
    ['ping', 100],
    ['drop', 150],
  ])
})

test('The interval begins anew with everything that is heard', () => {
  const { events, hear } = peer()
  vi.advanceTimersByTime(60)
  hear()
  vi.advanceTimersByTime(99)
  expect(events).toEqual([])
  vi.advanceTimersByTime(1)
  expect(events).toEqual([['ping', 160]])
  hear()
  vi.advanceTimersByTime(100)
  expect(events).toEqual([
    ['ping', 160],
    ['ping', 260],
  ])
})

test('A peer that is not to be dropped is pinged again and again', () => {
  const { events } = peer({ dropConnectionOnKeepaliveTimeout: false })
  vi.advanceTimersByTime(350)
  expect(events.map(([what]) => what)).toEqual(['ping', 'ping', 'ping'])
})

test('A grace period longer than the interval is waited for, and pings go on when the peer answers', () => {
  const { events, hear } = peer({ keepaliveGracePeriod: 1_000 })
  vi.advanceTimersByTime(110)
  hear()
  vi.advanceTimersByTime(100)
  expect(events.map(([, atMs]) => atMs)).toEqual([100, 210])
  vi.advanceTimersByTime(999)
  expect(events).toHaveLength(2)
  vi.advanceTimersByTime(1)
  expect(events.at(-1)).toEqual(['drop', 1_210])
})

test('A connection that does not read by its own will drops nobody', () => {
  const { events, member } = peer()
  vi.advanceTimersByTime(120)
  member.isPaused = true
  vi.advanceTimersByTime(10_000)
  expect(events).toEqual([['ping', 100]])
})

test('There are no pings where TCP has its own keepalive', () => {
  expect(peer({ useNativeKeepalive: true }) && keepalive).toBeUndefined()
  expect(peer({ keepalive: false }) && keepalive).toBeUndefined()
})

test('Silence counts only while the peer could be heard: after a block there is time to read', () => {
  const { events, hear } = peer()
  vi.advanceTimersByTime(149)
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 700)
  vi.advanceTimersByTime(1)
  expect(events.map(([what]) => what)).toEqual(['ping'])
  hear()
  vi.advanceTimersByTime(99)
  expect(events.map(([what]) => what)).toEqual(['ping'])
})

test('A peer that says nothing after the block either is dropped', () => {
  const { events } = peer()
  vi.advanceTimersByTime(149)
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 700)
  vi.advanceTimersByTime(1 + 49)
  expect(events.map(([what]) => what)).toEqual(['ping'])
  vi.advanceTimersByTime(1)
  expect(events.map(([what]) => what)).toEqual(['ping', 'drop'])
})
